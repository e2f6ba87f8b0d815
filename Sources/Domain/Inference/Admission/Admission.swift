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
        /// What it is written with, when somebody wants to know.
        let details: GenerationDetails?
    }

    /// Checks a request.
    ///
    /// A prompt that does not fit is refused with both numbers and never cut. A `newTokensMax` beyond the room that the
    /// prompt leaves is honoured as far as the room goes: the answer then ends with `length`.
    func admit(_ asked: GenerationRequest) throws(ServiceError) -> Admitted {
        let request = completed(asked)
        let prompt = try prompt(of: request)
        let media = try checked(prompt.media, request)
        guard !prompt.tokens.isEmpty else {
            throw ServiceError(
                .invalidValue, "The prompt is empty.", hint: "Send at least one token of text.", parameter: "prompt")
        }
        let contextTokens = options.contextTokens
        guard prompt.tokens.count < contextTokens else { throw tooLong(prompt.tokens.count, request) }
        if let slot = request.scheduling.slot { try checkSlot(slot, parameter: "id_slot") }
        let room = contextTokens - prompt.tokens.count
        let tools = request.offeredTools
        let constraint = try grammars.constraint(
            for: request, tools: tools, format: format, opening: prompt.text.map(format.opening) ?? .undecided)
        let reading = try reading(request, tools: tools, prompt: prompt.text)
        let stops = request.stop + (tools.isEmpty ? [] : format.stops)
        // After an image a place in the list of tokens is not a position, and positions are what moves.
        let shift = media.prompt.isEmpty ? try shiftPolicy(request, promptCount: prompt.tokens.count) : nil
        var admitted = AdmittedRequest(
            id: request.id, model: request.model, prompt: prompt.tokens,
            newTokensMax: shift == nil ? min(request.newTokensMax ?? room, room) : request.newTokensMax ?? .max,
            sampling: try sampling(request), stop: stops.map { Array($0.utf8) }.filter { !$0.isEmpty },
            ignoresEnd: request.ignoresEnd, topLogprobs: request.topLogprobs, constraint: constraint,
            thinking: try thinking(request, prompt: prompt.text), adaptation: adaptation(request),
            scheduling: request.scheduling,
            cache: options.usesCache && !request.reports.promptTokens ? request.cache : CacheOptions(isUsed: false),
            isReproducible: request.isReproducible, lineLimits: request.lineLimits, reports: request.reports,
            identity: options.identity, speculation: request.speculation)
        admitted.media = media.prompt
        if !media.canBeKept { admitted.cache.isUsed = false }
        admitted.shift = shift
        admitted.compression = try compression(request, hasMedia: !media.prompt.isEmpty)
        admitted.newTokensAsked = request.newTokensMax
        let details = request.reports.details ? details(of: request, admitted) : nil
        return Admitted(request: admitted, reading: reading, details: details)
    }

    private func tooLong(_ count: Int, _ request: GenerationRequest) -> ServiceError {
        var error = ServiceError(
            .contextLengthExceeded,
            "The prompt has \(count) tokens, which exceeds the available context size of \(options.contextTokens) tokens.",
            hint: "Shorten the prompt, or serve the model with a larger context (`engine.contextTokens`).",
            parameter: request.prompt.field)
        error.excess = ContextExcess(promptTokens: count, contextTokens: options.contextTokens)
        return error
    }

    /// How a request goes on when its context is full. One that is computed by itself always ends there: what it says must
    /// not depend on how large the context is.
    private func shiftPolicy(_ request: GenerationRequest, promptCount: Int) throws(ServiceError) -> ShiftPolicy? {
        guard let fallback = options.contextShift, !request.isReproducible else { return nil }
        let begin = try tokenizer.tokens(of: "", addsSpecial: true, parsesSpecial: false)
        return ShiftPolicy(
            request.shift, over: fallback, promptCount: promptCount, hasBegin: !begin.isEmpty,
            contextTokens: options.contextTokens)
    }

    /// Refuses slots that there are not.
    func checkSlot(_ slot: Int, parameter: String) throws(ServiceError) {
        guard !(0..<options.sequencesMax).contains(slot) else { return }
        throw ServiceError(
            .invalidValue, "There is no slot \(slot): slots go from 0 to \(options.sequencesMax - 1).",
            hint: "Leave the slot out, or serve the model with more parallel sequences.", parameter: parameter)
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
        request.reasoning.budgetMessage = request.reasoning.budgetMessage ?? reasoning.budgetMessage
        request.reasoning.effort = request.reasoning.effort ?? reasoning.effort
        return request
    }

    /// The prompt as text.
    func promptText(of asked: GenerationRequest) throws(ServiceError) -> String {
        let request = completed(asked)
        guard case .chat(let messages, _) = request.prompt else {
            throw ServiceError(.invalidValue, "Only chats have a template.", parameter: "messages")
        }
        let marked = MediaMarks.marked(instructed(messages, request))
        let text = try template(request).text(
            for: marked.messages, tools: request.offeredTools, variables: variables(of: request), tokenizer: tokenizer,
            ending: try ending(of: request, marked.messages))
        return MediaMarks.shown(text)
    }

    /// Tokens of the prompt, whether it fits or not.
    func countTokens(of asked: GenerationRequest) throws(ServiceError) -> Int {
        try prompt(of: completed(asked)).tokens.count
    }

    /// The messages, with what the model must be told of its tools where its template does not tell.
    func instructed(_ messages: [ChatMessage], _ request: GenerationRequest) -> [ChatMessage] {
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

    func template(_ request: GenerationRequest) throws(ServiceError) -> ChatTemplate {
        guard let chat else {
            throw ServiceError(
                .unsupported, "This model has no chat template.",
                hint: "Use /v1/completions, or a model that was made for chats.", parameter: "messages")
        }
        return chat
    }

    func variables(of request: GenerationRequest) -> JSONObject {
        var variables = options.templateVariables
        var reasoning = request.reasoning
        // A budget of nothing is a wish for no thinking.
        if reasoning.tokensMax == 0, reasoning.isEnabled == nil {
            reasoning.isEnabled = false
        }
        // Some templates take silence for no; a model that can think does, unless somebody says otherwise.
        if variables["enable_thinking"] == nil { variables["enable_thinking"] = true }
        for (name, value) in format.templateVariables(reasoning) { variables[name] = value }
        for (name, value) in request.templateVariables { variables[name] = value }
        return variables
    }

    private func prompt(of request: GenerationRequest) throws(ServiceError) -> PromptTokens {
        let tokenizer = RememberingTokenizer(base: tokenizer, memory: tokenMemory, tenant: request.scheduling.tenant)
        switch request.prompt {
        case .chat(let messages, _):
            if messages.contains(where: \.hasMedia) { return try mediaChat(messages, request) }
            let prompt = try template(request).prompt(
                for: instructed(messages, request), tools: request.offeredTools, variables: variables(of: request),
                tokenizer: tokenizer, ending: try ending(of: request, messages))
            return PromptTokens(tokens: prompt.tokens, text: prompt.text)
        case .text(let text):
            return PromptTokens(tokens: try tokenizer.tokens(of: text, addsSpecial: true, parsesSpecial: true))
        case .parts(let parts):
            return PromptTokens(try reader(of: parts.media).pieces(of: parts, addsSpecial: true))
        case .tokens(let tokens):
            for (index, token) in tokens.enumerated() { try check(token, parameter: "prompt[\(index)]") }
            return PromptTokens(tokens: tokens)
        case .pieces(let pieces):
            return PromptTokens(tokens: try self.tokens(of: pieces, addsSpecial: true, parameter: "prompt"))
        case .infill(let infill): return PromptTokens(tokens: try tokens(of: infill, request))
        }
    }

    /// Texts of logit biases become tokens, and tokens are checked.
    private func sampling(_ request: GenerationRequest) throws(ServiceError) -> SamplingParameters {
        var sampling = request.sampling.over(options.samplingDefaults)
        var biases: [LogitBias] = []
        for bias in sampling.logitBias ?? [] {
            switch bias.target {
            case .token(let token):
                try check(token, parameter: "logit_bias")
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
            case .parts(let parts): parts.text
            case .tokens, .pieces, .infill: ""
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
            endTokens: try tokenizer.tokens(of: "\n\(tags.end)\n\n", addsSpecial: false, parsesSpecial: true),
            messageTokens: try tokenizer.tokens(
                of: request.reasoning.budgetMessage ?? "", addsSpecial: false, parsesSpecial: false))
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
