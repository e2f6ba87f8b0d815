import ChatFormats
import Grammar
import JSONText
import Vocabulary

/// Checks requests against a model and makes of them what the engine's thread needs. On the caller's task.
struct Admission<Tokenizer: Tokenizing>: Sendable {
    let tokenizer: Tokenizer
    let chat: ChatTemplate?
    let format: ChatFormat
    let options: EngineOptions
    let grammars: GrammarStore
    let tokenMemory = TokenMemory()

    /// A request that was let in, and how its answer is to be read.
    struct Admitted {
        var request: AdmittedRequest
        /// `nil` when the answer is text as it comes.
        let reading: ParserSetup?
    }

    /// Checks a request.
    ///
    /// A prompt that does not fit is refused with both numbers and never cut. A `newTokensMax` beyond the room that the
    /// prompt leaves is honoured as far as the room goes: the answer then ends with `length`.
    func admit(_ asked: GenerationRequest) throws(ServiceError) -> Admitted {
        let request = completed(asked)
        let prompt = try prompt(of: request)
        guard !prompt.tokens.isEmpty else {
            throw ServiceError(
                .invalidValue, "The prompt is empty.", hint: "Send at least one token of text.", parameter: "prompt")
        }
        let contextTokens = options.contextTokens
        guard prompt.tokens.count < contextTokens else {
            throw ServiceError(
                .contextLengthExceeded,
                "The prompt has \(prompt.tokens.count) tokens, and the model's context holds \(contextTokens).",
                hint: "Shorten the prompt, or serve the model with a larger context (`engine.contextTokens`).",
                parameter: request.prompt.field)
        }
        let room = contextTokens - prompt.tokens.count
        let tools = request.offeredTools
        let constraint = try grammars.constraint(
            for: request, tools: tools, format: format, opening: prompt.text.map(format.opening) ?? .undecided)
        let reading = try reading(request, tools: tools, prompt: prompt.text)
        let stops = request.stop + (tools.isEmpty ? [] : format.stops)
        let admitted = AdmittedRequest(
            id: request.id, model: request.model, prompt: prompt.tokens,
            newTokensMax: min(request.newTokensMax ?? room, room),
            sampling: try sampling(request), stop: stops.map { Array($0.utf8) }.filter { !$0.isEmpty },
            ignoresEnd: request.ignoresEnd, topLogprobs: request.topLogprobs, constraint: constraint,
            thinking: try thinking(request, prompt: prompt.text), adaptation: adaptation(request),
            scheduling: request.scheduling, cache: options.usesCache ? request.cache : CacheOptions(isUsed: false),
            isReproducible: request.isReproducible, identity: options.identity)
        return Admitted(request: admitted, reading: reading)
    }

    /// The request with the server's defaults where it says nothing.
    private func completed(_ asked: GenerationRequest) -> GenerationRequest {
        var request = asked
        if request.stop.isEmpty { request.stop = options.stopDefault }
        if options.ignoresEnd { request.ignoresEnd = true }
        if request.constraint == nil, request.offeredTools.isEmpty { request.constraint = options.constraintDefault }
        if let most = options.deadlineMax {
            request.scheduling.deadline = min(request.scheduling.deadline ?? most, most)
        }
        request.newTokensMax = request.newTokensMax ?? options.newTokensDefault
        let reasoning = options.reasoning
        request.reasoning.format = request.reasoning.format ?? reasoning.format
        request.reasoning.isEnabled = request.reasoning.isEnabled ?? reasoning.isEnabled
        request.reasoning.tokensMax = request.reasoning.tokensMax ?? reasoning.tokensMax
        request.reasoning.effort = request.reasoning.effort ?? reasoning.effort
        return request
    }

    /// The prompt as text.
    func promptText(of asked: GenerationRequest) throws(ServiceError) -> String {
        let request = completed(asked)
        guard case .chat(let messages, _) = request.prompt else {
            throw ServiceError(.invalidValue, "Only chats have a template.", parameter: "messages")
        }
        return try template(request).text(
            for: instructed(messages, request), tools: request.offeredTools, variables: variables(of: request),
            tokenizer: tokenizer)
    }

    /// The messages, with what the model must be told of its tools where its template does not tell.
    private func instructed(_ messages: [ChatMessage], _ request: GenerationRequest) -> [ChatMessage] {
        let text = format.instruction(
            tools: request.offeredTools, choice: request.toolChoice, isParallel: request.allowsParallelToolCalls ?? true
        )
        guard let text else { return messages }
        var messages = messages
        if let first = messages.first, first.role == .system || first.role == .developer {
            messages[0].text += "\n\n" + text
        } else {
            messages.insert(ChatMessage(.system, text), at: 0)
        }
        return messages
    }

    private func template(_ request: GenerationRequest) throws(ServiceError) -> ChatTemplate {
        guard let chat else {
            throw ServiceError(
                .unsupported, "This model has no chat template.",
                hint: "Use /v1/completions, or a model that was made for chats.", parameter: "messages")
        }
        return chat
    }

    private func variables(of request: GenerationRequest) -> JSONObject {
        var variables = options.templateVariables
        var reasoning = request.reasoning
        // A budget of nothing is a wish for no thinking.
        if reasoning.tokensMax == 0, reasoning.isEnabled == nil {
            reasoning.isEnabled = false
        }
        for (name, value) in format.templateVariables(reasoning) { variables[name] = value }
        for (name, value) in request.templateVariables { variables[name] = value }
        return variables
    }

    private func prompt(of request: GenerationRequest) throws(ServiceError) -> (tokens: [Int32], text: String?) {
        let tokenizer = RememberingTokenizer(base: tokenizer, memory: tokenMemory, tenant: request.scheduling.tenant)
        switch request.prompt {
        case .chat(let messages, _):
            let prompt = try template(request).prompt(
                for: instructed(messages, request), tools: request.offeredTools, variables: variables(of: request),
                tokenizer: tokenizer)
            return (prompt.tokens, prompt.text)
        case .text(let text):
            return (try tokenizer.tokens(of: text, addsSpecial: true, parsesSpecial: true), nil)
        case .tokens(let tokens):
            for (index, token) in tokens.enumerated() where !(0..<tokenizer.vocabularyCount).contains(Int(token)) {
                throw ServiceError(
                    .invalidValue,
                    "Token \(token) is not in the vocabulary; ids go from 0 to \(tokenizer.vocabularyCount - 1).",
                    parameter: "prompt[\(index)]")
            }
            return (tokens, nil)
        }
    }

    /// Texts of logit biases become tokens, and tokens are checked.
    private func sampling(_ request: GenerationRequest) throws(ServiceError) -> SamplingParameters {
        var sampling = request.sampling.over(options.samplingDefaults)
        var biases: [LogitBias] = []
        for bias in sampling.logitBias ?? [] {
            switch bias.target {
            case .token(let token):
                guard (0..<tokenizer.vocabularyCount).contains(Int(token)) else {
                    throw ServiceError(
                        .invalidValue,
                        "Token \(token) is not in the vocabulary; ids go from 0 to \(tokenizer.vocabularyCount - 1).",
                        parameter: "logit_bias")
                }
                biases.append(bias)
            case .text(let text):
                let tokens = try tokenizer.tokens(of: text, addsSpecial: false, parsesSpecial: true)
                biases += tokens.map { LogitBias(.token($0), bias: bias.bias) }
            }
        }
        sampling.logitBias = biases
        return sampling
    }

    private func adaptation(_ request: GenerationRequest) -> AdaptationPlan? {
        guard request.adaptsSampling else { return nil }
        let text =
            switch request.prompt {
            case .chat(let messages, _): messages.last { $0.role == .user }?.text ?? ""
            case .text(let text): text
            case .tokens: ""
            }
        return AdaptationPlan(prompt: text)
    }

    private func reading(
        _ request: GenerationRequest, tools: [ToolDefinition], prompt: String?
    ) throws(ServiceError) -> ParserSetup? {
        guard let prompt else { return nil }
        return ParserSetup(
            tools: tools, choice: request.toolChoice, reasoning: request.reasoning.format ?? .auto,
            opening: format.opening(ofPrompt: prompt), isParallel: request.allowsParallelToolCalls ?? true)
    }

    private func thinking(_ request: GenerationRequest, prompt: String?) throws(ServiceError) -> ThinkingPlan? {
        guard let prompt else { return nil }
        let tags: ThinkingTags
        let isOpen: Bool
        switch format.opening(ofPrompt: prompt) {
        case .answer: return nil
        case .thinking(let opened): (tags, isOpen) = (opened, true)
        case .undecided:
            (tags, isOpen) = (format.expectedThinking, false)
        }
        return ThinkingPlan(
            opening: Array(tags.start.utf8), closing: Array(tags.end.utf8), isOpen: isOpen,
            tokensMax: request.reasoning.tokensMax,
            endTokens: try tokenizer.tokens(of: "\n\(tags.end)\n\n", addsSpecial: false, parsesSpecial: true))
    }
}

extension GenerationRequest {
    /// The tools that the model is told of.
    var offeredTools: [ToolDefinition] {
        guard toolChoice != .none, case .chat(_, let tools) = prompt else { return [] }
        return tools
    }
}

extension GenerationRequest.Prompt {
    /// The request's field that this came from, for error messages.
    fileprivate var field: String { if case .chat = self { "messages" } else { "prompt" } }
}
