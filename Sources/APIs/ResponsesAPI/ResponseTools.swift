import JSONText
import OpenAIAPI
import Vocabulary

/// The functions that a model may call. Tools that only OpenAI's servers can run are left out, with a warning.
struct ResponseTools {
    private(set) var tools: [ToolDefinition] = []
    private(set) var choice = ToolChoice.auto
    private(set) var warnings: [GenerationWarning] = []
    /// The tools as the answer repeats them.
    private(set) var described: [JSONValue] = []

    init(_ root: JSONField) throws {
        for element in try root.optional("tools")?.elements(countMax: RequestBounds.toolsMax) ?? [] {
            try read(element)
        }
        if let field = try root.optional("tool_choice") { try choose(field) }
    }

    private mutating func read(_ element: JSONField) throws(JSONFieldError) {
        let type = try element.required("type").string()
        guard type == "function" else {
            warnings.append(
                GenerationWarning(
                    .toolUnsupported,
                    "'\(element.path)' is a \"\(type.prefix(40))\" tool, which this server cannot run; it was left out."
                ))
            return
        }
        // Some clients send the form of chats.
        let function = try element.optional("function") ?? element
        let name = try function.required("name").string(bytesIn: 1...RequestBounds.nameBytesMax)
        var members = try function.object()
        members["type"] = nil
        tools.append(
            ToolDefinition(name: name, definition: ["type": "function", "function": .object(members)]))
        var told: JSONObject = ["type": "function"]
        for (key, value) in members { told[key] = value }
        told["parameters"] = told["parameters"] ?? .null
        told["strict"] = told["strict"] ?? .null
        described.append(.object(told))
    }

    private mutating func choose(_ field: JSONField) throws {
        if case .string(let word) = field.value {
            choice = try mode(word, field)
            return
        }
        let type = try field.required("type")
        switch try type.string() {
        case "function":
            let function = try field.optional("function") ?? field
            choice = try ToolFields.choice(of: try function.required("name"), among: tools)
        case "allowed_tools":
            let allowed = try field.required("tools").elements(countMax: RequestBounds.toolsMax)
            let names = try allowed.compactMap { try $0.optional("name")?.string() }
            tools.removeAll { !names.contains($0.name) }
            let mode = try field.required("mode")
            choice = try self.mode(try mode.string(), mode)
        case let other:
            throw ServiceError(
                .unsupported, "'\(type.path)' is \"\(other.prefix(40))\"; this server knows functions only.",
                hint: "Name a function, or use \"auto\", \"none\", \"required\" or \"allowed_tools\".",
                parameter: type.path)
        }
    }

    private func mode(_ word: String, _ field: JSONField) throws(JSONFieldError) -> ToolChoice {
        switch word {
        case "auto": return .auto
        case "none": return .none
        case "required":
            guard !tools.isEmpty else { throw field.fail("asks for a call, but there are no functions") }
            return .required
        default:
            throw field.fail(
                "must be \"auto\", \"none\", \"required\" or an object, not \"\(word.prefix(40))\"")
        }
    }
}
