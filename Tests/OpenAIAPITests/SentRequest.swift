import JSONText
import OpenAIAPI

extension ClientRequest {
    /// What is sent, as a value to look into.
    var body: JSONValue { get throws { try JSONValue.parse(bytes) } }
}
