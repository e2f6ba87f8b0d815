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

    /// How a prompt ends: where the answer begins, or in the middle of a message that is not rendered.
    public struct Ending: Sendable {
        var addsGenerationPrompt = true
        /// The last message, which the answer goes on from.
        var begun: ChatMessage?
        /// What stands between the rendered prompt and the text of `begun`.
        var opening: @Sendable (_ rendered: String, _ begun: ChatMessage) -> String = { _, _ in "" }

        /// Where the answer begins.
        public init() {}

        init(
            addsGenerationPrompt: Bool = true, begun: ChatMessage? = nil,
            opening: @escaping @Sendable (_ rendered: String, _ begun: ChatMessage) -> String = { _, _ in "" }
        ) {
            self.addsGenerationPrompt = addsGenerationPrompt
            self.begun = begun
            self.opening = opening
        }
    }

    /// The prompt of a chat, up to where the model's answer begins.
    public func text(
        for messages: [ChatMessage], tools: [ToolDefinition], variables: JSONObject, tokenizer: some Tokenizing,
        ending: Ending = Ending()
    ) throws(ServiceError) -> String {
        let messages = ending.begun == nil ? messages : messages.dropLast()
        let rendered = try render(
            .array(messages.map(Self.value)), tools: .array(tools.map(\.definition)), variables: variables,
            tokenizer: tokenizer, ending)
        guard let begun = ending.begun else { return rendered }
        return rendered + ending.opening(rendered, begun) + begun.text
    }

    private func render(
        _ messages: JSONValue, tools: JSONValue, variables: JSONObject, tokenizer: some Tokenizing, _ ending: Ending
    ) throws(ServiceError) -> String {
        var context = JSONObject()
        for (name, value) in variables { context[name] = value }
        context["messages"] = messages
        if tools != [] { context["tools"] = tools }
        // Fireworks' templates write the tools as one text under this name, without asking whether there are any.
        if context["functions"] == nil { context["functions"] = .string(tools == [] ? "" : tools.text) }
        context["add_generation_prompt"] = .bool(ending.addsGenerationPrompt)
        context["bos_token"] = .string(tokenizer.beginText)
        context["eos_token"] = .string(tokenizer.endText)
        return try render(context)
    }

    /// The prompt as text and as tokens.
    public func prompt(
        for messages: [ChatMessage], tools: [ToolDefinition], variables: JSONObject, tokenizer: some Tokenizing,
        ending: Ending = Ending()
    ) throws(ServiceError) -> (text: String, tokens: [Int32]) {
        let rendered = try pieces(
            for: messages, tools: tools, variables: variables, tokenizer: tokenizer, ending: ending)
        var tokens: [Int32] = []
        for (index, piece) in rendered.pieces.enumerated() {
            tokens += try tokenizer.tokens(
                of: piece, addsSpecial: index == 0 && !rendered.hasBegin, parsesSpecial: true)
        }
        return (rendered.text, tokens)
    }

    /// The prompt as text, and as texts that are to be tokenised apart from each other.
    ///
    /// Templates that write the begin token themselves must not get a second one: `hasBegin` tells.
    func pieces(
        for messages: [ChatMessage], tools: [ToolDefinition], variables: JSONObject, tokenizer: some Tokenizing,
        ending: Ending = Ending()
    ) throws(ServiceError) -> (text: String, pieces: [String], hasBegin: Bool) {
        let messages = ending.begun == nil ? messages : messages.dropLast()
        let guarded = ControlTextGuard(controlTexts: tokenizer.controlTexts)
        // What templates are given, not what clients sent: arguments of calls are JSON, whose escapes are read by now.
        var rendered = try render(
            guarded.protect(.array(messages.map(Self.value))),
            tools: guarded.protect(.array(tools.map(\.definition))), variables: variables, tokenizer: tokenizer, ending)
        if let begun = ending.begun { rendered += ending.opening(rendered, begun) + guarded.protect(begun.text) }
        let hasBegin = !tokenizer.beginText.isEmpty && rendered.hasPrefix(tokenizer.beginText)
        return (rendered, guarded.pieces(of: rendered), hasBegin)
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

/// Keeps the texts of control tokens inside messages and tools from becoming control tokens.
///
/// Texts are compared byte by byte: to `String`, the name of a control token with an accent on its last character is not
/// there; a tokenizer finds it.
struct ControlTextGuard: Sendable {
    /// A private-use character of plane 15, which texts in the wild do not carry; it is taken out of those that do.
    static let marker: Unicode.Scalar = "\u{F4CE5}"
    private static let markerBytes = Array(String(marker).utf8)

    /// UTF-8 by its first byte. Only texts of two or more characters can be split.
    private let controlTexts: [UInt8: [[UInt8]]]

    init(controlTexts: [String]) {
        let texts = controlTexts.filter { $0.unicodeScalars.count > 1 }.map { Array($0.utf8) }
        self.controlTexts = Dictionary(grouping: texts) { $0[0] }
    }

    /// All texts within a value, names of members too.
    func protect(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(protect(text))
        case .array(let elements): .array(elements.map(protect))
        case .object(let members): .object(JSONObject(members.map { (protect($0.key), protect($0.value)) }))
        case .null, .bool, .integer, .number: value
        }
    }

    /// Puts the marker after the first character of every control text, and takes out markers that were there.
    func protect(_ text: String) -> String {
        var bytes = Array(text.utf8)
        if text.unicodeScalars.contains(Self.marker) {
            bytes = text.unicodeScalars.filter { $0 != Self.marker }.flatMap { Array(String($0).utf8) }
        }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var markerAt: Int?
        for (index, byte) in bytes.enumerated() {
            if index == markerAt { result += Self.markerBytes }
            result.append(byte)
            guard let candidates = controlTexts[byte] else { continue }
            let rest = bytes[index...]
            if candidates.contains(where: rest.starts(with:)) { markerAt = index + Self.length(ofCharacter: byte) }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Bytes of the character that begins with this one.
    private static func length(ofCharacter first: UInt8) -> Int {
        first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    }

    /// The rendered prompt, cut at the markers.
    func pieces(of rendered: String) -> [String] {
        rendered.unicodeScalars.split(separator: Self.marker).map { String($0) }
    }
}
