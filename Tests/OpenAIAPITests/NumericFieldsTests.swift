import JSONText
import RequestScope
import Testing
import Vocabulary

@testable import OpenAIAPI

/// Every number that a request may have, with what clients send by mistake: the answer is a meaning or a clear refusal.
@Suite struct NumericFieldsTests {
    private static let names =
        SamplingTable.numbers.flatMap(\.names) + SamplingTable.integers.flatMap(\.names) + [
            "max_tokens", "max_completion_tokens", "n_predict", "n", "n_cmpl", "best_of", "seed", "n_probs", "logprobs",
            "top_logprobs", "n_indent", "t_max_predict_ms", "t_max_prompt_ms", "id_slot", "n_keep", "n_discard",
            "n_cache_reuse", "thinking_budget_tokens", "reasoning_budget", "reasoning_budget_tokens",
            "sse_ping_interval",
        ]
    private static let values = [
        "-9223372036854775808", "-2147483649", "-1", "0", "1", "2147483648", "9223372036854775807", "1e308", "-1e308",
        "1.5", "1e-320", "123456789012345678901234567890", "null", "\"7\"", "true", "[]", "{}",
    ]

    @Test(arguments: names)
    func `a number in a request is taken or refused by its name`(name: String) throws {
        let id = try #require(RequestID("r"))
        for value in Self.values {
            let readers: [(String, ([UInt8]) throws -> CompletionRequest)] = [
                (#"{"messages":[{"role":"user","content":"x"}],"\#(name)":\#(value)}"#, { try .chat($0, id: id) }),
                (#"{"prompt":"x","\#(name)":\#(value)}"#, { try .text($0, id: id) }),
                (#"{"prompt":"x","\#(name)":\#(value)}"#, { try .native($0, id: id) }),
                (#"{"input_prefix":"x","input_suffix":"y","\#(name)":\#(value)}"#, { try .infill($0, id: id) }),
            ]
            for (json, read) in readers {
                do {
                    let generation = try read(Array(json.utf8)).generation
                    #expect((generation.newTokensMax ?? 0) >= 0 && (generation.topLogprobs ?? 0) >= 0, "\(json)")
                } catch let error as ServiceError {
                    #expect(error.code == .invalidValue || error.code == .unsupported, "\(json): \(error)")
                    #expect(error.parameter?.isEmpty == false, "\(json): \(error)")
                }
            }
        }
    }

    @Test func `every body that is no object is refused`() throws {
        let id = try #require(RequestID("r"))
        for body in ["", "[]", "7", "null", "\"x\"", "true", "{", "{\"prompt\":}", "\u{0}", "{}{}"] {
            let readers: [([UInt8]) throws -> CompletionRequest] = [
                { try .chat($0, id: id) }, { try .text($0, id: id) }, { try .native($0, id: id) },
                { try .infill($0, id: id) },
            ]
            for read in readers { #expect(throws: ServiceError.self) { try read(Array(body.utf8)) } }
        }
    }

    @Test func `what nobody knows is ignored`() throws {
        let id = try #require(RequestID("r"))
        let rest = #""unheard_of":{"a":[1,null]},"user":7,"store":true,"metadata":{"x":"y"},"service_tier":"flex""#
        _ = try CompletionRequest.chat(Array(#"{"messages":[{"role":"user","content":"x"}],\#(rest)}"#.utf8), id: id)
        _ = try CompletionRequest.text(Array(#"{"prompt":"x",\#(rest)}"#.utf8), id: id)
        _ = try CompletionRequest.native(Array(#"{"prompt":"x",\#(rest)}"#.utf8), id: id)
        _ = try CompletionRequest.infill(Array(#"{"input_prefix":"x","input_suffix":"y",\#(rest)}"#.utf8), id: id)
    }
}
