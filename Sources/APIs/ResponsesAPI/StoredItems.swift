import JSONText
import OpenAIAPI
import Vocabulary

/// Items as they are kept: each an object with type and id, and messages with parts.
enum StoredItems {
    /// - Parameters:
    ///   - input: a text, or items; well-formed, as they were read as messages before.
    ///   - suffix: makes ids.
    /// - Returns: what is kept.
    static func of(_ input: JSONValue, suffix: () -> String) -> [JSONValue] {
        if case .string(let text) = input {
            return [normal(["role": "user", "content": .string(text)], suffix: suffix)]
        }
        return (input.array ?? []).map { normal($0.object ?? [:], suffix: suffix) }
    }

    private static func normal(_ item: JSONObject, suffix: () -> String) -> JSONValue {
        var kept: JSONObject = ["id": .string("")]
        for (name, value) in item { kept[name] = value }
        let type = item["type"]?.string ?? "message"
        kept["type"] = .string(type)
        if item["id"]?.string.map({ ResponseMemory.isID($0) }) != true {
            kept["id"] = .string("\(prefixes[type] ?? "item")_\(suffix())")
        }
        if type == "message" {
            if case .string(let text) = item["content"] {
                let part = item["role"] == "assistant" ? "output_text" : "input_text"
                var content: JSONObject = ["type": .string(part), "text": .string(text)]
                if part == "output_text" { content["annotations"] = [] }
                kept["content"] = [.object(content)]
            }
        }
        if prefixes[type] != nil { kept["status"] = kept["status"] ?? "completed" }
        return .object(kept)
    }

    private static let prefixes = [
        "message": "msg", "function_call": "fc", "function_call_output": "fco", "reasoning": "rs",
    ]

    /// A page of items as OpenAI lists them.
    static func list(_ items: [JSONValue], hasMore: Bool) -> JSONValue {
        [
            "object": "list", "data": .array(items), "first_id": items.first?["id"] ?? .null,
            "last_id": items.last?["id"] ?? .null, "has_more": .bool(hasMore),
        ]
    }
}
