import OpenAIAPI
import Vocabulary

extension CompletionDecoder {
    /// The events of one `data:` text, where it is a text and no bytes of a connection.
    mutating func events(for data: String) throws(ServiceError) -> [GenerationEvent] {
        try events(for: Array(data.utf8)[...])
    }
}
