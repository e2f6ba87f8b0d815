public import Vocabulary

/// A request that fits the model: nothing behind it checks again. There is no other door than `admit`.
public struct AdmittedRequest: Sendable, Equatable {
    public let id: RequestID
    public let model: ModelID
    /// At least one token.
    public let prompt: [Int32]
    /// At least 1, and prompt and answer together fit the context.
    public let newTokensMax: Int
    /// With the model's defaults where the request said nothing.
    public let sampling: SamplingParameters
    /// UTF-8, none empty.
    public let stop: [[UInt8]]

    private init(
        id: RequestID, model: ModelID, prompt: [Int32], newTokensMax: Int, sampling: SamplingParameters, stop: [[UInt8]]
    ) {
        self.id = id
        self.model = model
        self.prompt = prompt
        self.newTokensMax = newTokensMax
        self.sampling = sampling
        self.stop = stop
    }

    /// Checks a request against a model.
    ///
    /// A prompt that does not fit is refused with both numbers and never cut. A `newTokensMax` beyond the room that the
    /// prompt leaves is honoured as far as the room goes: the answer then ends with `length`.
    public static func admit(
        _ request: GenerationRequest, tokenizer: some Tokenizing, chat: ChatTemplate?, contextTokens: Int,
        samplingDefaults: SamplingParameters = .standard
    ) throws(ServiceError) -> AdmittedRequest {
        let prompt = try tokens(of: request, tokenizer: tokenizer, chat: chat)
        guard !prompt.isEmpty else {
            throw ServiceError(
                .invalidValue, "The prompt is empty.", hint: "Send at least one token of text.", parameter: "prompt")
        }
        guard prompt.count < contextTokens else {
            throw ServiceError(
                .contextLengthExceeded,
                "The prompt has \(prompt.count) tokens, and the context of \(request.model) holds \(contextTokens).",
                hint: "Shorten the prompt, or serve the model with a larger context (`engine.contextTokens`).",
                parameter: request.prompt.field)
        }
        let room = contextTokens - prompt.count
        return AdmittedRequest(
            id: request.id, model: request.model, prompt: prompt,
            newTokensMax: min(request.newTokensMax ?? room, room), sampling: request.sampling.over(samplingDefaults),
            stop: request.stop.map { Array($0.utf8) }.filter { !$0.isEmpty })
    }

    private static func tokens(
        of request: GenerationRequest, tokenizer: some Tokenizing, chat: ChatTemplate?
    ) throws(ServiceError) -> [Int32] {
        switch request.prompt {
        case .chat(let messages, let tools):
            guard let chat else {
                throw ServiceError(
                    .unsupported, "\(request.model) has no chat template.",
                    hint: "Use /v1/completions, or a model that was made for chats.", parameter: "messages")
            }
            return try chat.tokens(
                for: messages, tools: tools, variables: request.templateVariables, tokenizer: tokenizer)
        case .text(let text):
            return try tokenizer.tokens(of: text, addsSpecial: true, parsesSpecial: true)
        case .tokens(let tokens):
            for (index, token) in tokens.enumerated() where !(0..<tokenizer.vocabularyCount).contains(Int(token)) {
                throw ServiceError(
                    .invalidValue,
                    "Token \(token) is not in the vocabulary; ids go from 0 to \(tokenizer.vocabularyCount - 1).",
                    parameter: "prompt[\(index)]")
            }
            return tokens
        }
    }
}

extension GenerationRequest.Prompt {
    /// The request's field that this came from, for error messages.
    fileprivate var field: String { if case .chat = self { "messages" } else { "prompt" } }
}
