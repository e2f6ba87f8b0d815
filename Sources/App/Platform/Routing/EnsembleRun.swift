import Gateway
import Telemetry
import Vocabulary

/// One request that several models answer at once.
struct EnsembleRun: Sendable {
    /// One that answers.
    struct Member: Sendable {
        let place: Int
        let model: String
        let weight: Double
        let answering: Answering
    }

    /// What one brought, or why it did not.
    struct Ballot: Sendable {
        var tally = EnsembleTally()
        /// What a client would see of it, in order; empty where it is shown as it comes.
        var events: [GenerationEvent] = []
        var failure: ServiceError?
        var duration = Duration.zero
    }

    private let service: RoutedService
    private let name: String
    private let spec: EnsembleSpec
    private let request: GenerationRequest
    private let members: [Member]
    /// Of those that cannot even be asked, by their places.
    private let refused: [Int: ServiceError]
    private let began: ContinuousClock.Instant

    /// Finds the members.
    ///
    /// - Throws: when so few can be asked that the quorum cannot be reached.
    init(
        _ service: RoutedService, name: String, _ request: GenerationRequest, _ record: DecisionRecord,
        since began: ContinuousClock.Instant
    ) throws {
        guard let spec = service.book.table.ensembles[name] else {
            throw ServiceError(.modelNotFound, "The ensemble '\(name)' was removed.", parameter: "model")
        }
        self.service = service
        self.name = name
        self.spec = spec
        self.request = request
        self.began = began
        var members: [Member] = []
        var refused: [Int: ServiceError] = [:]
        for (place, member) in spec.members.enumerated() {
            do {
                members.append(
                    Member(
                        place: place, model: member.model, weight: member.weight,
                        answering: try Self.answering(service, name, spec, member.model, request, record, began)))
            } catch let error as ServiceError {
                refused[place] = error
            }
        }
        self.members = members
        self.refused = refused
        guard members.count >= spec.quorum else { throw missing(members.count, refused.values.first) }
    }

    private static func answering(
        _ service: RoutedService, _ name: String, _ spec: EnsembleSpec, _ model: String, _ request: GenerationRequest,
        _ record: DecisionRecord, _ began: ContinuousClock.Instant
    ) throws -> Answering {
        var own = request
        own.model = ModelID(model)
        own.scheduling.reportsLoading = false
        own.scheduling.routing.ensemble = nil
        own.scheduling.routing.totalMax = [request.scheduling.routing.totalMax, spec.memberMax].compactMap(\.self).min()
        // How likely the tokens were is what scores are made of.
        if spec.method == .average || spec.method == .select { own.topLogprobs = request.topLogprobs ?? 0 }
        var question = service.question(about: own, affinity: own.affinity)
        // Whoever may ask for the ensemble may have its members.
        if question.caller.mayAsk(RoutingTable.ensemblePrefix + name) { question.caller.models = [] }
        let inner = try service.decide(question, id: request.id, wish: own.scheduling.routing)
        let links = try service.links(inner)
        own.scheduling.routing = RoutingWish()
        return Answering(
            gateway: service.gateway, board: service.board, request: own,
            record: record.part(inner.decision), links: links, began: began, affinity: own.affinity, role: "member")
    }

    /// Begins. Failures of single members are told in the answer.
    func start() -> EnsembleStream {
        AnswerNotes.current?.note(model: RoutingTable.ensemblePrefix + name)
        return EnsembleStream { relay in
            do {
                for (place, error) in refused.sorted(by: { $0.key < $1.key }) {
                    try await tell(spec.members[place].model, "is left out: \(error.message)", relay)
                }
                let ballots = try await answers(relay)
                try await conclude(ballots, relay)
                service.board.measures.merged(name, spec.method, "answered")
            } catch {
                service.board.measures.merged(
                    name, spec.method, error is CancellationError ? "abandoned" : "failed")
                throw error
            }
        }
    }

    // MARK: Answers

    private var isShownAtOnce: Bool { spec.method == .interleave }

    private func answers(_ relay: Relay<GenerationEvent>) async throws -> [Int: Ballot] {
        if isShownAtOnce {
            try await relay.send(
                .started(GenerationStart(model: ModelID(RoutingTable.ensemblePrefix + name), promptTokens: nil)))
        }
        let lines = LineMixer(names: spec.members.map(\.model))
        return try await withThrowingTaskGroup(of: (Int, Ballot).self) { group in
            for member in members {
                group.addTask { (member.place, try await answer(of: member, lines, relay)) }
            }
            var ballots: [Int: Ballot] = [:]
            for try await (place, ballot) in group { ballots[place] = ballot }
            return ballots
        }
    }

    private func answer(
        of member: Member, _ lines: LineMixer, _ relay: Relay<GenerationEvent>
    ) async throws -> Ballot {
        var ballot = Ballot()
        do {
            for try await event in try await member.answering.begin() {
                ballot.tally.take(event)
                switch event {
                case .text(let text) where isShownAtOnce:
                    let shown = await lines.add(text, from: member.place)
                    if !shown.isEmpty { try await relay.send(.text(shown)) }
                case .text, .reasoning, .toolCall, .logprobs, .token:
                    if !isShownAtOnce { ballot.events.append(event) }
                case .loading, .queued, .promptProgress, .started, .promptLogprobs, .warning, .finished: break
                }
            }
            if ballot.tally.end == nil {
                ballot.failure = ServiceError(.engineFailed, "The answer ended before it was finished.")
            }
        } catch let error as ServiceError {
            ballot.failure = error
        }
        ballot.duration = .now - began
        if isShownAtOnce {
            let rest = await lines.end(member.place)
            if !rest.isEmpty { try await relay.send(.text(rest)) }
        }
        if let failure = ballot.failure {
            try await tell(member.model, "is left out: \(failure.message)", relay)
        } else if request.scheduling.reportsProgress {
            let count = ballot.tally.end?.usage.completionTokens ?? 0
            try await tell(
                member.model, "answered: \(count) tokens in \(Int(ballot.duration / .milliseconds(1))) ms", relay)
        }
        return ballot
    }

    private func tell(_ model: String, _ what: String, _ relay: Relay<GenerationEvent>) async throws {
        try await relay.send(.warning(GenerationWarning(.ensembleMember, "'\(model)' \(what)")))
    }

    private func missing(_ count: Int, _ cause: ServiceError?) -> ServiceError {
        ServiceError(
            .modelUnavailable,
            "\(count) of \(spec.members.count) members of the ensemble '\(name)' answered; it takes \(spec.quorum).",
            hint: cause.map(\.message), retryAfter: cause?.retryAfter)
    }

    // MARK: One answer

    private func conclude(_ ballots: [Int: Ballot], _ relay: Relay<GenerationEvent>) async throws {
        let whole = members.filter { ballots[$0.place]?.failure == nil }
        guard whole.count >= spec.quorum, !whole.isEmpty else {
            throw missing(whole.count, ballots.values.compactMap(\.failure).first)
        }
        var report = EnsembleReport(name: name, method: spec.method.rawValue, members: reported(ballots))
        guard !isShownAtOnce else {
            return try await relay.send(.finished(end(ballots, of: nil, report)))
        }
        let referee = EnsembleReferee(service: service, spec: spec, request: request)
        let verdict = try await referee.verdict(
            whole.map { member in
                (member, ballots[member.place]?.tally ?? EnsembleTally())
            })
        for (member, score) in zip(whole, verdict.outcome.scores) { report.members[member.place].score = score }
        for (member, grade) in zip(whole, verdict.grades) { report.members[member.place].grade = grade }
        let chosen = whole[verdict.outcome.chosen]
        report.chosen = chosen.model
        report.agreement = verdict.outcome.agreement
        report.judging = verdict.judging
        try await relay.send(.started(GenerationStart(model: ModelID(chosen.model), promptTokens: nil)))
        for event in ballots[chosen.place]?.events ?? [] {
            // Asked for by us, and not by the client.
            if case .logprobs = event, request.topLogprobs == nil { continue }
            try await relay.send(event)
        }
        try await relay.send(.finished(end(ballots, of: chosen.place, report)))
    }

    private func reported(_ ballots: [Int: Ballot]) -> [EnsembleReport.Member] {
        spec.members.enumerated().map { place, member in
            var told = EnsembleReport.Member(model: member.model, weight: member.weight)
            told.failure = refused[place]?.message
            guard let ballot = ballots[place] else { return told }
            told.failure = ballot.failure?.message
            told.usage = ballot.tally.end?.usage ?? told.usage
            told.duration = ballot.duration
            told.meanLogprob = ballot.tally.meanLogprob
            return told
        }
    }

    /// The end of the chosen one's answer, with what all of them used: whoever asks several pays for several.
    private func end(_ ballots: [Int: Ballot], of place: Int?, _ report: EnsembleReport) -> GenerationEnd {
        var end =
            place.flatMap { ballots[$0]?.tally.end }
            ?? GenerationEnd(reason: .stop, usage: TokenUsage(promptTokens: 0, completionTokens: 0))
        var usage = report.judging ?? TokenUsage(promptTokens: 0, completionTokens: 0)
        for ballot in ballots.values { if let one = ballot.tally.end?.usage { usage = usage.adding(one) } }
        end.usage = usage
        end.ensemble = report
        return end
    }
}

/// Lines of several texts, taken from several tasks.
private actor LineMixer {
    private var lines: InterleavedLines

    init(names: [String]) { lines = InterleavedLines(names: names) }

    func add(_ text: String, from place: Int) -> String { lines.add(text, from: place) }
    func end(_ place: Int) -> String { lines.end(place) }
}

extension TokenUsage {
    func adding(_ other: TokenUsage) -> TokenUsage {
        TokenUsage(
            promptTokens: promptTokens + other.promptTokens,
            completionTokens: completionTokens + other.completionTokens,
            cachedTokens: cachedTokens + other.cachedTokens, reasoningTokens: reasoningTokens + other.reasoningTokens)
    }
}
