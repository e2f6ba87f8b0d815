import JSONText
import Vocabulary

/// The sampling parameters that are plain numbers, by llama-server's and OpenAI's names: one table for reading requests,
/// for writing them, and for the API's document.
///
/// Source of the names: `tools/server/README.md` and `server-schema.cpp` of llama.cpp. The ranges are ours where
/// llama-server has none.
enum SamplingTable {
    struct Entry<Value: Comparable & Sendable>: Sendable {
        /// The first is the one that we write.
        let names: [String]
        let range: ClosedRange<Value>
        let member: any WritableKeyPath<SamplingParameters, Value?> & Sendable

        init(
            _ names: String..., in range: ClosedRange<Value>,
            _ member: any WritableKeyPath<SamplingParameters, Value?> & Sendable
        ) {
            self.names = names
            self.range = range
            self.member = member
        }
    }

    static let numbers: [Entry<Double>] = [
        Entry("temperature", in: 0...10, \.temperature),
        Entry("dynatemp_range", in: 0...10, \.dynamicTemperatureRange),
        Entry("dynatemp_exponent", in: 0...100, \.dynamicTemperatureExponent),
        Entry("top_p", in: 0...1, \.topP),
        Entry("min_p", in: 0...1, \.minP),
        Entry("typical_p", "typ_p", in: 0...1, \.typicalP),
        Entry("top_n_sigma", in: -1_000...1_000, \.topNSigma),
        Entry("xtc_probability", in: 0...1, \.xtcProbability),
        Entry("xtc_threshold", in: 0...1, \.xtcThreshold),
        Entry("dry_multiplier", in: 0...100, \.dryMultiplier),
        Entry("dry_base", in: 1...100, \.dryBase),
        Entry("repeat_penalty", "repetition_penalty", in: 0.01...100, \.repetitionPenalty),
        Entry("presence_penalty", in: -100...100, \.presencePenalty),
        Entry("frequency_penalty", in: -100...100, \.frequencyPenalty),
        Entry("mirostat_tau", in: 0...100, \.mirostatTau),
        Entry("mirostat_eta", in: 0...10, \.mirostatEta),
        Entry("adaptive_target", in: -1...1, \.adaptiveTarget),
        Entry("adaptive_decay", in: 0...0.99, \.adaptiveDecay),
    ]

    static let integers: [Entry<Int>] = [
        // -1 is vLLM's word for all, 0 llama-server's.
        Entry("top_k", in: -1...RequestBounds.tokensMax, \.topK),
        Entry("dry_allowed_length", in: 0...RequestBounds.tokensMax, \.dryAllowedLength),
        Entry("dry_penalty_last_n", in: -1...RequestBounds.tokensMax, \.dryPenaltyLastN),
        Entry("repeat_last_n", "penalty_last_n", in: -1...RequestBounds.tokensMax, \.penaltyLastN),
        Entry("mirostat", in: 0...2, \.mirostat),
        Entry("min_keep", in: 0...RequestBounds.tokensMax, \.keepMin),
    ]

    static let names = Set(numbers.flatMap(\.names) + integers.flatMap(\.names))

    /// Whether a name is one of those that nearly every request has, none of which is here: to compare it with a few is
    /// quicker than to look it up.
    static func isOther(_ name: String) -> Bool { name == "messages" || name == "model" || name == "stream" }

    /// The parameters of a request; `nil` where it says nothing.
    static func read(_ root: JSONField) throws(JSONFieldError) -> SamplingParameters {
        var parameters = SamplingParameters()
        // Most requests name none of them, and have fewer members than there are names.
        let isNamed = root.value.object?.contains { !isOther($0.key) && names.contains($0.key) } ?? true
        guard isNamed else { return parameters }
        for entry in numbers {
            guard let field = try root.optional(firstOf: entry.names) else { continue }
            parameters[keyPath: entry.member] = try field.number(in: entry.range)
        }
        for entry in integers {
            guard let field = try root.optional(firstOf: entry.names) else { continue }
            parameters[keyPath: entry.member] = try field.integer(in: entry.range)
        }
        if parameters.topK == -1 { parameters.topK = 0 }
        return parameters
    }

    /// Adds what was said to a request for another server.
    static func write(_ parameters: SamplingParameters, to body: inout JSONObject) {
        for entry in numbers { body[entry.names[0]] = parameters[keyPath: entry.member].map(JSONValue.number) }
        for entry in integers { body[entry.names[0]] = parameters[keyPath: entry.member].map(JSONValue.whole) }
    }

    /// JSON Schemas by name.
    static var schemas: JSONObject {
        var schemas = JSONObject()
        for entry in numbers {
            for name in entry.names {
                schemas[name] = [
                    "type": "number", "minimum": .number(entry.range.lowerBound),
                    "maximum": .number(entry.range.upperBound),
                ]
            }
        }
        for entry in integers {
            for name in entry.names {
                schemas[name] = [
                    "type": "integer", "minimum": .whole(entry.range.lowerBound),
                    "maximum": .whole(entry.range.upperBound),
                ]
            }
        }
        return schemas
    }
}
