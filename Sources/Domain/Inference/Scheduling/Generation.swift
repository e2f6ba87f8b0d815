import Sampling
import Streaming
import Vocabulary

/// One answer, from its admission to its last event: what stays with it whether it waits, runs or is parked.
///
/// Confined to the engine's thread, which lends it to one of those that compute while its next token is chosen.
final class Generation {
    let key: UInt64
    let request: AdmittedRequest
    let outlet: Outlet<GenerationEvent>
    let arrived: ContinuousClock.Instant
    /// Prompt, then answer.
    var tokens: [Int32]
    /// Made when the generation gets its first slot.
    var writer: TokenWriter?
    var assembler: TextAssembler
    var written = 0
    /// The slot that it holds, or held last.
    var slot: Int?
    private var lines: LineWatch?
    /// Of the prompt's tokens after the first, as far as they are computed and somebody asked.
    var promptLogprobs: [Vocabulary.TokenLogprob] = []
    /// When it got its first slot.
    var started: ContinuousClock.Instant?
    /// When the prompt was in place.
    var prefilled: ContinuousClock.Instant?
    var cacheReport = CacheReport(cachedTokens: 0, tier: .none)
    /// Events that the reader had no room for, oldest first; while there are any the generation sits out.
    private(set) var undelivered: [GenerationEvent] = []
    /// Tokens of the prompt that are among `tokens`: fewer when the context was shifted.
    private(set) var promptHeld: Int
    /// The context was shifted.
    private(set) var isShifted = false
    var timesParked = 0
    /// What guessing knows of it, once it was guessed.
    var drafts: SequenceDrafts?
    /// What its tenant was charged for it.
    var charge: QueueCharge?
    /// Tokens that were computed for it.
    var work = 0
    /// The vectors of the prompt's images and recordings.
    var media = MediaWork()

    init(_ submission: Submission) {
        key = submission.key
        request = submission.request
        outlet = submission.outlet
        arrived = submission.arrived
        tokens = request.prompt
        promptHeld = request.prompt.count
        assembler = TextAssembler(stops: request.stop)
        if !request.lineLimits.isEmpty { lines = LineWatch(request.lineLimits) }
    }

    var promptCount: Int { request.prompt.count }
    /// When the answer must be whole.
    var deadline: ContinuousClock.Instant? { request.scheduling.deadline.map { arrived + $0 } }

    func isLate(_ now: ContinuousClock.Instant) -> Bool { deadline.map { $0 <= now } ?? false }

    /// Chooses the next token.
    func choose(
        from logits: UnsafeBufferPointer<Float>, maxima: UnsafeBufferPointer<Float>?, _ scratch: SamplingScratch
    ) throws(ServiceError) -> WrittenToken {
        guard var writer else { preconditionFailure("whoever has a slot has a writer") }
        // Moved out and back, so that it is changed in place.
        self.writer = nil
        defer { self.writer = writer }
        return try writer.choose(from: logits, maxima: maxima, scratch)
    }

    /// Forgets tokens that the model has forgotten; those after them move up.
    func drop(_ range: Range<Int>) {
        tokens.removeSubrange(range)
        promptHeld -= range.clamped(to: 0..<promptHeld).count
        isShifted = true
    }

    /// Hands events to the reader, after those that wait already.
    ///
    /// - Parameters:
    ///   - events: what is new.
    ///   - readers: takes the reader, if it is to be woken.
    /// - Returns: how the reader fares.
    func deliver(_ events: [GenerationEvent], waking readers: inout SleepingReaders) -> OutletVerdict {
        if undelivered.isEmpty {
            for (index, event) in events.enumerated() {
                switch outlet.offer(event, waking: &readers) {
                case .accepted: continue
                case .full:
                    undelivered = Array(events[index...])
                    return .full
                case .readerGone: return .readerGone
                }
            }
            return .accepted
        }
        undelivered += events
        while let event = undelivered.first {
            switch outlet.offer(event, waking: &readers) {
            case .accepted: undelivered.removeFirst()
            case .full: return .full
            case .readerGone: return .readerGone
            }
        }
        return .accepted
    }

    /// Tells something that is worth nothing later: a reader without room never learns of it.
    func mention(_ event: GenerationEvent) {
        guard undelivered.isEmpty else { return }
        _ = outlet.offer(event)
    }

    /// Whether the answer goes on after a token.
    enum Progress {
        case goesOn
        case complete(FinishReason)
    }

    /// Takes a chosen token and appends what follows from it to `events`.
    func take(_ token: WrittenToken, into events: inout [GenerationEvent], model: ModelID) -> Progress {
        begin(into: &events, model: model)
        written += 1
        tokens.append(token.id)
        if request.reports.tokens { events.append(.token(report(of: token.id))) }
        if let warnings = writer?.takeWarnings(), !warnings.isEmpty { events += warnings.map(GenerationEvent.warning) }
        if let logprob = token.logprob { events.append(.logprobs([logprob])) }
        if token.isEnd { return finish(.stop, "", into: &events) }
        let output = assembler.append(token.bytes)
        if output.isStopped { return finish(.stop, output.text, into: &events) }
        if let last = lines?.take(output.text, writing: .now - (prefilled ?? .now)) {
            return finish(.length, last, into: &events)
        }
        if token.endsConstraint { return finish(.stop, output.text + assembler.finish(), into: &events) }
        if written >= request.newTokensMax {
            return finish(.length, output.text + assembler.finish(), into: &events)
        }
        if !output.text.isEmpty { events.append(.text(output.text)) }
        return .goesOn
    }

    private func finish(_ reason: FinishReason, _ text: String, into events: inout [GenerationEvent]) -> Progress {
        let rest = reason == .stop && text.isEmpty ? assembler.finish() : text
        if !rest.isEmpty { events.append(.text(rest)) }
        if writer?.isIncomplete ?? false {
            events.append(
                .warning(
                    GenerationWarning(
                        .constraintIncomplete, "The answer ended before it was all that its constraint asks for.")))
        }
        return .complete(reason)
    }

    /// The last events of an answer that ends where it is.
    func close(_ reason: FinishReason, model: ModelID) -> [GenerationEvent] {
        var events: [GenerationEvent] = []
        begin(into: &events, model: model)
        _ = finish(reason, assembler.finish(), into: &events)
        return events + [end(reason)]
    }

    /// Tells that the prompt is in place, once.
    func begin(into events: inout [GenerationEvent], model: ModelID) {
        guard prefilled == nil else { return }
        prefilled = .now
        var start = GenerationStart(model: model, promptTokens: promptCount)
        start.slot = slot
        start.cachedTokens = cacheReport.cachedTokens
        events.append(.started(start))
        if request.reports.promptTokens { events.append(.promptLogprobs(promptLogprobs)) }
    }

    private func report(of token: Int32) -> TokenReport {
        TokenReport(id: token, usage: usage, timings: timings, slot: slot)
    }

    private var usage: TokenUsage {
        TokenUsage(
            promptTokens: promptCount, completionTokens: written, cachedTokens: cacheReport.cachedTokens,
            reasoningTokens: writer?.reasoningTokens ?? 0)
    }

    /// Where the time went until now.
    var timings: GenerationTimings {
        let now = ContinuousClock.now
        let begun = started ?? now
        let ready = prefilled ?? now
        var timings = GenerationTimings(
            queue: begun - arrived, prefill: ready - begun, decode: now - ready, mediaEncode: media.spent)
        timings.draftTokens = drafts?.drafted ?? 0
        timings.acceptedDraftTokens = drafts?.accepted ?? 0
        return timings
    }

    /// The last event.
    func end(_ reason: FinishReason) -> GenerationEvent {
        var end = GenerationEnd(reason: reason, usage: usage, timings: timings)
        end.cache = cacheReport
        end.slot = slot
        let isCut = reason == .length && request.newTokensAsked.map { written < $0 } ?? true
        end.isTruncated = isShifted || isCut
        end.stopText = assembler.metStop
        end.adaptations = writer?.adaptations ?? []
        end.receipt = request.receipt(seed: writer?.seed)
        return .finished(end)
    }
}

/// A token that was chosen for an answer.
struct WrittenToken {
    var id: Int32
    /// What it adds to the text.
    var bytes: [UInt8]
    /// The model ended its answer.
    var isEnd: Bool
    /// Nothing may follow by the request's constraint.
    var endsConstraint = false
    var logprob: Vocabulary.TokenLogprob?
}
