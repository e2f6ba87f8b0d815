import JSONText
import Vocabulary

/// Writes the stream of one choice, chunk by chunk.
protocol ChoiceEncoding: Sendable {
    /// The chunks that follow from an event.
    mutating func chunks(for event: GenerationEvent) -> [JSONValue]
    /// What stands at the end of a choice that failed, after the error.
    mutating func failed() -> [JSONValue]
}

extension CompletionEncoder: ChoiceEncoding {
    mutating func failed() -> [JSONValue] { [failure()] }
}
