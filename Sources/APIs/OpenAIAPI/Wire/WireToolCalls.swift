import JSONText
import Vocabulary

extension ToolCallDelta {
    /// An element of `tool_calls` in a chunk.
    var value: JSONValue {
        var object: JSONObject = ["index": .whole(index), "function": function]
        if let id {
            object["id"] = .string(id)
            object["type"] = "function"
        }
        return .object(object)
    }

    /// What the older member `function_call` has.
    var function: JSONValue {
        var function: JSONObject = ["arguments": .string(arguments)]
        function["name"] = name.map(JSONValue.string)
        return .object(function)
    }

    /// - Parameter value: an element of another server's list.
    /// - Throws: `engineFailed` for an index that no answer can have.
    init(_ value: JSONValue) throws(ServiceError) {
        let index = value["index"]?.integer ?? 0
        guard (0..<Int64(RequestBounds.toolsMax)).contains(index) else {
            throw ServiceError(
                .engineFailed, "The model's server sent what is not an answer.", detail: "tool call \(index)")
        }
        self.init(
            index: Int(index), id: value["id"]?.string, name: value["function"]?["name"]?.string,
            arguments: value["function"]?["arguments"]?.string ?? "")
    }
}

extension ToolCall {
    /// An element of `tool_calls` in a message.
    var value: JSONValue { ["id": .string(id), "type": "function", "function": function] }

    var function: JSONValue { ["name": .string(name), "arguments": .string(arguments)] }
}
