import Gateway
import Telemetry
import Vocabulary

/// Compares the answers of an ensemble's members: by words, by vectors, by a judge.
struct EnsembleReferee: Sendable {
    /// Tokens that a judge may write.
    private static let gradeTokensMax = 16
    /// Bytes of an answer that an encoder gets.
    private static let encodedBytesMax = 2_000

    let service: RoutedService
    let spec: EnsembleSpec
    let request: GenerationRequest

    struct Verdict: Sendable {
        var outcome: EnsembleMerging.Outcome
        var grades: [Double?]
        var judging: TokenUsage?
    }

    /// Decides among those who answered.
    ///
    /// A judge or an encoder that fails is done without: there is always a verdict.
    ///
    /// - Parameter answers: one or more.
    /// - Returns: in their order.
    /// - Throws: `CancellationError`.
    func verdict(_ answers: [(member: EnsembleRun.Member, tally: EnsembleTally)]) async throws -> Verdict {
        let (grades, judging) = try await grades(answers.map(\.tally.text))
        let ballots = zip(answers, grades).map { answer, grade in
            EnsembleMerging.Ballot(
                model: answer.member.model, weight: answer.member.weight, text: answer.tally.text,
                meanLogprob: answer.tally.meanLogprob, grade: grade)
        }
        let likeness = spec.comparison == .embeddings ? try await likeness(answers.map(\.tally.text)) : nil
        return Verdict(
            outcome: EnsembleMerging.choose(ballots, by: spec.method, likeness: likeness), grades: grades,
            judging: judging)
    }

    // MARK: A judge

    private func grades(_ texts: [String]) async throws -> ([Double?], TokenUsage?) {
        guard let judge = spec.judge, spec.method != .vote else { return (texts.map { _ in nil }, nil) }
        let question = RouteQuestion.Prompt(request).text
        return try await withThrowingTaskGroup(of: (Int, Double?, TokenUsage?).self) { group in
            for (place, text) in texts.enumerated() where !text.isEmpty {
                group.addTask {
                    let (grade, usage) = try await grade(text, of: question, by: judge, place)
                    return (place, grade, usage)
                }
            }
            var grades = [Double?](repeating: nil, count: texts.count)
            var usage = TokenUsage(promptTokens: 0, completionTokens: 0)
            for try await (place, grade, used) in group {
                grades[place] = grade
                if let used { usage = usage.adding(used) }
            }
            return (grades, usage)
        }
    }

    private func grade(
        _ text: String, of question: String, by judge: String, _ place: Int
    ) async throws -> (Double?, TokenUsage?) {
        var asking = GenerationRequest(
            id: RequestID(request.id.text.prefix(RequestID.lengthMax - 9) + "-judge-\(place)") ?? request.id,
            model: ModelID(judge),
            prompt: .chat([ChatMessage(.user, Judging.question(about: question, answer: text))], tools: []),
            newTokensMax: Self.gradeTokensMax)
        asking.sampling.temperature = 0
        asking.reasoning.isEnabled = false
        asking.scheduling = request.scheduling
        asking.scheduling.reportsLoading = false
        asking.scheduling.reportsProgress = false
        asking.scheduling.routing = RoutingWish()
        do {
            let began = ContinuousClock.now
            var question = service.question(about: asking, affinity: nil)
            question.caller.models = []
            let record = try service.decide(question, id: asking.id, wish: RoutingWish())
            let answering = try service.answering(asking, record, since: began, affinity: nil, role: "judge")
            var tally = EnsembleTally()
            for try await event in try await answering.begin() { tally.take(event) }
            return (Judging.grade(in: tally.text), tally.end?.usage)
        } catch let error as ServiceError {
            service.logger.warning("a judge failed", [.model: .string(judge), .error: .error(error)])
            return (nil, nil)
        }
    }

    // MARK: An encoder

    private func likeness(_ texts: [String]) async throws -> ((Int, Int) -> Double)? {
        guard let encoder = spec.encoder else { return nil }
        let inputs = texts.map { text in
            EmbeddingInput.text(
                text.isEmpty ? " " : String(decoding: text.utf8.prefix(Self.encodedBytesMax), as: UTF8.self))
        }
        do {
            let result = try await service.embed(
                EmbeddingRequest(
                    id: RequestID(request.id.text.prefix(RequestID.lengthMax - 8) + "-compare") ?? request.id,
                    model: ModelID(encoder), inputs: inputs))
            let vectors = result.entries.map { $0.vectors.first ?? [] }
            guard vectors.count == texts.count else { return nil }
            return { cosine(vectors[$0], vectors[$1]) }
        } catch let error as ServiceError {
            service.logger.warning(
                "an ensemble's encoder failed; words are compared", [.model: .string(encoder), .error: .error(error)])
            return nil
        }
    }
}

/// The cosine of the angle between two vectors; 0 where one has no direction.
private func cosine(_ one: [Float], _ other: [Float]) -> Double {
    var (dot, left, right) = (0.0, 0.0, 0.0)
    for (a, b) in zip(one, other) {
        dot += Double(a) * Double(b)
        left += Double(a) * Double(a)
        right += Double(b) * Double(b)
    }
    let length = (left * right).squareRoot()
    return length > 0 ? dot / length : 0
}
