import Gateway
import Hosting
import Telemetry
import Vocabulary

/// Decides who answers each request, and sees to it that somebody does: the innermost of the layers before the deployments.
///
/// What it knows of the caller comes from `Principal.current`; what it tells the client goes through `AnswerNotes.current`.
struct RoutedService: Sendable {
    let gateway: ModelGateway
    let book: RoutingBook
    let board: HealthBoard
    let decisions: DecisionLog
    let mirrors: MirrorPool
    let settings: Settings
    let logger: Logger

    /// What the configuration says for all routes.
    struct Settings: Sendable {
        var retries = RetryPolicy()
        var limits = ModelRoute.TimeLimits()
        /// Whether a marked demonstration answers when no model can.
        var isDemonstrating = false
    }

    var deployments: Deployments { gateway.deployments }

    // MARK: Deciding

    /// Who would answer, as things stand.
    var decider: RouteDecider {
        // Each closure holds what it needs and not all of this.
        let (deployments, board) = (self.deployments, self.board)
        return RouteDecider(
            table: book.table, defaultModel: gateway.defaultModel?.name, retries: settings.retries,
            limits: settings.limits, writers: { deployments.all.filter(\.facts.writes).map(\.name) },
            fallbacks: { deployments.fallbacks(of: $0) },
            standing: { name in
                deployments.find(name).map { $0.facts.standing(board.health(of: $0)) }
            })
    }

    /// Decides about a request and keeps the record.
    func decide(
        _ question: RouteQuestion, id: RequestID, wish: RoutingWish, role: String? = nil
    ) throws -> DecisionRecord {
        var random = SystemRandomNumberGenerator()
        var decision = try decider.decide(question, using: &random)
        // A client may ask for less time than the route gives, and not for more.
        decision.limits.firstToken = Self.shorter(decision.limits.firstToken, wish.firstTokenMax)
        decision.limits.total = Self.shorter(decision.limits.total, wish.totalMax)
        board.noteRequest()
        board.measures.decided(decision)
        return DecisionRecord(id: id, decision: decision, at: UnixTime.now().nanoseconds / 1_000_000)
    }

    private static func shorter(_ one: Duration?, _ other: Duration?) -> Duration? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }

    /// What a request asks, as routing looks at it. Prompts are looked at only where routes may want to know.
    func question(about request: GenerationRequest, affinity: UInt64?) -> RouteQuestion {
        var question = RouteQuestion(
            asked: request.model.name, wish: request.scheduling.routing, caller: Self.caller(request.scheduling),
            affinity: affinity)
        let isPlain =
            question.wish.ensemble == nil && book.table.routes[request.model.name] == nil
            && deployments.find(request.model.name) != nil
        if !isPlain { question.prompt = RouteQuestion.Prompt(request) }
        return question
    }

    static func caller(_ scheduling: SchedulingOptions) -> RouteQuestion.Caller {
        let principal = Principal.current ?? .open
        // On a server without users everybody is the same; tenants are then all that tells them apart.
        let isKnown = principal.origin != .open && principal.origin != .local
        let tenant = isKnown ? principal.tenant.name : scheduling.tenant.name
        let key = isKnown ? tenant + "/" + principal.user.text : tenant
        return RouteQuestion.Caller(key: key, models: [principal.models, principal.userModels].compactMap(\.self))
    }

    // MARK: Asking

    /// Those who may be asked, as they are found now.
    func links(_ record: DecisionRecord) throws(ServiceError) -> [Answering.Link] {
        var links: [Answering.Link] = []
        for attempt in record.decision.attempts {
            guard let deployment = deployments.find(attempt.model) else { continue }
            links.append(.init(deployment: deployment, health: board.health(of: deployment), isEqual: attempt.isEqual))
        }
        guard links.isEmpty else { return links }
        throw Self.nobody(record.decision)
    }

    private static func nobody(_ decision: RouteDecision) -> ServiceError {
        if let rest = decision.restingFor {
            return DeploymentHealth.resting(decision.asked.isEmpty ? "the default model" : decision.asked, rest)
        }
        let reasons = decision.candidates.prefix(8).compactMap { candidate -> String? in
            guard case .leftOut(let reason) = candidate.verdict else { return nil }
            return "'\(candidate.model)': \(reason)"
        }
        if decision.candidates.allSatisfy({ $0.verdict == .leftOut("the caller may not ask for it") }) {
            return ServiceError(
                .forbidden, "You may not ask for '\(decision.asked)'.",
                hint: "GET /v1/models lists what you may ask for.",
                parameter: "model")
        }
        return ServiceError(
            .modelUnavailable, "Nobody can answer for '\(decision.asked)' now.",
            hint: reasons.isEmpty ? "No model is served." : reasons.joined(separator: "; ") + ".",
            retryAfter: .seconds(5))
    }

    /// A request on its way, for one that is answered in words.
    func answering(
        _ request: GenerationRequest, _ record: DecisionRecord, since began: ContinuousClock.Instant,
        affinity: UInt64?, role: String? = nil
    ) throws(ServiceError) -> Answering {
        var own = request
        if own.scheduling.routing != RoutingWish() { own.scheduling.routing = RoutingWish() }
        return Answering(
            gateway: gateway, board: board, request: own, record: record, links: try links(record), began: began,
            affinity: affinity, role: role)
    }
}

extension RoutedService: Generating {
    func models() async -> [ServedModel] {
        var models = await gateway.models()
        let table = book.table
        for (name, route) in table.routes.sorted(by: { $0.key < $1.key })
        where !models.contains(where: { $0.id.name == name }) {
            models.append(ServedModel(id: ModelID(name), created: gateway.created, note: route.remark))
        }
        for (name, spec) in table.ensembles.sorted(by: { $0.key < $1.key }) {
            models.append(
                ServedModel(
                    id: ModelID(RoutingTable.ensemblePrefix + name), created: gateway.created, note: spec.remark))
        }
        return models
    }

    func servedName(for asked: ModelID) async -> ModelID {
        asked.name.isEmpty ? gateway.defaultModel ?? deployments.all.first?.id ?? asked : asked
    }

    func generate(_ request: GenerationRequest) async throws -> any GenerationStream {
        let began = ContinuousClock.now
        let affinity = request.affinity
        let record = try decided(request, affinity)
        guard settings.isDemonstrating else { return try await answer(request, record, began, affinity) }
        return try await demonstrated(request, record, began, affinity)
    }

    @inline(never)
    private func demonstrated(
        _ request: GenerationRequest, _ record: DecisionRecord, _ began: ContinuousClock.Instant, _ affinity: UInt64?
    ) async throws -> any GenerationStream {
        do {
            return demonstration(record).standing(behind: try await answer(request, record, began, affinity))
        } catch let error as ServiceError where Demonstration.covers(error) {
            return demonstration(record).stream(because: error)
        }
    }

    /// Decides about a request, and tells it. Not inlined, as what follows, so that what they need does not lie in the frame
    /// that waits for the answer.
    @inline(never)
    private func decided(_ request: GenerationRequest, _ affinity: UInt64?) throws -> DecisionRecord {
        let record = try decide(
            question(about: request, affinity: affinity), id: request.id, wish: request.scheduling.routing)
        decisions.add(record)
        AnswerNotes.current?.note(route: record.summary)
        log(record)
        return record
    }

    private func answer(
        _ request: GenerationRequest, _ record: DecisionRecord, _ began: ContinuousClock.Instant, _ affinity: UInt64?
    ) async throws -> any GenerationStream {
        if let name = record.decision.ensemble { return try ensemble(name, request, record, began) }
        let answering = try way(request, record, began, affinity)
        guard request.scheduling.reportsLoading, !answering.isAtHand else { return try await answering.begin() }
        return try await LoadingStream.begin(answering, stagesAfter: ModelGateway.stagesAfter)
    }

    @inline(never)
    private func ensemble(
        _ name: String, _ request: GenerationRequest, _ record: DecisionRecord, _ began: ContinuousClock.Instant
    ) throws -> any GenerationStream {
        try EnsembleRun(self, name: name, request, record, since: began).start()
    }

    @inline(never)
    private func way(
        _ request: GenerationRequest, _ record: DecisionRecord, _ began: ContinuousClock.Instant, _ affinity: UInt64?
    ) throws(ServiceError) -> Answering {
        let answering = try answering(request, record, since: began, affinity: affinity)
        if let copy = record.decision.mirror { mirrors.send(request, to: copy, self, record, since: began) }
        return answering
    }

    private func demonstration(_ record: DecisionRecord) -> Demonstration {
        Demonstration(model: ModelID(record.decision.asked), record: record, measures: board.measures)
    }

    private func log(_ record: DecisionRecord) {
        logger.debug(
            "route",
            [
                "route": .string(record.summary), .model: .string(record.decision.attempts.first?.model ?? ""),
                "candidates": .integer(Int64(record.decision.candidates.count)),
            ])
    }
}

/// What is read with a model and not answered in words. Nobody stands in for it but its equals: the numbers of another
/// model mean something else.
extension RoutedService: TokenCounting, Embedding {
    func countTokens(of request: GenerationRequest) async throws -> Int {
        let question = question(about: request, affinity: nil)
        return try await ask(question, id: request.id, wish: request.scheduling.routing) { deployment, onAsked in
            try await gateway.countTokens(of: request, by: deployment, onAsked: onAsked)
        }
    }

    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        try await read(reading(request.id, request.model, "embeddings", request.scheduling)) {
            try await $0.embed(request)
        } tokens: {
            $0.promptTokens
        }
    }

    func rerank(_ request: RerankRequest) async throws -> RerankResult {
        try await read(reading(request.id, request.model, "rerank", request.scheduling)) {
            try await $0.rerank(request)
        } tokens: {
            $0.promptTokens
        }
    }

    func classify(_ request: ClassificationRequest) async throws -> ClassificationResult {
        try await read(reading(request.id, request.model, "classify", request.scheduling)) {
            try await $0.classify(request)
        } tokens: {
            $0.promptTokens
        }
    }

    private func reading(
        _ id: RequestID, _ model: ModelID, _ operation: String, _ scheduling: SchedulingOptions
    ) -> ModelGateway.Reading {
        ModelGateway.Reading(id: id, model: model, operation: operation, scheduling: scheduling)
    }

    private func read<Result: Sendable>(
        _ reading: ModelGateway.Reading, _ send: (RemoteModel) async throws -> Result, tokens: (Result) -> Int
    ) async throws -> Result {
        var question = RouteQuestion(
            asked: reading.model.name, wish: reading.scheduling.routing, caller: Self.caller(reading.scheduling))
        question.needsText = false
        return try await ask(question, id: reading.id, wish: reading.scheduling.routing) { deployment, onAsked in
            try await gateway.read(reading, by: deployment, onAsked: onAsked, send, tokens: tokens)
        }
    }

    /// Asks whoever is chosen, then its equals.
    private func ask<Result>(
        _ question: RouteQuestion, id: RequestID, wish: RoutingWish,
        _ body: (Deployment, () -> Void) async throws -> Result
    ) async throws -> Result {
        let began = ContinuousClock.now
        let record = try decide(question, id: id, wish: wish)
        decisions.add(record)
        AnswerNotes.current?.note(route: record.summary)
        let all = try links(record)
        let equals = all.dropFirst().prefix { $0.isEqual }
        let way = Answering(
            gateway: gateway, board: board,
            request: GenerationRequest(id: id, model: ModelID(question.asked), prompt: .text("")), record: record,
            links: [all[0]] + equals, began: began, affinity: nil)
        var course = Answering.Course()
        while true {
            let link = way.links[course.place]
            let attempt = try board.begin(link.health, record, at: began, role: nil)
            var wasAsked = false
            do {
                let result = try await body(link.deployment) { wasAsked = true }
                attempt.answered()
                return result
            } catch let error as ServiceError {
                course = try await way.recovered(course, error, attempt, wasAsked: wasAsked)
            }
        }
    }
}
