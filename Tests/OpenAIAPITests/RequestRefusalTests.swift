import JSONText
import Testing
import Vocabulary

@testable import OpenAIAPI

/// Wrong fields: each is refused with its path.
@Suite struct RequestRefusalTests {
    /// Numbers: below, above, huge, not whole, and other things than numbers.
    @Test func `every number has a range, and names it`() {
        var checked = 0
        for entry in SamplingTable.numbers {
            for name in entry.names {
                for bad in ["-1e9", "1e300", "\"1\"", "true", "[1]", "{}"] {
                    expectRefusal(#""\#(name)":\#(bad)"#, parameter: name)
                    checked += 1
                }
            }
        }
        for entry in SamplingTable.integers {
            for name in entry.names {
                for bad in ["-7", "99999999999999999999", "1.5", "\"1\"", "false"] {
                    expectRefusal(#""\#(name)":\#(bad)"#, parameter: name)
                    checked += 1
                }
            }
        }
        #expect(checked > 120)
    }

    @Test func `what is no number of JSON is no request`() {
        for bad in ["NaN", "Infinity", "-Infinity", "1e999", "01", "+1"] {
            expectRefusal(#""temperature":\#(bad)"#, parameter: nil, .invalidJSON)
        }
    }

    @Test(arguments: [
        (#""seed":"x""#, "seed"), (#""seed":1.5"#, "seed"), (#""seed":1e30"#, "seed"),
        (#""n_predict":-2"#, "n_predict"), (#""n_predict":1.5"#, "n_predict"), (#""ignore_eos":1"#, "ignore_eos"),
        (#""n":0"#, "n"), (#""n":129"#, "n"), (#""n":"2""#, "n"),
        (#""logit_bias":7"#, "logit_bias"), (#""logit_bias":{"1":"x"}"#, "logit_bias.1"),
        (#""logit_bias":{"1":true}"#, "logit_bias.1"), (#""logit_bias":{"-1":1}"#, "logit_bias.-1"),
        (#""logit_bias":{"1":1e300}"#, "logit_bias.1"), (#""logit_bias":{"4294967296":1}"#, "logit_bias.4294967296"),
        (#""logit_bias":{"":1}"#, "logit_bias."), (#""logit_bias":[1]"#, "logit_bias[0]"),
        (#""logit_bias":[[1]]"#, "logit_bias[0]"), (#""logit_bias":[[1,2,3]]"#, "logit_bias[0]"),
        (#""logit_bias":[[-1,2]]"#, "logit_bias[0][0]"), (#""logit_bias":[["",2]]"#, "logit_bias[0][0]"),
        (#""logit_bias":[[1,null]]"#, "logit_bias[0][1]"), (#""logit_bias":[[1.5,1]]"#, "logit_bias[0][0]"),
        (#""samplers":7"#, "samplers"), (#""samplers":["top_k",7]"#, "samplers[1]"),
        (#""samplers":["top_l"]"#, "samplers[0]"), (#""samplers":"kz""#, "samplers"),
        (#""samplers":"top_k;nope""#, "samplers"),
        (#""samplers":"\#(String(repeating: "k", count: 65))""#, "samplers"),
        (#""dry_sequence_breakers":"x""#, "dry_sequence_breakers"),
        (#""dry_sequence_breakers":[""]"#, "dry_sequence_breakers[0]"),
        (#""response_format":"json""#, "response_format"), (#""response_format":{}"#, "response_format.type"),
        (#""response_format":{"type":"xml"}"#, "response_format.type"),
        (#""response_format":{"type":"json_schema"}"#, "response_format.schema"),
        (#""response_format":{"type":"json_schema","json_schema":{}}"#, "response_format.json_schema.schema"),
        (#""json_schema":"{}""#, "json_schema"), (#""json_schema":[]"#, "json_schema"), (#""grammar":{}"#, "grammar"),
        (#""grammar":"a","regex":"b""#, "regex"), (#""json_schema":{},"grammar":"b""#, "grammar"),
        (#""regex":7"#, "regex"),
        (#""length":7"#, "length"), (#""length":{"words":7}"#, "length"),
        (#""length":{"max_words":0}"#, "length.max_words"), (#""length":{"min_words":-1}"#, "length.min_words"),
        (#""length":{"min_words":9,"max_words":3}"#, "length"),
        (#""length":{"max_characters":1e12}"#, "length.max_characters"),
        (#""top_logprobs":21,"logprobs":true"#, "top_logprobs"), (#""top_logprobs":3"#, "top_logprobs"),
        (#""logprobs":3"#, "logprobs"), (#""n_probs":-1"#, "n_probs"), (#""n_probs":1001"#, "n_probs"),
        (#""reasoning_format":"loud""#, "reasoning_format"), (#""reasoning_effort":7"#, "reasoning_effort"),
        (#""reasoning_effort":"""#, "reasoning_effort"), (#""reasoning_budget":-2"#, "reasoning_budget"),
        (#""thinking_budget_tokens":"many""#, "thinking_budget_tokens"),
        (#""chat_template_kwargs":[]"#, "chat_template_kwargs"),
        (#""chat_template_kwargs":{"enable_thinking":"yes"}"#, "chat_template_kwargs.enable_thinking"),
        (#""cache_prompt":"no""#, "cache_prompt"), (#""return_progress":1"#, "return_progress"),
        (#""nexus":[]"#, "nexus"), (#""nexus":{"tenants":"x"}"#, "nexus"), (#""nexus":{"tenant":7}"#, "nexus.tenant"),
        (#""nexus":{"tenant":"a\nb"}"#, "nexus.tenant"),
        (#""nexus":{"tenant":"\#(String(repeating: "a", count: 257))"}"#, "nexus.tenant"),
        (#""nexus":{"priority":"urgent"}"#, "nexus.priority"), (#""nexus":{"weight":0}"#, "nexus.weight"),
        (#""nexus":{"weight":-1}"#, "nexus.weight"), (#""nexus":{"weight":1e9}"#, "nexus.weight"),
        (#""nexus":{"deadline_ms":0}"#, "nexus.deadline_ms"), (#""nexus":{"deadline_ms":1e300}"#, "nexus.deadline_ms"),
        (#""nexus":{"cache_scope":"all"}"#, "nexus.cache_scope"),
        (#""nexus":{"reproducible":"yes"}"#, "nexus.reproducible"),
        (#""stream_options":7"#, "stream_options"), (#""parallel_tool_calls":"no""#, "parallel_tool_calls"),
        (#""tools":{}"#, "tools"), (#""tools":[{"type":"function","function":{"name":""}}]"#, "tools[0].function.name"),
        (#""tool_choice":"required""#, "tool_choice"), (#""tool_choice":"maybe""#, "tool_choice"),
        (#""tool_choice":7"#, "tool_choice"), (#""tool_choice":{"type":"function"}"#, "tool_choice.function"),
        (
            #""tools":[{"function":{"name":"weather"}}],"tool_choice":{"type":"function","function":{"name":"wether"}}"#,
            "tool_choice.function.name"
        ),
        (#""functions":[{"name":"f"}],"function_call":{"name":"g"}"#, "function_call.name"),
        (#""functions":[],"tools":[]"#, "tools"), (#""functions":[{}]"#, "functions[0].name"),
    ])
    func `a wrong field is named`(json: String, parameter: String) {
        expectRefusal(json, parameter: parameter)
    }

    @Test(arguments: [
        (#""n":2,"best_of":4"#, "best_of"),
        (#""audio":{}"#, "audio"), (#""modalities":["text","audio"]"#, "modalities"),
        (#""tools":[{"type":"web_search"}]"#, "tools[0].type"),
        (#""tool_choice":{"type":"allowed_tools"}"#, "tool_choice.type"),
    ])
    func `what this server cannot do is refused and not ignored`(json: String, parameter: String) {
        expectRefusal(json, parameter: parameter, .unsupported)
    }

    @Test func `a slip of the pen gets a suggestion`() {
        #expect(problem(#""samplers":["top_kk"]"#)?.contains("did you mean \"top_k\"?") == true)
        #expect(problem(#""samplers":["temprature"]"#)?.contains("did you mean \"temperature\"?") == true)
        #expect(problem(#""samplers":["qqqqqq"]"#)?.contains("known are penalties, dry") == true)
        #expect(problem(#""nexus":{"priorty":"low"}"#)?.contains("did you mean 'priority'?") == true)
        #expect(
            problem(#""tools":[{"function":{"name":"weather"}}],"tool_choice":{"function":{"name":"wether"}}"#)?
                .contains("did you mean \"weather\"?") == true)
    }

    @Test func `prompts and choices together have a bound`() throws {
        let prompts = Array(repeating: "\"a\"", count: 65).joined(separator: ",")
        let id = try #require(RequestID("r"))
        let error = #expect(throws: ServiceError.self) {
            try CompletionRequest.text(Array(#"{"prompt":[\#(prompts)],"n":2}"#.utf8), id: id)
        }
        #expect(error?.parameter == "n")
        #expect(throws: ServiceError.self) {
            let many = Array(repeating: "\"a\"", count: 129).joined(separator: ",")
            _ = try CompletionRequest.text(Array(#"{"prompt":[\#(many)]}"#.utf8), id: id)
        }
    }

    private func problem(_ json: String) -> String? {
        #expect(throws: ServiceError.self) { try RequestFieldsTests.read(json) }?.message
    }

    private func expectRefusal(
        _ json: String, parameter: String?, _ code: ServiceError.Code = .invalidValue,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: ServiceError.self, "\(json)", sourceLocation: sourceLocation) {
            try RequestFieldsTests.read(json)
        }
        #expect(error?.code == code, "\(json)", sourceLocation: sourceLocation)
        #expect(error?.parameter == parameter, "\(json)", sourceLocation: sourceLocation)
        #expect(error?.hint?.isEmpty == false, sourceLocation: sourceLocation)
    }
}
