import JSONText
import Vocabulary

extension GenerationStart {
    /// What stands in `nexus` at the beginning of an answer, for those who must tell it before the end.
    var nexus: JSONValue? {
        guard let promptTokens else { return nil }
        var object: JSONObject = ["prompt_tokens": .whole(promptTokens)]
        object["cached_tokens"] = cachedTokens.map(JSONValue.whole)
        return .object(object)
    }

    init(model: ModelID, nexus: JSONValue?) {
        func count(_ name: String) -> Int? { nexus?[name].map { Optional($0).count } }
        self.init(model: model, promptTokens: count("prompt_tokens"), cachedTokens: count("cached_tokens"))
    }
}

extension LoadingStage {
    /// What stands in `nexus` while the model is loaded.
    var value: JSONValue {
        var object: JSONObject = ["stage": .string(name)]
        switch self {
        case .queued(let position): object["load_position"] = .whole(position)
        case .evicting(let other): object["evicting"] = .string(other)
        case .loading, .ready: break
        }
        return .object(object)
    }
}

extension GenerationEnd {
    /// What stands in `nexus` at the end of an answer.
    func nexus(warnings: [GenerationWarning] = []) -> JSONObject {
        var object = JSONObject()
        object["cache"] = cache?.value
        object["answer_cache"] = reuse?.value
        object["stop_text"] = stopText.map(JSONValue.string)
        object["receipt"] = receipt?.value
        if !adaptations.isEmpty { object["adaptations"] = .array(adaptations.map(\.value)) }
        if !warnings.isEmpty { object["warnings"] = .array(warnings.map(\.value)) }
        object["ensemble"] = ensemble?.value
        return object
    }
}

extension AnswerReuse {
    fileprivate var value: JSONValue {
        var object: JSONObject = [
            "kind": .string(kind.rawValue), "key": .string(key), "age_ms": .number(age.milliseconds),
        ]
        object["similarity"] = similarity.map(JSONValue.number)
        return .object(object)
    }
}

extension CacheReport {
    var value: JSONValue {
        var object: JSONObject = ["cached_tokens": .whole(cachedTokens), "tier": .string(tier.rawValue)]
        object["first_difference"] = firstDifference.map(JSONValue.whole)
        object["difference_text"] = differenceText.map(JSONValue.string)
        return .object(object)
    }

    init(_ value: JSONValue) {
        self.init(
            cachedTokens: value["cached_tokens"].count,
            tier: value["tier"]?.string.flatMap(Tier.init(rawValue:)) ?? .none,
            firstDifference: value["first_difference"].map { Optional($0).count },
            differenceText: value["difference_text"]?.string)
    }
}

extension ReproductionReceipt {
    var value: JSONValue {
        var object: JSONObject = [
            "model": .string(model), "template": template.map(JSONValue.string) ?? .null,
            "seed": .integer(Int64(seed)), "build": .string(build),
        ]
        if !adapters.isEmpty {
            object["adapters"] = .array(
                adapters.map { ["fingerprint": .string($0.fingerprint), "scale": .number(Double($0.scale))] })
        }
        return .object(object)
    }

    init(_ value: JSONValue) {
        self.init(
            model: value["model"]?.string ?? "", template: value["template"]?.string,
            seed: UInt32(clamping: value["seed"]?.integer ?? 0), build: value["build"]?.string ?? "",
            adapters: (value["adapters"]?.array ?? []).map {
                Adapter(fingerprint: $0["fingerprint"]?.string ?? "", scale: Float($0["scale"]?.double ?? 0))
            })
    }
}

extension SamplingAdaptation {
    var value: JSONValue {
        [
            "at_token": .whole(atToken), "parameter": .string(parameter), "before": .number(before),
            "after": .number(after), "reason": .string(reason),
        ]
    }

    init(_ value: JSONValue) {
        self.init(
            atToken: value["at_token"].count, parameter: value["parameter"]?.string ?? "",
            before: value["before"]?.double ?? 0, after: value["after"]?.double ?? 0,
            reason: value["reason"]?.string ?? "")
    }
}

extension EnsembleReport {
    /// What each member brought, and what it cost.
    var value: JSONValue {
        var object: JSONObject = ["name": .string(name), "method": .string(method)]
        object["chosen"] = chosen.map(JSONValue.string)
        object["agreement"] = agreement.map(Self.rounded)
        object["members"] = .array(
            members.map { member in
                var told: JSONObject = [
                    "model": .string(member.model), "weight": .number(member.weight),
                    "prompt_tokens": .whole(member.usage.promptTokens),
                    "completion_tokens": .whole(member.usage.completionTokens),
                    "duration_ms": .number((member.duration / .microseconds(1)).rounded() / 1_000),
                ]
                told["error"] = member.failure.map(JSONValue.string)
                told["score"] = member.score.map(Self.rounded)
                told["mean_logprob"] = member.meanLogprob.map(Self.rounded)
                told["grade"] = member.grade.map(Self.rounded)
                return .object(told)
            })
        if let judging {
            object["judge"] = [
                "prompt_tokens": .whole(judging.promptTokens), "completion_tokens": .whole(judging.completionTokens),
            ]
        }
        return .object(object)
    }

    private static func rounded(_ value: Double) -> JSONValue { .number((value * 10_000).rounded() / 10_000) }
}

extension GenerationWarning {
    var value: JSONValue { ["code": .string(code.rawValue), "message": .string(message)] }

    /// `nil` for codes that this version does not know.
    init?(_ value: JSONValue) {
        guard let code = value["code"]?.string.flatMap(Code.init(rawValue:)) else { return nil }
        self.init(code, value["message"]?.string ?? "")
    }
}
