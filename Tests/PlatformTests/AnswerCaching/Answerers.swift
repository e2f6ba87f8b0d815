import Gateway
import Synchronization
import Telemetry
import TestAnswers
import Vocabulary

@testable import Platform

/// Answers as a script says, and gives vectors that are made of letters.
struct Answerer: Generating, TokenCounting, Embedding {
    let script: ScriptedGenerating
    let embedded = Texts()

    final class Texts: Sendable {
        private let all = Mutex<[String]>([])
        var list: [String] { all.withLock(\.self) }
        func note(_ texts: [String]) { all.withLock { $0 += texts } }
    }

    func generate(_ request: GenerationRequest) async throws -> any GenerationStream {
        try await script.generate(request)
    }
    func models() async -> [ServedModel] { await script.models() }
    func countTokens(of request: GenerationRequest) async throws -> Int { try await script.countTokens(of: request) }

    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        let texts = request.inputs.map { input in if case .text(let text) = input { text } else { "" } }
        embedded.note(texts)
        return EmbeddingResult(
            model: request.model, entries: texts.map { .init(vectors: [Self.vector($0)]) },
            promptTokens: 3 * texts.count)
    }

    /// How often each letter occurs: texts of nearly the same letters are nearly the same.
    static func vector(_ text: String) -> [Float] {
        var counts = [Float](repeating: 0, count: 26)
        for byte in text.lowercased().utf8 where (97...122).contains(byte) { counts[Int(byte - 97)] += 1 }
        return counts
    }

    func rerank(_ request: RerankRequest) async throws -> RerankResult { throw ServiceError(.unsupported, "no") }
    func classify(_ request: ClassificationRequest) async throws -> ClassificationResult {
        throw ServiceError(.unsupported, "no")
    }
}

/// A cache in front of an answerer, with a clock that the test sets.
final class CacheStage: Sendable {
    let answerer: Answerer
    let cache: AnswerCache
    let service: CachedService
    private let clock: Clock

    /// Where its clock begins.
    enum Start { case early, real }

    final class Clock: Sendable {
        private let state: Mutex<(now: Int64, version: Int)>
        init(_ start: Start) { state = Mutex((start == .real ? UnixTime.now().nanoseconds / 1_000 : 1_000_000, 1)) }
        var now: Int64 { state.withLock(\.now) }
        var version: Int { state.withLock(\.version) }
        func pass(_ microseconds: Int64) { state.withLock { $0.now += microseconds } }
        func change() { state.withLock { $0.version += 1 } }
    }

    init(
        _ policy: AnswerCachePolicy = AnswerCachePolicy(), store: (any AnswerStore)? = nil,
        limits: AnswerCache.Limits = AnswerCache.Limits(), script: ScriptedGenerating? = nil, now: Start = .early
    ) {
        let clock = Clock(now)
        self.clock = clock
        let answerer = Answerer(script: script ?? ScriptedGenerating { CacheStage.answer($0) })
        self.answerer = answerer
        let measures = AnswerCacheMeasures(MetricsRegistry())
        let silent = Logger(label: "test", sink: .none)
        let cache = AnswerCache(
            limits, store: store, questions: nil, measures: measures, logger: silent, now: { clock.now })
        self.cache = cache
        let sources = AnswerSources { model, wish in
            guard model.name != "unknown", wish.ensemble == nil else { return nil }
            return AnswerSource(model: model.name, identity: String(clock.version))
        }
        let similar = SimilarAnswers(
            policy.similarity, sources: sources, embed: { try await answerer.embed($0) }, measures: measures,
            logger: silent)
        service = CachedService(next: answerer, cache: cache, policy: policy, sources: sources, similar: similar)
    }

    /// Each answer tells its number, in pieces.
    static func answer(_ answer: ScriptedGenerating.Answer) {
        answer.say(.started(GenerationStart(model: answer.request.model, promptTokens: 5)), .text("an"), .text("swer"))
        answer.finish()
    }

    func pass(_ time: Duration) { clock.pass(Int64(time / .microseconds(1))) }
    /// Another version of every model is put in place.
    func changeVersion() { clock.change() }

    var asked: Int { answerer.script.answers.count }
}

/// What one request got.
struct Got: Equatable {
    var events: [GenerationEvent]
    var cache: AnswerCourse.CacheState?

    var text: String { events.map { if case .text(let text) = $0 { text } else { "" } }.joined() }
    var end: GenerationEnd? { if case .finished(let end) = events.last { end } else { nil } }
}

extension CacheStage {
    static func request(
        _ text: String = "hi", model: String = "m", tenant: String = "",
        _ change: (inout GenerationRequest) -> Void = { _ in }
    ) -> GenerationRequest {
        guard let id = RequestID("r") else { preconditionFailure("a letter is an id") }
        var request = GenerationRequest(
            id: id, model: ModelID(model), prompt: .chat([ChatMessage(.user, text)], tools: []),
            sampling: SamplingParameters(temperature: 0))
        request.scheduling.tenant = TenantID(tenant)
        change(&request)
        return request
    }

    /// Asks as one client does, and reads the answer to its end.
    func ask(_ request: GenerationRequest = request(), _ header: AnswerWish = AnswerWish()) async throws -> Got {
        let course = AnswerCourse(header)
        return try await AnswerNotes.$current.withValue(AnswerNotes(course)) {
            let stream = try await service.generate(request)
            var events: [GenerationEvent] = []
            for try await event in stream { events.append(event) }
            return Got(events: events, cache: course.cache)
        }
    }
}
