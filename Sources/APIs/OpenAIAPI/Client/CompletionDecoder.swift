import JSONText
import RequestScope
public import Vocabulary

/// Reads the events of a stream in OpenAI's format: one call of `events(for:)` for each `data:` text.
public struct CompletionDecoder: Sendable {
    private let model: ModelID
    private var hasStarted = false
    private var reason: FinishReason?
    private var usage: TokenUsage?
    private var timings: GenerationTimings?

    public init(model: ModelID) { self.model = model }

    /// The events that follow from one `data:` text.
    ///
    /// - Throws: the `ServiceError` that the other side sent, or one about a text that is no chunk.
    public mutating func events(for data: String) throws(ServiceError) -> [GenerationEvent] {
        if data == "[DONE]" { return [] }
        let chunk: JSONValue
        do {
            chunk = try JSONValue.parse(data)
        } catch {
            throw ServiceError(
                .engineFailed, "The model's server sent what is not an answer.",
                detail: "\(error): \(data.prefix(200))")
        }
        if chunk["error"] != nil { throw WireError.serviceError(from: chunk, status: nil) }
        if let counts = chunk["usage"], counts.object != nil { usage = Self.usage(counts) }
        if let times = chunk["timings"] { timings = Self.timings(times) }
        var events: [GenerationEvent] = []
        if !hasStarted {
            hasStarted = true
            events.append(.started(GenerationStart(model: model, promptTokens: nil)))
        }
        guard let choice = chunk["choices"]?[0] else { return events }
        let delta = choice["delta"]
        if let text = delta?["content"]?.string ?? choice["text"]?.string, !text.isEmpty { events.append(.text(text)) }
        for call in delta?["tool_calls"]?.array ?? [] {
            let index = call["index"]?.integer ?? 0
            guard (0..<Int64(RequestBounds.toolsMax)).contains(index) else {
                throw ServiceError(
                    .engineFailed, "The model's server sent what is not an answer.", detail: "tool call \(index)")
            }
            events.append(
                .toolCall(
                    ToolCallDelta(
                        index: Int(index), id: call["id"]?.string,
                        name: call["function"]?["name"]?.string,
                        arguments: call["function"]?["arguments"]?.string ?? "")))
        }
        if let finish = choice["finish_reason"]?.string { reason = FinishReason(rawValue: finish) ?? .stop }
        return events
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
        return .finished(
            GenerationEnd(
                reason: reason, usage: usage ?? TokenUsage(promptTokens: 0, completionTokens: 0), timings: timings))
    }

    private static func usage(_ value: JSONValue) -> TokenUsage {
        // Another server's numbers: whatever they are, sums and differences of them must not overflow.
        func count(_ value: JSONValue?, max: Int = Int(Int32.max)) -> Int {
            min(Swift.max(0, Int(clamping: value?.integer ?? 0)), max)
        }
        let promptTokens = count(value["prompt_tokens"])
        return TokenUsage(
            promptTokens: promptTokens, completionTokens: count(value["completion_tokens"]),
            cachedTokens: count(value["prompt_tokens_details"]?["cached_tokens"], max: promptTokens))
    }

    private static func timings(_ value: JSONValue) -> GenerationTimings {
        func duration(_ name: String) -> Duration { .milliseconds(min(max(value[name]?.double ?? 0, 0), 1e12)) }
        return GenerationTimings(
            queue: duration("queue_ms"), prefill: duration("prompt_ms"), decode: duration("predicted_ms"))
    }
}
