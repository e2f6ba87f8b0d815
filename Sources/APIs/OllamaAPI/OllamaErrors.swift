import JSONText
public import RequestScope
import Vocabulary

/// Errors in Ollama's shape: a text in `error`, with our code, parameter and hint beside it.
public enum OllamaErrors {
    /// The shapes of every path of this API; our own API below `/api/v1` has another.
    public static let shapes: [ErrorShape] = paths.map { path in
        ErrorShape(below: path) { error, _ in body(error) }
    }

    /// Where this API is.
    static let paths = [
        "chat", "generate", "embed", "embeddings", "tags", "show", "ps", "pull", "push", "create", "copy", "delete",
        "blobs", "version",
    ].map { "/api/" + $0 }

    static func body(_ error: ServiceError) -> JSONValue {
        var object: JSONObject = [
            "error": .string(error.description), "code": .string(error.code.rawValue),
        ]
        object["param"] = error.parameter.map(JSONValue.string)
        object["hint"] = error.hint.map(JSONValue.string)
        return .object(object)
    }
}
