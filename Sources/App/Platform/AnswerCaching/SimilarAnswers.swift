import Gateway
import Synchronization
import Telemetry
import Vectors
import Vocabulary

/// Finds answers to questions that mean the same.
final class SimilarAnswers: Sendable {
    /// Longer questions are not compared: an encoder reads a few hundred tokens, and what it does not read may differ.
    static let questionBytesMax = 1_500

    /// A question on its way.
    struct Question: Sendable {
        var circle: AnswerKey
        var vector: UnitVector
        var marks: QuestionMarks

        func kept(as answer: CachedAnswer) -> SimilarQuestion {
            SimilarQuestion(
                key: answer.key, circle: circle, vector: vector, marks: marks, expiresAt: answer.expiresAt)
        }
    }

    let policy: SimilarityPolicy
    private let embed: @Sendable (EmbeddingRequest) async throws -> EmbeddingResult
    private let sources: AnswerSources
    private let thresholds = Mutex<[String: CalibratedThreshold]>([:])
    private let hasFailed = Mutex(false)
    private let measures: AnswerCacheMeasures
    private let logger: Logger

    /// - Parameters:
    ///   - policy: the operator's.
    ///   - sources: who answers to a name.
    ///   - embed: makes vectors.
    ///   - measures: are told what was refused.
    ///   - logger: is told once when there are no vectors.
    init(
        _ policy: SimilarityPolicy, sources: AnswerSources,
        embed: @escaping @Sendable (EmbeddingRequest) async throws -> EmbeddingResult, measures: AnswerCacheMeasures,
        logger: Logger
    ) {
        self.policy = policy
        self.sources = sources
        self.embed = embed
        self.measures = measures
        self.logger = logger
    }

    /// What was calibrated.
    var calibrated: [String: CalibratedThreshold] { thresholds.withLock(\.self) }

    func take(_ found: [String: CalibratedThreshold]) { thresholds.withLock { $0.merge(found) { $1 } } }

    /// The threshold for a model as it is now: what was calibrated for it, else the operator's.
    func threshold(for source: AnswerSource) -> Double {
        let known = thresholds.withLock { $0[source.model] }
        return known.flatMap { $0.identity == source.identity ? $0.threshold : nil } ?? policy.threshold
    }

    /// The question of a request, as it can be compared; `nil` where that is not possible.
    func question(of request: GenerationRequest, by source: AnswerSource) async throws -> (Question, threshold: Double)?
    {
        guard let (text, rest) = split(request), text.utf8.count <= Self.questionBytesMax,
            let encoder = await sources.source(policy.model, RoutingWish())
        else { return nil }
        let owner = AnswerIdentity.owner(request.scheduling)
        let circle = AnswerKey(
            .vectors, tenant: owner.tenant, source: source,
            request: owner.mark + Array("\(encoder.identity)\u{0}".utf8) + AnswerIdentity.shape(rest))
        var asked = EmbeddingRequest(id: request.id, model: policy.model, inputs: [.text(text)])
        asked.scheduling = request.scheduling
        asked.scheduling.slot = nil
        let result: EmbeddingResult
        do {
            // Its notes are not the answer's.
            result = try await AnswerNotes.$current.withValue(nil) { try await embed(asked) }
        } catch let error as ServiceError {
            tell(error)
            return nil
        }
        guard let vector = result.entries.first?.vectors.first.flatMap({ UnitVector($0) }) else { return nil }
        return (Question(circle: circle, vector: vector, marks: QuestionMarks(text)), threshold(for: encoder))
    }

    /// The nearest question that was answered.
    func nearest(_ question: Question, threshold: Double, in cache: AnswerCache) -> SimilarQuestions.Match? {
        guard let circle = cache.circle(question.circle) else { return nil }
        let (match, refused) = circle.nearest(question.vector, question.marks, threshold: threshold, at: cache.now())
        for conflict in refused { measures.refused(conflict) }
        return match
    }

    /// The text that is compared by its meaning, and the request without it.
    private func split(_ request: GenerationRequest) -> (text: String, rest: GenerationRequest)? {
        guard case .chat(var messages, let tools) = request.prompt, let last = messages.indices.last else { return nil }
        var texts: [String] = []
        for index in messages.indices {
            let isCompared =
                switch policy.history {
                case .equal: index == last
                case .embedded: messages[index].role == .user || messages[index].role == .assistant
                }
            guard isCompared, !messages[index].hasMedia else { continue }
            texts.append(messages[index].text)
            messages[index].text = ""
        }
        var rest = request
        rest.prompt = .chat(messages, tools: tools)
        return (texts.joined(separator: "\n"), rest)
    }

    private func tell(_ error: ServiceError) {
        let isFirst = hasFailed.withLock { hasFailed in
            defer { hasFailed = true }
            return !hasFailed
        }
        guard isFirst else { return }
        logger.warning(
            "questions cannot be compared by their meaning",
            [.model: .string(policy.model.name), .error: .error(error)])
    }
}
