import JSONText
import OpenAIAPI
import Vocabulary

/// The tools that a model may call. Those that only Anthropic's servers know are left out, with a warning.
struct MessageTools {
    private(set) var tools: [ToolDefinition] = []
    private(set) var choice = ToolChoice.auto
    private(set) var allowsParallel: Bool?
    private(set) var warnings: [GenerationWarning] = []

    init(_ root: JSONField) throws(JSONFieldError) {
        for element in try root.optional("tools")?.elements(countMax: RequestBounds.toolsMax) ?? [] {
            try read(element)
        }
        if let field = try root.optional("tool_choice") { try choose(field) }
    }

    private mutating func read(_ element: JSONField) throws(JSONFieldError) {
        let schema = try element.optional("input_schema")
        if let type = try element.optional("type")?.string(), type != "custom", schema == nil {
            warnings.append(
                GenerationWarning(
                    .toolUnsupported,
                    "'\(element.path)' is a \"\(type.prefix(40))\" tool, which this server does not know; it was left out."
                ))
            return
        }
        let name = try element.required("name").string(bytesIn: 1...RequestBounds.nameBytesMax)
        var function: JSONObject = ["name": .string(name)]
        if let description = try element.optional("description") {
            function["description"] = .string(try description.string())
        }
        function["parameters"] = .object(try schema?.object() ?? ["type": "object"])
        function["strict"] = try element.optional("strict")?.value
        tools.append(ToolDefinition(name: name, definition: ["type": "function", "function": .object(function)]))
    }

    private mutating func choose(_ field: JSONField) throws(JSONFieldError) {
        let type = try field.required("type")
        switch try type.string() {
        case "auto": choice = .auto
        case "none": choice = .none
        case "any":
            guard !tools.isEmpty else { throw type.fail("asks for a call, but there are no tools") }
            choice = .required
        case "tool": choice = try ToolFields.choice(of: try field.required("name"), among: tools)
        case let other:
            throw type.fail("must be \"auto\", \"any\", \"tool\" or \"none\", not \"\(other.prefix(40))\"")
        }
        allowsParallel = try field.optional("disable_parallel_tool_use")?.bool() == true ? false : nil
    }
}
