import JSONText
import RequestScope
public import Vocabulary

/// Reads the events of a stream in OpenAI's format: one call of `events(for:)` for each `data:` text, as the bytes that came.
///
/// It reads the first choice; who wants several asks several times.
public struct CompletionDecoder: Sendable {
    private let model: ModelID
    private var hasStarted = false
    private var reason: FinishReason?
    /// What was told of the end so far; it may come in several chunks.
    private var known = GenerationEnd(reason: .stop, usage: TokenUsage(promptTokens: 0, completionTokens: 0))
    /// What stood around the last plain text.
    private var frame: ChunkFrame?
    /// What stood before the choices of the first plain chunk.
    private var head: [UInt8] = []

    /// What OpenAI's streams end with.
    private static let done = Array("[DONE]".utf8)[...]

    public init(model: ModelID) { self.model = model }

    /// The piece of text that one `data:` text brings, where the same stands around it as around the one before; `nil` for every
    /// other, whose events are to be asked for. Mutating, so that a decoder is asked where it lies.
    public mutating func text(of data: ArraySlice<UInt8>) -> String? { frame?.text(in: data) }

    /// The events that follow from one `data:` text.
    ///
    /// - Throws: the `ServiceError` that the other side sent, or one about a text that is no chunk.
    public mutating func events(for data: ArraySlice<UInt8>) throws(ServiceError) -> [GenerationEvent] {
        if let text = text(of: data) { return text.isEmpty ? [] : [.text(text)] }
        if data == Self.done { return [] }
        // Most chunks are a piece of text and nothing else: no tree is made for these.
        if let plain = PlainChunk(data, knowing: head) { return events(for: plain, data) }
        let chunk: JSONValue
        // What is not UTF-8 becomes U+FFFD, as in every text that comes from a stream of events.
        let data = String(decoding: data, as: UTF8.self)
        do {
            chunk = try JSONValue.parse(data)
        } catch {
            throw ServiceError(
                .unreadableAnswer, "The model's server sent what is not an answer.",
                detail: "\(error): \(data.prefix(200))")
        }
        if let error = chunk["error"], !error.isNull { throw WireError.serviceError(from: chunk, status: nil) }
        note(chunk)
        var events = Self.waiting(chunk)
        guard let choice = chunk["choices"]?[0] else { return events }
        let isQuiet = !events.isEmpty
        if !isQuiet, let report = Self.report(chunk, choice) { events.append(.token(report)) }
        events += try Self.said(choice["delta"] ?? choice, choice)
        events += Self.warnings(chunk)
        if !isQuiet { begin(&events, nexus: chunk["nexus"]) }
        if let word = choice["finish_reason"]?.string { note(reason: word) }
        return events
    }

    private mutating func events(for chunk: PlainChunk, _ data: ArraySlice<UInt8>) -> [GenerationEvent] {
        if let usage = chunk.usage { known.usage = usage }
        if head.isEmpty, let count = chunk.headCount { head = Array(data.prefix(count)) }
        guard chunk.hasChoice else { return [] }
        var events: [GenerationEvent] = chunk.text.isEmpty ? [] : [.text(chunk.text)]
        begin(&events, nexus: nil)
        if let word = chunk.finishReason { note(reason: word) }
        // What tells more than a text has to be read each time.
        if chunk.finishReason == nil, chunk.usage == nil {
            frame = chunk.textPlace.map { ChunkFrame(textAt: $0, in: data) }
        }
        return events
    }

    private mutating func note(reason word: String) { reason = FinishReason(rawValue: word) ?? .stop }

    /// Tells that the answer has begun, before what its first chunk says.
    private mutating func begin(_ events: inout [GenerationEvent], nexus: JSONValue?) {
        guard !hasStarted else { return }
        hasStarted = true
        events.insert(.started(GenerationStart(model: model, nexus: nexus)), at: 0)
    }

    /// The last event, once the stream has ended.
    ///
    /// - Throws: `engineFailed` when the stream broke off before its finish.
    public func end() throws(ServiceError) -> GenerationEvent {
        guard let reason else {
            throw ServiceError(
                .engineFailed, "The model's server broke off in the middle of the answer.",
                hint: "Send the request again.")
        }
        var end = known
        end.reason = reason
        return .finished(end)
    }

    /// What a chunk tells of a request that waits.
    private static func waiting(_ chunk: JSONValue) -> [GenerationEvent] {
        var events: [GenerationEvent] = []
        if let position = chunk["nexus"]?["queue_position"] {
            events.append(.queued(position: Optional(position).count))
        }
        if let progress = chunk["prompt_progress"], progress.object != nil {
            events.append(.promptProgress(PromptProgress(progress)))
        }
        if let tokens = chunk["nexus"]?["prompt_logprobs"]?.array {
            events.append(.promptLogprobs(tokens.compactMap { TokenLogprob($0) }))
        }
        return events
    }

    /// Where the time went until the piece that a chunk brings; its end tells the same in another way.
    private static func report(_ chunk: JSONValue, _ choice: JSONValue) -> TokenReport? {
        guard let times = chunk["timings"], times.object != nil, choice["finish_reason"]?.string == nil else {
            return nil
        }
        let cached = times["cache_n"].count
        let usage = TokenUsage(
            promptTokens: cached + times["prompt_n"].count, completionTokens: times["predicted_n"].count,
            cachedTokens: cached)
        return TokenReport(id: -1, usage: usage, timings: GenerationTimings(times), slot: nil)
    }

    private static func said(_ part: JSONValue, _ choice: JSONValue) throws(ServiceError) -> [GenerationEvent] {
        var events: [GenerationEvent] = []
        let tokens = WireLogprobs.tokens(choice["logprobs"])
        if !tokens.isEmpty { events.append(.logprobs(tokens)) }
        // Other servers call it `reasoning`.
        if let text = part["reasoning_content"]?.string ?? part["reasoning"]?.string, !text.isEmpty {
            events.append(.reasoning(text))
        }
        if let text = part["content"]?.string ?? part["text"]?.string, !text.isEmpty { events.append(.text(text)) }
        for call in part["tool_calls"]?.array ?? [] { events.append(.toolCall(try ToolCallDelta(call))) }
        return events
    }

    private static func warnings(_ chunk: JSONValue) -> [GenerationEvent] {
        (chunk["nexus"]?["warnings"]?.array ?? []).compactMap { GenerationWarning($0).map(GenerationEvent.warning) }
    }

    private mutating func note(_ chunk: JSONValue) {
        if let counts = chunk["usage"], counts.object != nil { known.usage = TokenUsage(counts) }
        if let times = chunk["timings"], times.object != nil { known.timings = GenerationTimings(times) }
        guard let nexus = chunk["nexus"] else { return }
        if let report = nexus["cache"], report.object != nil { known.cache = CacheReport(report) }
        if let receipt = nexus["receipt"], receipt.object != nil { known.receipt = ReproductionReceipt(receipt) }
        if let text = nexus["stop_text"]?.string { known.stopText = text }
        if let changes = nexus["adaptations"]?.array { known.adaptations = changes.map { SamplingAdaptation($0) } }
    }
}
