import Grammar
import Sampling
import Vocabulary

/// Chooses the tokens of one answer: the sampler, within what the request's constraint allows, with thinking kept to its
/// budget.
struct TokenWriter {
    let seed: UInt32
    private let vocabulary: EngineVocabulary
    private let topLogprobs: Int?
    /// Whether those are the probabilities that the samplers leave.
    private let tellsAfterSampling: Bool
    /// The last token that was sampled, with what else could have been.
    private var choice: TokenChoice?
    /// The request itself bans tokens.
    private let isRestricted: Bool
    private var sampler: TokenSampler
    private var constraint: ConstraintState
    private var thinking: ThinkingTracker
    /// Tokens that come next whatever the model says.
    private var forced: ArraySlice<Int32> = []
    private var adapter: SamplingAdapter?
    private(set) var adaptations: [SamplingAdaptation] = []
    private var mask = TokenMask(tokenCount: 0)

    /// - Throws: `ServiceError` about parameters that no sampler takes.
    init(_ request: AdmittedRequest, seed: UInt32, vocabulary: EngineVocabulary) throws(ServiceError) {
        self.seed = seed
        self.vocabulary = vocabulary
        topLogprobs = request.topLogprobs
        tellsAfterSampling = request.reports.afterSampling
        isRestricted = request.sampling.logitBias?.isEmpty == false || request.constraint != nil || request.ignoresEnd
        var parameters = request.sampling
        if let plan = request.adaptation {
            let adapter = SamplingAdapter(prompt: plan.prompt, requested: request.sampling)
            adaptations = adapter.first
            parameters = adapter.parameters
            self.adapter = adapter
        }
        do throws(SamplingError) {
            sampler = try TokenSampler(
                parameters, seed: seed, vocabulary: vocabulary.sampling,
                prompt: request.media.isEmpty ? request.prompt : request.prompt.filter { !StandIn.isStandIn($0) },
                banned: request.ignoresEnd ? Array(vocabulary.endTokens) : [])
        } catch {
            throw ServiceError(.invalidValue, "The sampling parameters cannot be used: \(error).")
        }
        thinking = ThinkingTracker(request.thinking)
        do throws(GrammarError) {
            constraint = try ConstraintState(request.constraint, isThinking: thinking.isOpen)
        } catch {
            throw Self.refusal(error)
        }
    }

    /// The answer may not end here by the request's constraint.
    var isIncomplete: Bool { !constraint.canEnd }
    /// Completion tokens that were thinking.
    var reasoningTokens: Int { thinking.count }
    private var warnings: [GenerationWarning] = []

    /// What went differently from what was asked for, since the last call.
    mutating func takeWarnings() -> [GenerationWarning] {
        defer { if !warnings.isEmpty { warnings = [] } }
        return warnings
    }

    /// Chooses the next token from the model's logits and takes it into the history.
    ///
    /// - Parameters:
    ///   - logits: one for each token of the vocabulary.
    ///   - maxima: the largest of each 64 of them, if they are known; see `ModelRuntime.logitMaxima(row:)`.
    ///   - scratch: memory for the choice.
    /// - Returns: the token, with what it adds to the text.
    /// - Throws: `ServiceError` when the logits are no numbers or nothing is allowed.
    mutating func choose(
        from logits: UnsafeBufferPointer<Float>, maxima: UnsafeBufferPointer<Float>?, _ scratch: SamplingScratch
    ) throws(ServiceError) -> WrittenToken {
        var id = if let next = forced.popFirst() { next } else { try sampled(logits, maxima, scratch) }
        if vocabulary.isEnd(id), constraint.isWaiting, var tokens = thinking.end()?[...], let first = tokens.popFirst()
        {
            // The model ends its thinking by ending the answer: what was asked for is still to come.
            id = first
            forced = tokens
        }
        let isEnd = vocabulary.isEnd(id)
        let bytes = isEnd ? [] : vocabulary.outputBytes(of: id)
        sampler.accept(id)
        if !isEnd { try follow(bytes) }
        var token = WrittenToken(id: id, bytes: bytes, isEnd: isEnd, endsConstraint: constraint.mustEnd)
        if tellsAfterSampling, topLogprobs != nil {
            token.logprob = drawn(id, bytes)
        } else if let topLogprobs {
            token.logprob = try logprob(of: id, bytes, logits, topLogprobs, scratch)
        }
        adapt(to: id)
        return token
    }

    private mutating func sampled(
        _ logits: UnsafeBufferPointer<Float>, _ maxima: UnsafeBufferPointer<Float>?, _ scratch: SamplingScratch
    ) throws(ServiceError) -> Int32 {
        do throws(SamplingError) {
            // Nearly always the first choice is allowed: the mask, which looks at the whole vocabulary, is made when it
            // is not. Choosing again among what is allowed gives every allowed token its due probability.
            let first = try choose(from: logits, maxima: maxima, mask: nil, scratch)
            if constraint.isFree { return first }
            let isEnd = vocabulary.isEnd(first)
            if constraint.allows(isEnd ? [] : vocabulary.outputBytes(of: first), isEnd: isEnd) { return first }
        } catch {
            throw failure(error)
        }
        do throws(GrammarError) {
            try constraint.fill(&mask, from: vocabulary.trie)
        } catch {
            throw Self.refusal(error)
        }
        do throws(SamplingError) {
            return try choose(from: logits, maxima: maxima, mask: mask.words, scratch)
        } catch {
            throw failure(error)
        }
    }

    private mutating func choose(
        from logits: UnsafeBufferPointer<Float>, maxima: UnsafeBufferPointer<Float>?, mask: [UInt64]?,
        _ scratch: SamplingScratch
    ) throws(SamplingError) -> Int32 {
        let count = tellsAfterSampling ? topLogprobs ?? 0 : 0
        let choice = try sampler.choose(
            from: logits, maxima: maxima, mask: mask, candidates: count, scratch: scratch)
        if tellsAfterSampling { self.choice = choice }
        return choice.token
    }

    /// How likely a token was among those that the samplers left; one that was forced was certain.
    private func drawn(_ id: Int32, _ bytes: [UInt8]) -> Vocabulary.TokenLogprob {
        let known = choice?.token == id ? choice : nil
        var logprob = Vocabulary.TokenLogprob(
            chosen: .init(token: id, bytes: bytes, logprob: known?.logprob ?? 0),
            top: (known?.candidates ?? []).map {
                .init(token: $0.token, bytes: vocabulary.outputBytes(of: $0.token), logprob: $0.logprob)
            })
        logprob.isAfterSampling = true
        return logprob
    }

    /// Takes a token's text into the constraint and the thinking.
    private mutating func follow(_ bytes: [UInt8]) throws(ServiceError) {
        let wasThinking = thinking.isOpen
        let verdict = thinking.take(bytes)
        do throws(GrammarError) {
            if constraint.holdsInThinking || (!wasThinking && !thinking.isOpen) { constraint.accept(bytes) }
            switch verdict {
            case .goesOn: break
            case .ended: try constraint.begin()
            case .isOverBudget(let tokens):
                forced = tokens[...]
                warnings.append(
                    GenerationWarning(
                        .reasoningBudget,
                        "The thinking reached its budget of \(thinking.tokensMax ?? 0) tokens and was ended."))
            }
        } catch {
            throw Self.refusal(error)
        }
    }

    private mutating func adapt(to id: Int32) {
        guard let changes = adapter?.observe(id), !changes.isEmpty, let parameters = adapter?.parameters else { return }
        adaptations += changes
        update(parameters)
    }

    private mutating func update(_ parameters: SamplingParameters) {
        do throws(SamplingError) {
            try sampler.update(parameters)
        } catch {
            preconditionFailure("adapted parameters stay within their ranges: \(error)")
        }
    }

    private func logprob(
        of id: Int32, _ bytes: [UInt8], _ logits: UnsafeBufferPointer<Float>, _ count: Int, _ scratch: SamplingScratch
    ) throws(ServiceError) -> Vocabulary.TokenLogprob {
        do throws(SamplingError) {
            let all = try TokenLogprobs(of: logits, chosen: id, count: count, scratch: scratch)
            return Vocabulary.TokenLogprob(
                chosen: .init(token: id, bytes: bytes, logprob: all.chosen),
                top: all.top.map {
                    .init(token: $0.token, bytes: vocabulary.outputBytes(of: $0.token), logprob: $0.logprob)
                })
        } catch {
            throw failure(error)
        }
    }

    private func failure(_ error: SamplingError) -> ServiceError {
        if case .nothingAllowed = error, isRestricted {
            return ServiceError(
                .invalidValue, "The request's biases and its constraint leave no token to choose.",
                hint: "Ban fewer tokens, or widen the constraint.", parameter: "logit_bias")
        }
        return ServiceError(
            .engineFailed, "The model's numbers leave no token to choose: \(error).",
            hint: "Send the request again; if it comes back, the model file is damaged.")
    }

    private static func refusal(_ error: GrammarError) -> ServiceError {
        ServiceError(
            .invalidValue, "The answer's constraint cannot be followed: \(error.message)",
            hint: "Simplify the grammar, the schema or the lengths.")
    }
}
