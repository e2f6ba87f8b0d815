import JSONText
import TestRandomness
import Vocabulary

@testable import OpenAIAPI

/// Requests and events of every shape.
struct RandomValues {
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    private mutating func chance() -> Bool { Bool.random(using: &random) }
    private mutating func number(_ range: ClosedRange<Int> = 0...1_000) -> Int { Int.random(in: range, using: &random) }
    private mutating func maybe<Value>(_ make: (inout Self) -> Value) -> Value? { chance() ? make(&self) : nil }
    private mutating func list<Value>(_ range: ClosedRange<Int>, _ make: (inout Self) -> Value) -> [Value] {
        var values: [Value] = []
        for _ in 0..<number(range) { values.append(make(&self)) }
        return values
    }
    private mutating func one<Value>(_ values: [Value]) -> Value { values[number(0...values.count - 1)] }

    private mutating func text() -> String {
        let pieces = ["a", "é", "\n", "\"", "\\", "\u{2028}", "😀", "\u{0}", "data: ", "\r\n", "</think>", "7"]
        return list(1...4) { $0.one(pieces) }.joined()
    }

    // MARK: Requests

    mutating func request() throws -> GenerationRequest {
        guard let id = RequestID("req_\(number())") else { throw ServiceError(.internalError, "the id is well-formed") }
        let isChat = chance()
        let tools = isChat ? list(0...2) { $0.tool() } : []
        var request = GenerationRequest(
            id: id, model: ModelID("m"), prompt: isChat ? .chat(list(1...4) { $0.message() }, tools: tools) : prompt(),
            newTokensMax: maybe { $0.number(1...9_999) }, sampling: sampling(), stop: list(0...2) { $0.text() },
            templateVariables: chance() ? ["x": .string(text())] : [:])
        request.ignoresEnd = chance()
        request.constraint = maybe { $0.constraint() }
        request.lengthLimits = LengthLimits(
            charactersMin: maybe { $0.number(0...9) }, charactersMax: maybe { $0.number(9...99) },
            wordsMin: maybe { $0.number(0...9) }, wordsMax: maybe { $0.number(9...99) })
        if isChat { request.toolChoice = toolChoice(tools) }
        if isChat { request.allowsParallelToolCalls = maybe { $0.chance() } }
        request.reasoning = ReasoningOptions(
            format: maybe { $0.one(ReasoningOptions.Format.allCases) }, isEnabled: maybe { $0.chance() },
            tokensMax: maybe { $0.number() }, budgetMessage: maybe { $0.text() },
            effort: maybe { $0.one(["low", "high"]) })
        if let isEnabled = request.reasoning.isEnabled, chance() {
            request.templateVariables["enable_thinking"] = .bool(isEnabled)
        }
        request.reports.tokens = chance()
        request.compression = maybe { $0.one([.off, .on, .budget($0.number(1...9_999))]) }
        request.topLogprobs = maybe { $0.number(0...40) }
        request.adaptsSampling = chance()
        request.isReproducible = chance()
        request.scheduling = SchedulingOptions(
            tenant: chance() ? .none : TenantID("té \(number())"), priority: one(Priority.allCases),
            weight: one([1, 0.5, 3.25]), deadline: maybe { .milliseconds($0.number(1...99_999)) },
            reportsProgress: chance())
        request.scheduling.slot = maybe { $0.number(0...99) }
        request.shift = ContextShift(
            kept: maybe { $0.chance() ? .prompt : .tokens($0.number()) }, discarded: maybe { $0.number(1...99) })
        request.cache = CacheOptions(isUsed: chance(), scope: one(CacheOptions.Scope.allCases))
        request.speculation = SpeculationLimits(
            tokensMax: maybe { $0.number(0...99) }, tokensMin: maybe { $0.number(0...9) },
            probabilityMin: maybe { Double($0.number(0...8)) / 8 })
        return request
    }

    private mutating func prompt() -> GenerationRequest.Prompt {
        chance() ? .text(text()) : .tokens(list(1...5) { Int32($0.number()) })
    }

    private mutating func tool() -> ToolDefinition {
        let name = text()
        return ToolDefinition(
            name: name,
            definition: ["type": "function", "function": ["name": .string(name), "parameters": ["a": 1.5]]])
    }

    private mutating func toolChoice(_ tools: [ToolDefinition]) -> ToolChoice {
        tools.isEmpty ? one([.auto, .none]) : one([.auto, .none, .required, .function(tools[0].name)])
    }

    private mutating func message() -> ChatMessage {
        ChatMessage(
            one(ChatMessage.Role.allCases), text(), reasoning: maybe { $0.text() },
            toolCalls: list(0...2) { ToolCall(id: $0.text(), name: $0.text(), arguments: $0.text()) },
            toolCallID: maybe { $0.text() }, name: maybe { $0.text() })
    }

    private mutating func constraint() -> OutputConstraint {
        one([
            .grammar(text()), .jsonObject, .regularExpression(text()), .jsonSchema(true),
            .jsonSchema(["type": "array", "maxItems": .integer(Int64(number())), "multipleOf": 0.5]),
        ])
    }

    private mutating func sampling() -> SamplingParameters {
        var sampling = SamplingParameters()
        for entry in SamplingTable.numbers where chance() {
            sampling[keyPath: entry.member] = Double.random(in: entry.range, using: &random)
        }
        for entry in SamplingTable.integers where chance() {
            sampling[keyPath: entry.member] = Int.random(in: entry.range, using: &random)
        }
        sampling.drySequenceBreakers = maybe { $0.list(0...3) { $0.text() } }
        sampling.logitBias = maybe { $0.list(0...3) { $0.bias() } }
        sampling.order = maybe { $0.list(0...5) { $0.one(SamplerKind.allCases) } }
        sampling.seed = maybe { UInt32.random(in: .min ... .max, using: &$0.random) }
        return sampling
    }

    private mutating func bias() -> LogitBias {
        LogitBias(
            chance() ? .token(Int32(number())) : .text(text()),
            bias: chance() ? -.infinity : Double.random(in: -100...100, using: &random))
    }

    // MARK: Events

    /// In the order in which an engine sends them: waiting first, one piece of logprobs before each piece of text.
    mutating func events() -> [GenerationEvent] {
        var events = list(0...3) { $0.waiting() }
        events.append(.started(GenerationStart(model: ModelID("m"), promptTokens: nil)))
        for _ in 0..<number(0...8) {
            if chance() { events.append(.logprobs(list(1...3) { $0.tokenLogprob() })) }
            events.append(said())
        }
        events += list(0...2) {
            .warning(GenerationWarning($0.one([.toolCallUnreadable, .constraintIncomplete]), $0.text()))
        }
        events.append(.finished(end()))
        return events
    }

    private mutating func waiting() -> GenerationEvent {
        guard chance() else { return .queued(position: number()) }
        return .promptProgress(
            PromptProgress(
                total: number(), cached: number(), processed: number(), elapsed: .microseconds(number(0...9_999_999))))
    }

    private mutating func said() -> GenerationEvent {
        switch number(0...2) {
        case 0: .text(text())
        case 1: .reasoning(text())
        default:
            .toolCall(
                ToolCallDelta(
                    index: number(0...3), id: maybe { $0.text() }, name: maybe { $0.text() }, arguments: text()))
        }
    }

    private mutating func tokenLogprob() -> TokenLogprob {
        TokenLogprob(chosen: alternative(), top: list(0...3) { $0.alternative() })
    }

    private mutating func alternative() -> TokenLogprob.Alternative {
        TokenLogprob.Alternative(
            token: Int32(number()), bytes: list(0...4) { UInt8($0.number(0...255)) },
            logprob: -Double.random(in: 0...20, using: &random))
    }

    private mutating func end() -> GenerationEnd {
        let (prompt, completion) = (number(), number())
        var end = GenerationEnd(
            reason: one([.stop, .length, .toolCalls]),
            usage: TokenUsage(
                promptTokens: prompt, completionTokens: completion, cachedTokens: number(0...prompt),
                reasoningTokens: number(0...completion)))
        end.timings = maybe { random in
            var timings = GenerationTimings(
                queue: .microseconds(random.number(0...9_999_999)), prefill: .microseconds(random.number()),
                decode: .microseconds(random.number(0...9_999_999)))
            timings.draftTokens = random.number()
            timings.acceptedDraftTokens = random.number(0...timings.draftTokens)
            return timings
        }
        end.cache = maybe { random in
            CacheReport(
                cachedTokens: random.number(), tier: random.one([.none, .memory, .ram, .disk]),
                firstDifference: random.maybe { $0.number() }, differenceText: random.maybe { $0.text() })
        }
        end.stopText = maybe { $0.text() }
        end.receipt = maybe { random in
            ReproductionReceipt(
                model: random.text(), template: random.maybe { $0.text() },
                seed: UInt32.random(in: .min ... .max, using: &random.random), build: random.text(),
                adapters: random.list(0...2) { .init(fingerprint: $0.text(), scale: Float($0.number(0...99)) / 8) })
        }
        end.adaptations = list(0...2) { random in
            SamplingAdaptation(
                atToken: random.number(), parameter: "temperature",
                before: Double.random(in: 0...2, using: &random.random),
                after: 0.1, reason: "factual")
        }
        return end
    }
}
