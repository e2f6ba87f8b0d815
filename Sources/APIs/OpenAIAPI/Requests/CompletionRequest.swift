import JSONText
import RequestScope
public import Vocabulary

/// One request as the client sent it: what to generate, and how to answer.
public struct CompletionRequest: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case chat
        case text
    }

    public var kind: Kind
    /// What to generate for the first prompt.
    public var generation: GenerationRequest
    /// The prompts after the first; a chat has none.
    public var otherPrompts: [GenerationRequest.Prompt] = []
    /// How many answers each prompt gets.
    public var choicesPerPrompt = 1
    public var isStreaming: Bool
    /// Whether a stream ends with a chunk that tells the usage.
    public var includesUsage: Bool
    /// The client knows calls of functions by their older name, `function_call`.
    public var usesFunctions = false
    /// The answer has llama-server's own shape.
    public var isNative = false
    public var wishes = AnswerWishes()
    /// What computes the answer, in `system_fingerprint`.
    public var fingerprint: String?

    /// Reads the body of `POST /v1/chat/completions`.
    ///
    /// - Parameters:
    ///   - body: JSON text.
    ///   - id: of the request.
    ///   - scheduling: what applies where the body says nothing.
    /// - Returns: a request that is well-formed.
    /// - Throws: a `ServiceError` with the path of what is wrong.
    public static func chat(
        _ body: [UInt8], id: RequestID, scheduling: SchedulingOptions = SchedulingOptions()
    ) throws(ServiceError) -> CompletionRequest {
        let fields = try RequestFields(body: body)
        do {
            let messages = try ChatFields.messages(fields.root.required("messages"))
            let tools = try ToolFields(fields.root)
            var request = try CompletionRequest(
                .chat, fields, id: id, prompt: .chat(messages, tools: tools.tools), scheduling: scheduling)
            request.usesFunctions = tools.isLegacy
            let ending = try ChatFields.ending(fields.root)
            if tools.choice != .auto || tools.allowsParallel != nil || ending != .automatic {
                request.generation.change { generation in
                    generation.toolChoice = tools.choice
                    generation.allowsParallelToolCalls = tools.allowsParallel
                    generation.ending = ending
                }
            }
            return request
        } catch {
            throw ServiceError(reading: error)
        }
    }

    /// Reads the body of `POST /v1/completions`.
    ///
    /// - Parameters:
    ///   - body: JSON text.
    ///   - id: of the request.
    ///   - scheduling: what applies where the body says nothing.
    /// - Returns: a request that is well-formed.
    /// - Throws: a `ServiceError` with the path of what is wrong.
    public static func text(
        _ body: [UInt8], id: RequestID, scheduling: SchedulingOptions = SchedulingOptions()
    ) throws(ServiceError) -> CompletionRequest {
        let fields = try RequestFields(body: body)
        do {
            let prompts = try EchoFields.prompts(fields.root)
            var request = try CompletionRequest(.text, fields, id: id, prompt: prompts[0], scheduling: scheduling)
            request.otherPrompts = Array(prompts.dropFirst())
            try EchoFields.read(fields.root, into: &request)
            try request.checkCount()
            return request
        } catch {
            throw ServiceError(reading: error)
        }
    }

    /// There is a bound for all prompts together.
    func checkCount() throws(JSONFieldError) {
        let count = (1 + otherPrompts.count) * choicesPerPrompt
        guard count <= RequestBounds.choicesMax else {
            throw JSONFieldError(
                path: "n",
                problem: "asks for \(count) answers over all prompts, at most \(RequestBounds.choicesMax) are allowed")
        }
    }

    /// A chat whose messages and tools were read from another dialect. Its tools, its bounds and what else has another
    /// name there is for the caller to set.
    ///
    /// - Parameters:
    ///   - messages: the chat.
    ///   - tools: what the model may call.
    ///   - fields: everything that has the same name in both.
    ///   - id: of the request.
    ///   - scheduling: what applies where the request says nothing.
    /// - Returns: what to generate.
    /// - Throws: the path of what is wrong.
    public static func chat(
        _ messages: [ChatMessage], tools: [ToolDefinition], fields: RequestFields, id: RequestID,
        scheduling: SchedulingOptions
    ) throws -> GenerationRequest {
        try CompletionRequest(.chat, fields, id: id, prompt: .chat(messages, tools: tools), scheduling: scheduling)
            .generation
    }

    init(
        _ kind: Kind, _ fields: RequestFields, id: RequestID, prompt: GenerationRequest.Prompt,
        scheduling: SchedulingOptions
    ) throws {
        self.kind = kind
        isStreaming = try fields.flag("stream") ?? false
        includesUsage = try fields.includesUsage()
        choicesPerPrompt = try fields.choicesPerPrompt()
        let variables = try fields.root.optional("chat_template_kwargs")
        let nexus = try NexusFields(fields.root, over: scheduling)
        var generation = GenerationRequest.Fields(
            id: id, model: try fields.model(), prompt: prompt, newTokensMax: try fields.newTokensMax(),
            sampling: try fields.sampling(), stop: try fields.stop(), templateVariables: try variables?.object() ?? [:])
        // Nothing of what follows is in most requests, and looking for each of it costs more than all that is there.
        guard fields.mayTellMore else {
            generation.scheduling = nexus.scheduling
            self.generation = GenerationRequest(generation)
            return
        }
        generation.ignoresEnd = try fields.flag("ignore_eos") ?? false
        generation.constraint = try ConstraintFields.constraint(fields.root)
        let lengths = try ConstraintFields.length(fields.root)
        if !lengths.isEmpty { generation.lengthLimits = lengths }
        generation.reasoning = try ReasoningFields.read(fields.root, variables: variables, nexus: nexus)
        generation.topLogprobs = try fields.topLogprobs(kind)
        generation.adapters = try AdapterFields.read(fields.root)
        generation.adaptsSampling = nexus.adaptsSampling
        generation.isReproducible = nexus.isReproducible
        generation.scheduling = nexus.scheduling
        let speculation = try SpeculationFields.read(fields.root)
        if speculation != SpeculationLimits() { generation.speculation = speculation }
        var cache = CacheOptions(isUsed: try fields.flag("cache_prompt") ?? true, scope: nexus.cacheScope)
        cache.answers = nexus.answers
        if cache != CacheOptions() { generation.cache = cache }
        try MemoryFields.read(fields.root, into: &generation)
        let lines = try LineLimitFields.read(fields.root)
        if lines != LineLimits() { generation.lineLimits = lines }
        generation.reports.promptTokens = nexus.tellsPromptLogprobs
        generation.compression = nexus.compression
        generation.reports.afterSampling = try fields.flag("post_sampling_probs") ?? false
        wishes = try AnswerWishes(fields.root)
        wishes.apply(to: &generation.reports, isStreaming: isStreaming)
        self.generation = GenerationRequest(generation)
        _ = try fields.root.optional("n_cache_reuse")?.integer(in: 0...RequestBounds.newTokensMax)
    }
}

extension CompletionRequest {
    /// Whether it asks for one answer to one prompt.
    var isSingle: Bool { otherPrompts.isEmpty && choicesPerPrompt == 1 }

    /// One generation for each choice: all of the first prompt, then all of the second, as OpenAI counts them.
    ///
    /// Where a seed was given, each prompt's first choice has it and the next ones those that follow, so that choices
    /// differ and can be had again.
    public var generations: [GenerationRequest] {
        guard !isSingle else { return [generation] }
        let prompts = [generation.prompt] + otherPrompts
        var all: [GenerationRequest] = []
        for (place, prompt) in prompts.enumerated() {
            for choice in 0..<choicesPerPrompt {
                var one = generation
                one.prompt = prompt
                one.id = generation.id.choice(place * choicesPerPrompt + choice)
                one.sampling.seed = generation.sampling.seed.map { $0 &+ UInt32(choice) }
                all.append(one)
            }
        }
        return all
    }
}

extension RequestID {
    /// The id of one choice: this id with the choice's number, cut where it would be too long.
    fileprivate func choice(_ index: Int) -> RequestID {
        let suffix = "-\(index)"
        return RequestID(text.prefix(Self.lengthMax - suffix.utf8.count) + suffix) ?? self
    }
}
