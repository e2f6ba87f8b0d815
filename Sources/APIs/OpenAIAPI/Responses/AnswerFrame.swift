import JSONText
import Vocabulary

/// What all chunks and objects of an answer have in common.
struct AnswerFrame: Sendable {
    let kind: CompletionRequest.Kind
    let usesFunctions: Bool
    private let id: String
    private let model: String
    private let created: Int64
    private let fingerprint: String?

    /// `created` is Unix time in seconds. The answer's id is made of the request's.
    init(_ request: CompletionRequest, model: ModelID, created: Int64) {
        kind = request.kind
        usesFunctions = request.usesFunctions
        // By bytes, which are not gathered into characters first.
        let asked = request.generation.id.text
        let own = asked.utf8.dropFirst(asked.hasPrefix("req_") ? 4 : 0)
        id = (request.kind == .chat ? "chatcmpl-" : "cmpl-") + Substring(own)
        self.model = model.name
        self.created = created
        fingerprint = request.fingerprint
    }

    func chunk(choices: [JSONValue]) -> JSONObject {
        object(kind == .chat ? "chat.completion.chunk" : "text_completion", choices)
    }

    /// Writes the members of an answer that is not streamed.
    func writeWhole(to writer: inout JSONWriter, choices: (inout JSONWriter) -> Void) {
        writer.member("id", .string(id))
        writer.member("object", .string(kind == .chat ? "chat.completion" : "text_completion"))
        writer.member("created", .integer(created))
        writer.member("model", .string(model))
        writer.member("choices") { $0.array(choices) }
        if let fingerprint { writer.member("system_fingerprint", .string(fingerprint)) }
    }

    private func object(_ name: String, _ choices: [JSONValue]) -> JSONObject {
        var object: JSONObject = [
            "id": .string(id), "object": .string(name), "created": .integer(created), "model": .string(model),
            "choices": .array(choices),
        ]
        object["system_fingerprint"] = fingerprint.map(JSONValue.string)
        return object
    }

    /// The reason in the words of the client.
    func finishReason(_ reason: FinishReason) -> String {
        usesFunctions && reason == .toolCalls ? "function_call" : reason.rawValue
    }
}
