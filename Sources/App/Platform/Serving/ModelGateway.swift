import Hosting
import Telemetry
import Vocabulary

/// The way of requests to one deployment, loaded if it has to be. Who that is, and who else, is `RoutedService`'s to decide.
struct ModelGateway: Sendable {
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

    /// Tokens of a request's prompt, as a deployment counts them.
    func countTokens(of request: GenerationRequest, by deployment: Deployment, onAsked: () -> Void) async throws -> Int
    {
        let wish = wish(request.scheduling, affinity: nil) { _ in }
        return try await ask(deployment, wish, onAsked: onAsked) { try await $0.countTokens(of: request) }.value
    }

    /// Answers requests that name nobody.
    var defaultModel: ModelID? {
        if let configuredDefault { return configuredDefault }
        let all = deployments.all
        return all.count == 1 ? all.first?.id : nil
    }

    // MARK: Asking

    func wish(
        _ scheduling: SchedulingOptions, affinity: UInt64?, tell: @escaping @Sendable (LoadingStage) -> Void
    ) -> Deployment.Wish {
        Deployment.Wish(
            affinity: affinity, priority: scheduling.priority, keepAlive: scheduling.keepAlive, scheduling: scheduling,
            tell: tell)
    }

    /// Asks a server of a deployment, which is loaded if it has to be. Once: what follows from a failure is for the caller.
    ///
    /// - Parameters:
    ///   - deployment: who is asked.
    ///   - wish: what the request says of the server.
    ///   - waitMax: how long to wait for it.
    ///   - onAsked: called when there is a server, before it is asked.
    ///   - send: asks.
    /// - Returns: the answer, and what has to be held while it is read.
    /// - Throws: what `send` throws; `modelUnavailable` when there is no server in time.
    func ask<Answer: Sendable>(
        _ deployment: Deployment, _ wish: Deployment.Wish, waitMax: Duration = readyWaitMax,
        onAsked: () -> Void = {}, _ send: (RemoteModel) async throws -> Answer
    ) async throws -> (value: Answer, holding: ServerHolding) {
        let holding = try await acquire(deployment, wish, waitMax)
        onAsked()
        return (try await send(holding.server.remote), holding)
    }

    private func acquire(
        _ deployment: Deployment, _ wish: Deployment.Wish, _ waitMax: Duration
    ) async throws -> ServerHolding {
        if let holding = try deployment.acquireNow(wish) { return holding }
        // Waiting for a model that has to be loaded is no work of ours.
        let course = deployment.isAtHand ? nil : AnswerNotes.current?.course
        course?.beginWaiting()
        defer { course?.endWaiting() }
        return try await withThrowingTaskGroup(of: ServerHolding.self) { group in
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
