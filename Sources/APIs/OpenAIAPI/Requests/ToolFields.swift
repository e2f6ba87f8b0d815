public import JSONText
public import Vocabulary

/// The functions that a model may call, by OpenAI's names of today (`tools`) and of before (`functions`).
public struct ToolFields {
    private(set) var tools: [ToolDefinition] = []
    private(set) var choice = ToolChoice.auto
    private(set) var allowsParallel: Bool?
    /// The client reads `function_call` and not `tool_calls`.
    private(set) var isLegacy = false

    init(_ root: JSONField) throws {
        let functions = try root.optional("functions")
        if let field = try root.optional("tools") {
            guard functions == nil else { throw field.fail("must not stand beside 'functions'") }
            tools = try field.elements(countMax: RequestBounds.toolsMax).map { element in
                try Self.refuseOtherTools(element)
                return try Self.tool(element.required("function"), definition: element.value)
            }
        } else if let functions {
            isLegacy = true
            tools = try functions.elements(countMax: RequestBounds.toolsMax).map { element in
                try Self.tool(element, definition: ["type": "function", "function": element.value])
            }
        }
        allowsParallel = try root.optional("parallel_tool_calls")?.bool()
        if isLegacy { allowsParallel = false }
        if let field = try root.optional("tool_choice") {
            choice = try choice(field, function: { field throws(JSONFieldError) in try field.required("function") })
        } else if let field = try root.optional("function_call") {
            choice = try choice(field, function: { field throws(JSONFieldError) in field })
        }
    }

    private static func refuseOtherTools(_ element: JSONField) throws {
        guard let type = try element.optional("type"), type.value != "function" else { return }
        throw ServiceError(
            .unsupported,
            "'\(type.path)' is \(type.value.text.prefix(40)); this server knows tools of type \"function\".",
            hint: "Describe the tool as a function.", parameter: type.path)
    }

    private static func tool(_ function: JSONField, definition: JSONValue) throws(JSONFieldError) -> ToolDefinition {
        let name = try function.required("name").string(bytesIn: 1...RequestBounds.nameBytesMax)
        return ToolDefinition(name: name, definition: definition)
    }

    private func choice(
        _ field: JSONField, function: (JSONField) throws(JSONFieldError) -> JSONField
    ) throws -> ToolChoice {
        if case .string(let word) = field.value {
            switch word {
            case "auto": return .auto
            case "none": return .none
            case "required", "any":
                guard !tools.isEmpty else { throw field.fail("asks for a call, but there are no tools") }
                return .required
            default:
                throw field.fail(
                    "must be \"auto\", \"none\", \"required\" or name a function, not \"\(word.prefix(40))\"")
            }
        }
        guard field.value.object != nil else {
            throw field.fail("must be a string or an object, not \(field.value.kind)")
        }
        try Self.refuseOtherChoices(field)
        return try Self.choice(of: try function(field).required("name"), among: tools)
    }

    /// The choice of one function.
    ///
    /// - Parameters:
    ///   - name: the function's name.
    ///   - tools: those that there are.
    /// - Returns: the choice.
    /// - Throws: that there is no such tool, and which name may have been meant.
    public static func choice(of name: JSONField, among tools: [ToolDefinition]) throws(JSONFieldError) -> ToolChoice {
        let wanted = try name.string()
        guard tools.contains(where: { $0.name == wanted }) else {
            let names = tools.map(\.name)
            let near = NearestName.of(wanted, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
            throw name.fail("is \"\(wanted.prefix(80))\", which is not among the tools\(near)")
        }
        return .function(wanted)
    }

    private static func refuseOtherChoices(_ field: JSONField) throws {
        guard let type = try field.optional("type"), type.value != "function" else { return }
        throw ServiceError(
            .unsupported, "'\(type.path)' is \(type.value.text.prefix(40)); this server knows \"function\".",
            hint: "Name one function, or use \"auto\" or \"required\".", parameter: type.path)
    }

    /// Adds the tools of a chat to a request for another server.
    static func write(_ request: GenerationRequest, _ tools: [ToolDefinition], to body: inout JSONObject) {
        if !tools.isEmpty { body["tools"] = .array(tools.map(\.definition)) }
        switch request.toolChoice {
        case .auto: break
        case .none: body["tool_choice"] = "none"
        case .required: body["tool_choice"] = "required"
        case .function(let name): body["tool_choice"] = ["type": "function", "function": ["name": .string(name)]]
        }
        if let allows = request.allowsParallelToolCalls { body["parallel_tool_calls"] = .bool(allows) }
    }
}
