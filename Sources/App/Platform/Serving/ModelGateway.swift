import Configuration
import Telemetry
import Vocabulary

/// Every model that this server offers, and the way to each: a supervised worker, or another server.
struct ModelGateway: Generating, TokenCounting {
    enum Deployment: Sendable {
        case worker(WorkerSupervisor)
        case external(RemoteModel, note: String?)
    }

    /// How long a request waits for a worker that is being loaded or started again.
    static let readyWaitMax = Duration.seconds(120)

    /// In the order of the configuration.
    let deployments: [(id: ModelID, deployment: Deployment)]
    /// Answers requests that name no model.
    let defaultModel: ModelID?
    let created: Int64
    let measures: GenerationMeasures

    func models() async -> [ServedModel] {
        var models: [ServedModel] = []
        for (id, deployment) in deployments {
            switch deployment {
            case .worker(let supervisor):
                models.append(
                    ServedModel(
                        id: id, created: created, contextTokens: await supervisor.status.contextTokens,
                        note: supervisor.model.note))
            case .external(_, let note):
                models.append(ServedModel(id: id, created: created, note: note))
            }
        }
        return models
    }

    func generate(_ request: GenerationRequest) async throws -> any GenerationStream {
        let (id, deployment) = try find(request.model)
        return try await measures.measure(request, model: id) {
            switch deployment {
            case .worker(let supervisor):
                try await onceMore(supervisor) { try await supervisor.remote.generate(request) }
            case .external(let remote, _): try await remote.generate(request)
            }
        }
    }

    func countTokens(of request: GenerationRequest) async throws -> Int {
        switch try find(request.model).1 {
        case .worker(let supervisor):
            try await onceMore(supervisor) { try await supervisor.remote.countTokens(of: request) }
        case .external(let remote, _): try await remote.countTokens(of: request)
        }
    }

    func find(_ asked: ModelID) throws -> (ModelID, Deployment) {
        let wanted = asked.name.isEmpty ? defaultModel : asked
        if let wanted, let found = deployments.first(where: { $0.id == wanted }) { return found }
        let names = deployments.map { "'\($0.id)'" }.joined(separator: ", ")
        guard !asked.name.isEmpty else {
            throw ServiceError(
                .modelNotFound, "The request names no model, and there is no default.",
                hint: "Ask for one of \(names).",
                parameter: "model")
        }
        throw ServiceError(
            .modelNotFound, "The model '\(asked)' is not served here.",
            hint: names.isEmpty ? "No model is configured." : "Ask for \(names).", parameter: "model")
    }

    /// A worker may fall between being ready and being asked. Nothing was written then, so asking again is safe; once.
    private func onceMore<Answer>(
        _ supervisor: WorkerSupervisor, _ ask: () async throws -> Answer
    ) async throws -> Answer {
        try await ready(supervisor)
        do {
            return try await ask()
        } catch let error as ServiceError where error.code == .modelUnavailable {
            try await Task.sleep(for: .milliseconds(100))
            try await ready(supervisor)
            return try await ask()
        }
    }

    func ready(_ supervisor: WorkerSupervisor) async throws {
        let name = supervisor.model.name
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await supervisor.ready() }
            group.addTask {
                try await Task.sleep(for: Self.readyWaitMax)
                throw ServiceError(
                    .modelUnavailable, "'\(name)' is still being loaded.", hint: "Try again shortly.",
                    retryAfter: .seconds(5))
            }
            try await group.next()
            group.cancelAll()
        }
    }
}
