public import JSONText
public import Vocabulary

/// How thinking is asked for: OpenAI's `reasoning_effort`, llama-server's `reasoning_format`, `thinking_budget_tokens`,
/// `reasoning_budget_message` and `chat_template_kwargs.enable_thinking`.
public enum ReasoningFields {
    /// A message takes the place of an answer's tokens.
    static let messageBytesMax = 4_096

    /// - Parameters:
    ///   - root: the request.
    ///   - variables: `chat_template_kwargs`, where `enable_thinking` stays: templates read it.
    ///   - nexus: our own members, which win.
    /// - Returns: what was said; `nil` members leave it to the server.
    /// - Throws: the path of what is wrong.
    static func read(_ root: JSONField, variables: JSONField?, nexus: NexusFields) throws(JSONFieldError)
        -> ReasoningOptions
    {
        var options = ReasoningOptions()
        if let format = try root.optional("reasoning_format") { options.format = try format.word() }
        // -1 is llama-server's word for no limit.
        let budget = try root.optional(firstOf: [
            "thinking_budget_tokens", "reasoning_budget_tokens", "reasoning_budget",
        ])
        options.tokensMax = try budget?.integer(in: -1...RequestBounds.newTokensMax).nilIfNegative
        options.budgetMessage = try root.optional("reasoning_budget_message")?.string(bytesIn: 0...messageBytesMax)
        let isEnabled = try variables?.optional("enable_thinking")?.bool()
        options.isEnabled = nexus.isThinking ?? isEnabled
        if let effort = try root.optional("reasoning_effort") { try note(effort: effort, in: &options) }
        return options
    }

    /// Notes how hard to think. `none` asks for no thinking, unless it was asked for by another name.
    ///
    /// - Parameters:
    ///   - effort: `low`, `medium`, `high`, or what the model's template knows.
    ///   - options: what was said so far.
    /// - Throws: when it is no such word.
    public static func note(effort: JSONField, in options: inout ReasoningOptions) throws(JSONFieldError) {
        let word = try effort.string(bytesIn: 1...64)
        if word != "none" {
            options.effort = word
        } else if options.isEnabled == nil {
            options.isEnabled = false
        }
    }

    /// Adds the options to a request for another server.
    ///
    /// - Returns: the member `thinking` of `nexus`, where no other server's name can say it.
    static func write(_ request: GenerationRequest, to body: inout JSONObject) -> Bool? {
        let options = request.reasoning
        guard options != ReasoningOptions() else { return nil }
        body["reasoning_format"] = options.format.map { .string($0.rawValue) }
        body["thinking_budget_tokens"] = options.tokensMax.map(JSONValue.whole)
        body["reasoning_budget_message"] = options.budgetMessage.map(JSONValue.string)
        body["reasoning_effort"] = options.effort.map(JSONValue.string)
        guard let isEnabled = options.isEnabled, request.templateVariables["enable_thinking"] != .bool(isEnabled) else {
            return nil
        }
        guard !isEnabled, options.effort == nil, request.templateVariables["enable_thinking"] == nil else {
            return isEnabled
        }
        body["reasoning_effort"] = "none"
        return nil
    }
}

extension Int {
    fileprivate var nilIfNegative: Int? { self < 0 ? nil : self }
}
