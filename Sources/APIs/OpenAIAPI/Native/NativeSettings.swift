public import JSONText
public import Vocabulary

/// llama-server's names for what an answer is written with: `generation_settings` of an answer, and what `GET /props` tells.
public enum NativeSettings {
    /// llama-server's number for a seed by chance.
    static let seedByChance = Int64(UInt32.max)

    /// The settings of sampling, where every member was said.
    ///
    /// - Parameters:
    ///   - sampling: with the server's defaults.
    ///   - newTokensMax: `nil` is as many as fit.
    ///   - ignoresEnd: whether the model's own end is never chosen.
    /// - Returns: members in llama-server's order.
    public static func sampling(
        _ sampling: SamplingParameters, newTokensMax: Int?, ignoresEnd: Bool
    ) -> JSONObject {
        let all = sampling.over(.standard)
        var object: JSONObject = ["seed": .integer(all.seed.map(Int64.init) ?? seedByChance)]
        SamplingTable.write(all, to: &object)
        object["samplers"] = .array((all.order ?? []).map { .string($0.rawValue) })
        let most = JSONValue.whole(newTokensMax ?? -1)
        object["max_tokens"] = most
        object["n_predict"] = most
        object["n_keep"] = 0
        object["n_discard"] = 0
        object["ignore_eos"] = .bool(ignoresEnd)
        return object
    }

    /// The settings of one answer.
    ///
    /// - Parameters:
    ///   - details: what the engine told of them.
    ///   - request: what was asked for.
    /// - Returns: an object with llama-server's names.
    static func value(_ details: GenerationDetails, _ request: CompletionRequest) -> JSONValue {
        let generation = request.generation
        var object = sampling(
            details.sampling, newTokensMax: details.newTokensMax, ignoresEnd: !details.bannedEnds.isEmpty)
        object["dry_sequence_breakers"] = .array((details.sampling.drySequenceBreakers ?? []).map(JSONValue.string))
        object["stop"] = .array(details.stop.map(JSONValue.string))
        object["stream"] = .bool(request.isStreaming)
        object["logit_bias"] = .array(biases(details))
        object["n_probs"] = .whole(generation.topLogprobs ?? 0)
        object["grammar"] = .string(grammar(details.constraint))
        object["grammar_lazy"] = false
        object["grammar_triggers"] = []
        object["preserved_tokens"] = []
        object["chat_format"] = .string(details.format)
        object["reasoning_format"] = .string((details.reasoning.format ?? .auto).rawValue)
        object["reasoning_in_content"] = false
        object["generation_prompt"] = ""
        object["timings_per_token"] = .bool(request.wishes.tellsTimings)
        object["post_sampling_probs"] = .bool(generation.reports.afterSampling)
        object["backend_sampling"] = false
        object["n_indent"] = .whole(generation.lineLimits.indentation)
        object["cache_prompt"] = .bool(generation.cache.isUsed)
        return .object(object)
    }

    /// Tokens and what is added to them; `null` is minus infinity.
    private static func biases(_ details: GenerationDetails) -> [JSONValue] {
        let said = (details.sampling.logitBias ?? []).compactMap { bias -> JSONValue? in
            guard case .token(let token) = bias.target else { return nil }
            return ["bias": bias.bias.isFinite ? .number(bias.bias) : .null, "token": .integer(Int64(token))]
        }
        return said + details.bannedEnds.map { ["bias": .null, "token": .integer(Int64($0))] }
    }

    private static func grammar(_ constraint: OutputConstraint?) -> String {
        if case .grammar(let text) = constraint { text } else { "" }
    }
}
