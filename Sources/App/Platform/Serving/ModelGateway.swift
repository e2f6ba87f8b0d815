import Hosting
import Telemetry
import Vocabulary

/// The way of requests to the deployment that they name, loaded if it has to be, and to those that stand behind it.
struct ModelGateway: Generating, TokenCounting {
    /// How long a request waits for a model that is being loaded or started again.
    static let readyWaitMax = Duration.seconds(120)
    /// A stream whose model takes longer to come begins with what it waits for; until then a failure is an answer of its own.
    static let stagesAfter = Duration.milliseconds(250)

    let deployments: Deployments
    /// Answers requests that name no model.
    let configuredDefault: ModelID?
    let created: Int64
    let measures: GenerationMeasures

    func models() async -> [ServedModel] {
        var models: [ServedModel] = []
        for deployment in deployments.all { models.append(await deployment.served(created: created)) }
        return models
    }

    func servedName(for asked: ModelID) async -> ModelID {
        asked.name.isEmpty ? defaultModel ?? deployments.all.first?.id ?? asked : asked
    }

    func generate(_ request: GenerationRequest) async throws -> any GenerationStream {
        let answering = Answering(self, request, try chain(for: request.model))
        guard request.scheduling.reportsLoading, !answering.isAtHand else { return try await answering.begin() }
        return try await LoadingStream.begin(answering, stagesAfter: Self.stagesAfter)
    }

    func countTokens(of request: GenerationRequest) async throws -> Int {
        let deployment = try find(request.model)
        let wish = wish(request.scheduling, affinity: nil) { _ in }
        return try await ask(deployment, wish) { try await $0.countTokens(of: request) }.value
    }

    // MARK: Names

    private var defaultModel: ModelID? {
        if let configuredDefault { return configuredDefault }
        let all = deployments.all
        return all.count == 1 ? all.first?.id : nil
    }

    func find(_ asked: ModelID) throws -> Deployment {
        let wanted = asked.name.isEmpty ? defaultModel : asked
        if let wanted, let found = deployments.find(wanted.name) { return found }
        let names = deployments.all.map { "'\($0.name)'" }.joined(separator: ", ")
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

    /// The deployment that is asked for, then those that stand behind it.
    func chain(for asked: ModelID) throws -> [Deployment] {
        let first = try find(asked)
        let names = FallbackPolicy.chain(from: first.name) { deployments.fallbacks(of: $0) }
        var chain: [Deployment] = []
        for name in names {
            guard let next = deployments.find(name), !chain.contains(where: { $0 === next }) else { continue }
            chain.append(next)
        }
        return chain
    }

    // MARK: Asking

    func wish(
        _ scheduling: SchedulingOptions, affinity: UInt64?, tell: @escaping @Sendable (LoadingStage) -> Void
    ) -> Deployment.Wish {
        Deployment.Wish(
            affinity: affinity, priority: scheduling.priority, keepAlive: scheduling.keepAlive, tell: tell)
    }

    /// Asks a server of a deployment, which is loaded if it has to be.
    ///
    /// A worker may fall between being ready and being asked. Nothing was written then, so asking again is safe; once.
    ///
    /// - Returns: the answer, and what has to be held while it is read.
    func ask<Answer: Sendable>(
        _ deployment: Deployment, _ wish: Deployment.Wish, waitMax: Duration = readyWaitMax,
        _ send: (RemoteModel) async throws -> Answer
    ) async throws -> (value: Answer, holding: ServerHolding) {
        var holding = try await acquire(deployment, wish, waitMax)
        var isRetry = false
        while true {
            do {
                let answer = try await send(holding.server.remote)
                holding.server.note(.answered)
                return (answer, holding)
            } catch {
                holding.server.note(RequestVerdict(error))
                guard let error = error as? ServiceError, error.code == .modelUnavailable, !isRetry else { throw error }
                isRetry = true
                try await Task.sleep(for: .milliseconds(100))
                holding = try await acquire(deployment, wish, waitMax)
            }
        }
    }

    private func acquire(
        _ deployment: Deployment, _ wish: Deployment.Wish, _ waitMax: Duration
    ) async throws -> ServerHolding {
        try await withThrowingTaskGroup(of: ServerHolding.self) { group in
            group.addTask { try await deployment.acquire(wish) }
            group.addTask {
                try await Task.sleep(for: waitMax)
                throw ServiceError(
                    .modelUnavailable, "'\(deployment.name)' is still being loaded.", hint: "Try again shortly.",
                    retryAfter: .seconds(5))
            }
            guard let holding = try await group.next() else { throw CancellationError() }
            group.cancelAll()
            return holding
        }
    }
}
