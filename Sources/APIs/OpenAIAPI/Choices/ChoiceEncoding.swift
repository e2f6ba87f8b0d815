import JSONText
import Streaming
import Vocabulary

/// Writes the stream of one choice, chunk by chunk.
protocol ChoiceEncoding: Sendable {
    /// The chunks that follow from an event.
    mutating func chunks(for event: GenerationEvent) -> [JSONValue]
    /// What stands at the end of a choice that failed, after the error.
    mutating func failed() -> [JSONValue]
    /// The event of a stream for a piece of text that nothing is told with, where that is known without making its chunk.
    mutating func plainEvent(_ text: String) -> [UInt8]?
}

extension ChoiceEncoding {
    mutating func plainEvent(_ text: String) -> [UInt8]? { nil }

    /// The chunks that follow from an event as events of a stream, ready to be sent. Empty when there are none.
    mutating func encoded(_ event: GenerationEvent) -> [UInt8] {
        if case .text(let text) = event, let plain = plainEvent(text) { return plain }
        return chunks(for: event).flatMap { ServerSentEvent(data: $0.text).encoded }
    }
}

extension CompletionEncoder: ChoiceEncoding {
    mutating func failed() -> [JSONValue] { [failure()] }
}
