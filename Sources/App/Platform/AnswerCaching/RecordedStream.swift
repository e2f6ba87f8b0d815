import Gateway
import Synchronization
import Vocabulary

/// An answer that is kept when it is whole. Its reader sees nothing of it.
struct RecordedStream<Base: GenerationStream>: GenerationStream {
    let base: Base
    let recorder: AnswerRecorder

    func makeAsyncIterator() -> Iterator { Iterator(base: base.makeAsyncIterator(), recorder: recorder) }

    struct Iterator: AsyncIteratorProtocol {
        var base: Base.AsyncIterator
        let recorder: AnswerRecorder

        mutating func next() async throws -> GenerationEvent? {
            do {
                let event = try await base.next(isolation: #isolation)
                if let event { await recorder.note(event) } else { recorder.giveUp() }
                return event
            } catch {
                recorder.giveUp()
                throw error
            }
        }
    }
}

/// Collects the events of one answer. When nobody holds it any more, those who waited for the answer are told.
final class AnswerRecorder: Sendable {
    /// What the answer will be kept under.
    struct Order: Sendable {
        var request: GenerationRequest
        var key: AnswerKey
        var tenant: TenantID
        var source: AnswerSource
        var plan: AnswerCachePolicy.Plan
        var tags: [String]
        var question: SimilarAnswers.Question?
        /// What of the cache the answer began with.
        var epoch: UInt64
        var bytesMax: Int
    }

    fileprivate struct State {
        var events: [GenerationEvent] = []
        var warnings: [GenerationWarning] = []
        /// Of texts, roughly.
        var bytes = 0
        var isOver = false
        var lease: FlightLease?
    }

    private let order: Order
    private let cache: AnswerCache
    /// Who would answer the same request now.
    private let source: @Sendable () async -> AnswerSource?
    private let began = ContinuousClock.now
    private let state: Mutex<State>

    init(
        _ order: Order, cache: AnswerCache, lease: FlightLease?, source: @escaping @Sendable () async -> AnswerSource?
    ) {
        self.order = order
        self.cache = cache
        self.source = source
        state = Mutex(State(lease: lease))
    }

    func note(_ event: GenerationEvent) async {
        let end = state.withLock { state -> GenerationEnd? in
            guard !state.isOver else { return nil }
            state.bytes += Self.bytes(of: event)
            guard state.bytes <= order.bytesMax else {
                state.giveUp()
                return nil
            }
            if case .warning(let warning) = event { state.warnings.append(warning) }
            state.events.append(event)
            if case .finished(let end) = event { return end }
            return nil
        }
        guard let end else { return }
        await finish(end)
    }

    /// The answer broke off.
    func giveUp() { state.withLock { $0.giveUp() } }

    private func finish(_ end: GenerationEnd) async {
        let (events, warnings) = state.withLock { ($0.events, $0.warnings) }
        defer { giveUp() }
        // A version that was put in place meanwhile may have written it.
        guard AnswerCachePolicy.keeps(end, of: order.request, warnings: warnings), await source() == order.source else {
            return
        }
        let now = cache.now()
        let answer = CachedAnswer(
            key: order.key, kind: .answer, tenant: order.tenant, model: order.source.model, tags: order.tags,
            writtenAt: now, expiresAt: now + Int64(order.plan.timeToLive / .microseconds(1)),
            promptTokens: end.usage.promptTokens, completionTokens: end.usage.completionTokens,
            computing: Int64((ContinuousClock.now - began) / .microseconds(1)), payload: PackedAnswer.pack(events))
        cache.keep(answer, order.question?.kept(as: answer), since: order.epoch)
    }

    private static func bytes(of event: GenerationEvent) -> Int {
        switch event {
        case .text(let text), .reasoning(let text): text.utf8.count + 4
        case .toolCall(let delta): delta.arguments.utf8.count + 64
        case .logprobs(let tokens), .promptLogprobs(let tokens): tokens.reduce(0) { $0 + 48 * (1 + $1.top.count) }
        default: 64
        }
    }
}

extension AnswerRecorder.State {
    fileprivate mutating func giveUp() {
        isOver = true
        events = []
        lease = nil
    }
}
