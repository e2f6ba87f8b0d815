import Streaming
import Vocabulary

/// One answer that is being written: what the engine's thread keeps beside the tokens.
struct Generation<Sampler> {
    let request: AdmittedRequest
    let outlet: Outlet<GenerationEvent>
    let arrived: ContinuousClock.Instant
    /// Made when the generation gets a slot.
    var sampler: Sampler?
    var assembler: TextAssembler
    var written = 0
    var started: ContinuousClock.Instant
    var prefilled: ContinuousClock.Instant?
    /// Events that the reader had no room for, oldest first; while there are any the sequence sits out.
    var undelivered: [GenerationEvent] = []

    init(request: AdmittedRequest, outlet: Outlet<GenerationEvent>, arrived: ContinuousClock.Instant) {
        self.request = request
        self.outlet = outlet
        self.arrived = arrived
        started = arrived
        assembler = TextAssembler(stops: request.stop)
    }

    /// Hands events to the reader, after those that wait already.
    mutating func deliver(_ events: [GenerationEvent]) -> OutletVerdict {
        undelivered += events
        while let event = undelivered.first {
            switch outlet.offer(event) {
            case .accepted: undelivered.removeFirst()
            case .full: return .full
            case .readerGone: return .readerGone
            }
        }
        return .accepted
    }

    /// What follows from a chosen token.
    enum Progress {
        case goesOn([GenerationEvent])
        /// With the last events.
        case complete([GenerationEvent])
    }

    /// Takes the bytes of a chosen token.
    mutating func take(_ bytes: [UInt8], isEnd: Bool, model: ModelID) -> Progress {
        var events: [GenerationEvent] = []
        if prefilled == nil {
            prefilled = .now
            events.append(.started(GenerationStart(model: model, promptTokens: request.prompt.count)))
        }
        written += 1
        if isEnd { return .complete(events + closing(.stop, text: assembler.finish())) }
        let output = assembler.append(bytes)
        if output.isStopped { return .complete(events + closing(.stop, text: output.text)) }
        if written >= request.newTokensMax {
            return .complete(events + closing(.length, text: output.text + assembler.finish()))
        }
        return .goesOn(output.text.isEmpty ? events : events + [.text(output.text)])
    }

    private func closing(_ reason: FinishReason, text: String) -> [GenerationEvent] {
        let now = ContinuousClock.now
        let prefilled = prefilled ?? now
        let end = GenerationEnd(
            reason: reason, usage: TokenUsage(promptTokens: request.prompt.count, completionTokens: written),
            timings: GenerationTimings(
                queue: started - arrived, prefill: prefilled - started, decode: now - prefilled))
        return (text.isEmpty ? [] : [.text(text)]) + [.finished(end)]
    }
}
