public import JSONText
public import Vocabulary

/// A model's chat template: messages in, tokens out.
///
/// Texts of control tokens inside messages stay text. A message that contains `<|im_start|>` cannot open a turn of its
/// own: such texts are split by a marker before rendering, and the pieces are tokenised apart from each other.
public struct ChatTemplate: Sendable {
    /// Renders the template's source with these variables.
    private let render: @Sendable (JSONObject) throws(ServiceError) -> String

    public init(render: @escaping @Sendable (JSONObject) throws(ServiceError) -> String) { self.render = render }

    /// The prompt of a chat, up to where the model's answer begins.
    public func text(
        for messages: [ChatMessage], tools: [ToolDefinition], variables: JSONObject, tokenizer: some Tokenizing
    ) throws(ServiceError) -> String {
        var context = JSONObject()
        for (name, value) in variables { context[name] = value }
        context["messages"] = .array(messages.map(Self.value))
        if !tools.isEmpty { context["tools"] = .array(tools.map(\.definition)) }
        context["add_generation_prompt"] = true
        context["bos_token"] = .string(tokenizer.beginText)
        context["eos_token"] = .string(tokenizer.endText)
        return try render(context)
    }

    /// The prompt as text and as tokens.
    public func prompt(
        for messages: [ChatMessage], tools: [ToolDefinition], variables: JSONObject, tokenizer: some Tokenizing
    ) throws(ServiceError) -> (text: String, tokens: [Int32]) {
        let guarded = ControlTextGuard(controlTexts: tokenizer.controlTexts)
        let rendered = try text(
            for: messages.map(guarded.protect), tools: tools, variables: variables, tokenizer: tokenizer)
        // Templates that write the begin token themselves must not get a second one.
        let hasBegin = !tokenizer.beginText.isEmpty && rendered.hasPrefix(tokenizer.beginText)
        var tokens: [Int32] = []
        for (index, piece) in guarded.pieces(of: rendered).enumerated() {
            tokens += try tokenizer.tokens(of: piece, addsSpecial: index == 0 && !hasBegin, parsesSpecial: true)
        }
        return (rendered, tokens)
    }

    /// A message in the shape that templates expect.
    private static func value(_ message: ChatMessage) -> JSONValue {
        var object = JSONObject()
        // Templates know four roles; `developer` is OpenAI's newer name for `system`.
        object["role"] = .string(message.role == .developer ? "system" : message.role.rawValue)
        object["content"] = .string(message.text)
        if let reasoning = message.reasoning { object["reasoning_content"] = .string(reasoning) }
        if let name = message.name { object["name"] = .string(name) }
        if let id = message.toolCallID { object["tool_call_id"] = .string(id) }
        if !message.toolCalls.isEmpty { object["tool_calls"] = .array(message.toolCalls.map(value)) }
        return .object(object)
    }

    /// Templates print arguments with `tojson`, so they must be values, not text.
    private static func value(_ call: ToolCall) -> JSONValue {
        let arguments = (try? JSONValue.parse(call.arguments)) ?? .string(call.arguments)
        return [
            "id": .string(call.id), "type": "function",
            "function": ["name": .string(call.name), "arguments": arguments],
        ]
    }
}

/// Keeps the texts of control tokens inside messages from becoming control tokens.
struct ControlTextGuard: Sendable {
    /// A private-use character of plane 15, which texts in the wild do not carry; it is taken out of those that do.
    static let marker: Unicode.Scalar = "\u{F4CE5}"

    /// Only texts of two or more characters can be split.
    private let controlTexts: [String]

    init(controlTexts: [String]) { self.controlTexts = controlTexts.filter { $0.unicodeScalars.count > 1 } }

    func protect(_ message: ChatMessage) -> ChatMessage {
        var message = message
        message.text = protect(message.text)
        message.reasoning = message.reasoning.map(protect)
        message.name = message.name.map(protect)
        for index in message.toolCalls.indices {
            message.toolCalls[index].name = protect(message.toolCalls[index].name)
            message.toolCalls[index].arguments = protect(message.toolCalls[index].arguments)
        }
        return message
    }

    /// Puts the marker after the first character of every control text, and takes out markers that were there.
    func protect(_ text: String) -> String {
        var result = text.unicodeScalars.contains(Self.marker) ? text.replacing(String(Self.marker), with: "") : text
        for control in controlTexts where result.contains(control) {
            var split = String.UnicodeScalarView(control.unicodeScalars)
            split.insert(Self.marker, at: split.index(after: split.startIndex))
            result = result.replacing(control, with: String(split))
        }
        return result
    }

    /// The rendered prompt, cut at the markers.
    func pieces(of rendered: String) -> [String] {
        rendered.unicodeScalars.split(separator: Self.marker).map { String($0) }
    }
}
