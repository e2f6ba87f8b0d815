import HTTPServing
import JSONText
import Testing
import Vocabulary

@testable import OpenAIAPI

/// Each field of a request: what it may say, and what is wrong with it when it may not.
@Suite struct RequestFieldsTests {
    static func read(_ rest: String, chat: Bool = true) throws -> CompletionRequest {
        let id = try #require(RequestID("req_abc"))
        let start = chat ? #"{"messages":[{"role":"user","content":"hi"}]"# : #"{"prompt":"hi""#
        let body = Array((start + (rest.isEmpty ? "" : "," + rest) + "}").utf8)
        return try chat ? CompletionRequest.chat(body, id: id) : CompletionRequest.text(body, id: id)
    }

    @Test func `every sampling parameter is read by llama-server's name`() throws {
        let sampling = try Self.read(
            #"""
            "temperature":0.5,"dynatemp_range":0.25,"dynatemp_exponent":2,"top_k":3,"top_p":0.9,"min_p":0.1,
            "typical_p":0.75,"top_n_sigma":1.5,"xtc_probability":0.5,"xtc_threshold":0.2,"dry_multiplier":0.8,
            "dry_base":1.5,"dry_allowed_length":4,"dry_penalty_last_n":-1,"dry_sequence_breakers":["\n","*"],
            "repeat_penalty":1.1,"repeat_last_n":32,"presence_penalty":-0.5,"frequency_penalty":0.25,"mirostat":2,
            "mirostat_tau":4,"mirostat_eta":0.2,"adaptive_target":0.6,"adaptive_decay":0.5,
            "logit_bias":[[7,1.5],["no",false]],"min_keep":2,"samplers":["top_k","temperature"],"seed":42
            """#
        ).generation.sampling
        var expected = SamplingParameters(temperature: 0.5, topP: 0.9, topK: 3, minP: 0.1, seed: 42)
        expected.dynamicTemperatureRange = 0.25
        expected.dynamicTemperatureExponent = 2
        expected.typicalP = 0.75
        expected.topNSigma = 1.5
        expected.xtcProbability = 0.5
        expected.xtcThreshold = 0.2
        expected.dryMultiplier = 0.8
        expected.dryBase = 1.5
        expected.dryAllowedLength = 4
        expected.dryPenaltyLastN = -1
        expected.drySequenceBreakers = ["\n", "*"]
        expected.repetitionPenalty = 1.1
        expected.penaltyLastN = 32
        expected.presencePenalty = -0.5
        expected.frequencyPenalty = 0.25
        expected.mirostat = 2
        expected.mirostatTau = 4
        expected.mirostatEta = 0.2
        expected.adaptiveTarget = 0.6
        expected.adaptiveDecay = 0.5
        expected.logitBias = [LogitBias(.token(7), bias: 1.5), LogitBias(.text("no"), bias: -.infinity)]
        expected.keepMin = 2
        expected.order = [.topK, .temperature]
        #expect(sampling == expected)
    }

    @Test func `other names of the same are read, too`() throws {
        #expect(try Self.read(#""typ_p":0.5"#).generation.sampling.typicalP == 0.5)
        #expect(try Self.read(#""repetition_penalty":1.5"#).generation.sampling.repetitionPenalty == 1.5)
        for name in ["max_tokens", "max_completion_tokens", "n_predict"] {
            #expect(try Self.read(#""\#(name)":7"#).generation.newTokensMax == 7)
        }
        #expect(try Self.read(#""max_tokens":9,"max_completion_tokens":7"#).generation.newTokensMax == 7)
        #expect(try Self.read(#""max_tokens":9,"n_predict":7"#).generation.newTokensMax == 7)
        for name in ["max_tokens", "n_predict"] {
            #expect(try Self.read(#""\#(name)":-1"#).generation.newTokensMax == nil)
            #expect(try Self.read(#""\#(name)":0"#).generation.newTokensMax == 0)
        }
        #expect(try Self.read(#""top_k":-1"#).generation.sampling.topK == 0)
        #expect(try Self.read(#""samplers":["tfs_z","top_k"]"#).generation.sampling.order == [.topK])
        #expect(try Self.read(#""seed":-1"#).generation.sampling.seed == nil)
        #expect(try Self.read(#""n_cmpl":3"#).choicesPerPrompt == 3)
        #expect(try Self.read(#""n":3,"best_of":3"#).choicesPerPrompt == 3)
    }

    @Test func `a request that says nothing leaves everything to the server`() throws {
        let request = try Self.read("")
        let generation = try GenerationRequest(
            id: #require(RequestID("req_abc")), model: ModelID(""),
            prompt: .chat([ChatMessage(.user, "hi")], tools: []))
        #expect(request.generation == generation)
        #expect(request.choicesPerPrompt == 1 && !request.isStreaming && !request.includesUsage)
    }

    @Test(arguments: [
        (#"["dry","top-k","nucleus","typ","temp"]"#, [SamplerKind.dry, .topK, .topP, .typicalP, .temperature]),
        (#""edskypmxt""#, SamplerKind.standardOrder), (#""top_k;min_p ; temperature""#, [.topK, .minP, .temperature]),
        (#""xtc""#, [.xtc]), ("[]", []), (#"["top_k","top_k"]"#, [.topK, .topK]), (#""ia""#, [.infill, .adaptiveP]),
    ])
    func `the order of samplers comes as names or letters`(json: String, order: [SamplerKind]) throws {
        #expect(try Self.read(#""samplers":\#(json)"#).generation.sampling.order == order)
    }

    @Test(arguments: [
        (#"{"15":-100,"16":2.5}"#, [LogitBias(.token(15), bias: -100), LogitBias(.token(16), bias: 2.5)]),
        (#"{"Hello":1,"7":false}"#, [LogitBias(.text("Hello"), bias: 1), LogitBias(.token(7), bias: -.infinity)]),
        (#"[[15,1],["15",2]]"#, [LogitBias(.token(15), bias: 1), LogitBias(.text("15"), bias: 2)]), ("{}", []),
    ])
    func `biases come in OpenAI's form and in llama-server's`(json: String, biases: [LogitBias]) throws {
        #expect(try Self.read(#""logit_bias":\#(json)"#).generation.sampling.logitBias == biases)
    }

    @Test(
        arguments: [
            (#""response_format":{"type":"text"}"#, nil),
            (#""response_format":{"type":"json_object"}"#, OutputConstraint.jsonObject),
            (#""response_format":{"type":"json_object","schema":{"type":"array"}}"#, .jsonSchema(["type": "array"])),
            (
                #""response_format":{"type":"json_schema","json_schema":{"name":"x","strict":true,"schema":{"a":1}}}"#,
                .jsonSchema(["a": 1])
            ),
            (#""response_format":{"type":"json_schema","schema":true}"#, .jsonSchema(true)),
            (#""json_schema":{}"#, .jsonSchema([:])), (#""grammar":"root ::= \"a\"""#, .grammar("root ::= \"a\"")),
            (#""grammar":"""#, nil), (#""regex":"a+""#, .regularExpression("a+")),
        ] as [(String, OutputConstraint?)])
    func `constraints come by several names`(json: String, constraint: OutputConstraint?) throws {
        #expect(try Self.read(json).generation.constraint == constraint)
        #expect(try Self.read(json, chat: false).generation.constraint == constraint)
    }

    @Test func `logprobs are asked for in three ways`() throws {
        func top(_ json: String, chat: Bool) throws -> Int? { try Self.read(json, chat: chat).generation.topLogprobs }
        #expect(try top(#""logprobs":true"#, chat: true) == 0)
        #expect(try top(#""logprobs":true,"top_logprobs":20"#, chat: true) == 20)
        #expect(try top(#""logprobs":false,"top_logprobs":0"#, chat: true) == nil)
        #expect(try top(#""logprobs":0"#, chat: false) == 0)
        #expect(try top(#""logprobs":5"#, chat: false) == 5)
        #expect(try top(#""logprobs":false"#, chat: false) == nil)
        for isChat in [true, false] {
            #expect(try top(#""n_probs":100"#, chat: isChat) == 100)
            #expect(try top(#""n_probs":0"#, chat: isChat) == nil)
        }
    }

    @Test func `thinking is asked for by every name in use`() throws {
        func reasoning(_ json: String) throws -> ReasoningOptions { try Self.read(json).generation.reasoning }
        #expect(try reasoning(#""reasoning_effort":"high""#) == ReasoningOptions(effort: "high"))
        #expect(try reasoning(#""reasoning_effort":"none""#) == ReasoningOptions(isEnabled: false))
        #expect(try reasoning(#""reasoning_format":"deepseek""#) == ReasoningOptions(format: .deepseek))
        #expect(try reasoning(#""reasoning_budget":0"#) == ReasoningOptions(tokensMax: 0))
        #expect(try reasoning(#""thinking_budget_tokens":-1"#) == ReasoningOptions())
        #expect(
            try reasoning(#""reasoning_budget_message":"enough","reasoning_budget":3"#)
                == ReasoningOptions(tokensMax: 3, budgetMessage: "enough"))
        #expect(try reasoning(#""nexus":{"thinking":true},"reasoning_effort":"none""#).isEnabled == true)
        let request = try Self.read(#""chat_template_kwargs":{"enable_thinking":false,"x":1}"#).generation
        #expect(request.reasoning == ReasoningOptions(isEnabled: false))
        #expect(request.templateVariables == ["enable_thinking": false, "x": 1])
    }

    @Test func `the member nexus says who asks, how urgently, and what for`() throws {
        let request = try Self.read(
            #"""
            "cache_prompt":false,"return_progress":true,"length":{"min_words":1,"max_words":9,"max_characters":80},
            "ignore_eos":true,
            "nexus":{"tenant":"red","priority":"high","weight":2.5,"deadline_ms":1500,"cache_scope":"shared",
                     "adaptive_sampling":true,"reproducible":true}
            """#
        ).generation
        #expect(
            request.scheduling
                == SchedulingOptions(
                    tenant: TenantID("red"), priority: .high, weight: 2.5, deadline: .milliseconds(1500),
                    reportsProgress: true))
        #expect(request.cache == CacheOptions(isUsed: false, scope: .shared))
        #expect(request.adaptsSampling && request.isReproducible && request.ignoresEnd)
        #expect(request.lengthLimits == LengthLimits(charactersMax: 80, wordsMin: 1, wordsMax: 9))
        #expect(try Self.read(#""nexus":{"progress":true}"#).generation.scheduling.reportsProgress)
    }

    @Test func `headers say who asks where the body does not`() throws {
        let headers = try NexusFields.scheduling(["x-nexus-tenant": "blue", "X-Nexus-Priority": "Low"])
        #expect(headers == SchedulingOptions(tenant: TenantID("blue"), priority: .low))
        let id = try #require(RequestID("r"))
        let body = Array(#"{"prompt":"x","nexus":{"priority":"critical"}}"#.utf8)
        let request = try CompletionRequest.text(body, id: id, scheduling: headers)
        #expect(request.generation.scheduling == SchedulingOptions(tenant: TenantID("blue"), priority: .critical))
        let error = #expect(throws: ServiceError.self) { _ = try NexusFields.scheduling(["X-Nexus-Priority": "now"]) }
        #expect(error?.parameter == "X-Nexus-Priority")
        #expect(throws: ServiceError.self) {
            _ = try NexusFields.scheduling(["X-Nexus-Tenant": String(repeating: "a", count: 257)])
        }
    }

    @Test func `tools are chosen by word or by name`() throws {
        let tools =
            #""tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}]"#
        func choice(_ json: String) throws -> ToolChoice { try Self.read("\(tools),\(json)").generation.toolChoice }
        #expect(try choice(#""tool_choice":"auto""#) == .auto)
        #expect(try choice(#""tool_choice":"none""#) == .none)
        #expect(try choice(#""tool_choice":"required""#) == .required)
        #expect(try choice(#""tool_choice":{"type":"function","function":{"name":"g"}}"#) == .function("g"))
        #expect(try choice(#""tool_choice":null"#) == .auto)
        #expect(try Self.read(#"\#(tools),"parallel_tool_calls":false"#).generation.allowsParallelToolCalls == false)
    }

    @Test func `functions are the older name of tools`() throws {
        let request = try Self.read(#""functions":[{"name":"f","parameters":{}}],"function_call":{"name":"f"}"#)
        #expect(request.usesFunctions)
        #expect(request.generation.toolChoice == .function("f"))
        #expect(request.generation.allowsParallelToolCalls == false)
        guard case .chat(_, let tools) = request.generation.prompt else { throw Wrong() }
        #expect(tools.map(\.definition) == [["type": "function", "function": ["name": "f", "parameters": [:]]]])
        #expect(try Self.read(#""functions":[],"function_call":"none""#).generation.toolChoice == .none)
    }

    private struct Wrong: Error {}
}
