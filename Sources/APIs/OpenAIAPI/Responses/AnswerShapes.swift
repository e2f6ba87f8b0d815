import HTTPServing
import JSONText

/// JSON Schemas of OpenAI's answers, beside `WholeAnswer` and `ModelListing`, which write them.
enum AnswerShapes: SchemaWriting {
    static let chatCompletion = answer(
        "chat.completion",
        choice: [
            "message": message,
            "logprobs": orNull(object(["content": list(of: ReportShapes.logprob), "refusal": ["type": "null"]])),
        ])

    static let textCompletion = answer(
        "text_completion",
        choice: ["text": text, "reasoning_content": text, "logprobs": orNull(textLogprobs)])

    /// The answer to a question for the number of tokens.
    static let tokenCount = object(["object": oneOf(["response.input_tokens"]), "input_tokens": natural])

    static let usage = object([
        "prompt_tokens": natural, "completion_tokens": natural, "total_tokens": natural,
        "prompt_tokens_details": object(["cached_tokens": natural]),
        "completion_tokens_details": object(["reasoning_tokens": natural]),
    ])

    /// What stands beside the usage of one choice, and in each of several.
    private static let reports: JSONObject = [
        "timings": ReportShapes.timings,
        "nexus": optional(
            ReportShapes.nexusMembers.merging(["prompt_logprobs": list(of: ReportShapes.logprob)])),
        "__verbose": anything("The same in llama-server's own form, where it was asked for."),
    ]

    private static func answer(_ name: String, choice: JSONObject) -> JSONValue {
        let common: JSONObject = [
            "index": natural, "finish_reason": oneOf(["stop", "length", "tool_calls", "function_call"]),
        ]
        let choice = object(
            common.merging(choice).merging(reports), optional: ["reasoning_content", "timings", "nexus", "__verbose"])
        let members: JSONObject = [
            "id": text, "object": oneOf([name]), "created": whole, "model": text, "choices": list(of: choice),
            "system_fingerprint": text, "usage": usage,
        ]
        return object(
            members.merging(reports), optional: ["system_fingerprint", "timings", "nexus", "__verbose"])
    }

    private static let message: JSONValue = {
        let function = object(["name": text, "arguments": text])
        return object(
            [
                "role": oneOf(["assistant"]), "content": textOrNull, "refusal": ["type": "null"],
                "reasoning_content": text, "function_call": function,
                "tool_calls": list(of: object(["id": text, "type": oneOf(["function"]), "function": function])),
            ], optional: ["reasoning_content", "function_call", "tool_calls"])
    }()

    /// Texts have OpenAI's older format, and today's beside it.
    private static let textLogprobs = object([
        "tokens": list(of: text), "token_logprobs": list(of: ["type": ["number", "null"]]),
        "top_logprobs": list(of: ["type": ["object", "null"], "additionalProperties": number]),
        "text_offset": list(of: natural), "content": list(of: ReportShapes.logprob),
    ])

    // MARK: Models

    static let model = object(
        [
            "id": text, "object": oneOf(["model"]), "created": whole, "owned_by": text,
            "capabilities": list(of: text),
            "architecture": object(["input_modalities": list(of: text), "output_modalities": list(of: text)]),
            "status": object(["value": text]), "aliases": list(of: text), "tags": list(of: text),
            "meta": optional([
                "n_ctx": natural, "note": text, "vocab_type": whole, "n_vocab": natural, "n_ctx_train": natural,
                "n_embd": natural, "n_params": natural, "size": natural, "ftype": text,
            ]),
        ], optional: ["status", "aliases", "tags"])

    static let models = object(
        [
            "object": oneOf(["list"]), "data": list(of: model),
            "models": list(
                of: object([
                    "name": text, "model": text, "modified_at": text, "size": text, "digest": text, "type": text,
                    "description": text, "tags": list(of: text), "capabilities": list(of: text), "parameters": text,
                    "details": object([
                        "parent_model": text, "format": text, "family": text, "families": list(of: text),
                        "parameter_size": text, "quantization_level": text,
                    ]),
                ])),
        ], optional: ["models"])
}
