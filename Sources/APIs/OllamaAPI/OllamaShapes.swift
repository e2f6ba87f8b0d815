import HTTPServing
import JSONText
import OpenAIAPI

/// JSON Schemas of Ollama's answers, beside `OllamaEncoder` and `OllamaModelJSON`, which write them.
enum OllamaShapes: SchemaWriting {
    // MARK: Answers of models

    private static let calls = list(
        of: object([
            "id": text,
            "function": object([
                "index": natural, "name": text, "arguments": anything("What the function is called with."),
            ]),
        ]))

    private static func answer(_ members: JSONObject, optional: Set<String> = []) -> JSONValue {
        var all: JSONObject = [
            "model": text, "created_at": moment, "done": truth,
            "done_reason": oneOf(["stop", "length", "load", "unload"]),
            "total_duration": natural, "load_duration": natural, "prompt_eval_count": natural,
            "prompt_eval_duration": natural, "eval_count": natural, "eval_duration": natural,
            "logprobs": list(of: ReportShapes.logprob), "nexus": ReportShapes.nexus,
        ]
        let always: Set = ["model", "created_at", "done", "done_reason"]
        let rest = Set(all.keys).subtracting(always).union(optional)
        for (name, schema) in members { all[name] = schema }
        return object(all, optional: rest)
    }

    static let chat = answer([
        "message": object(
            ["role": oneOf(["assistant"]), "content": text, "thinking": text, "tool_calls": calls],
            optional: ["thinking", "tool_calls"])
    ])

    static let generate = answer(
        ["response": text, "thinking": text, "tool_calls": calls, "context": list(of: natural)],
        optional: ["thinking", "tool_calls", "context"])

    static let embed = object([
        "model": text, "embeddings": list(of: list(of: number)), "total_duration": natural, "load_duration": natural,
        "prompt_eval_count": natural,
    ])

    static let embeddings = object(["embedding": list(of: number)])

    // MARK: Models

    private static let details = object([
        "parent_model": text, "format": text, "family": text, "families": list(of: text), "parameter_size": text,
        "quantization_level": text,
    ])

    static let tags = object([
        "models": list(
            of: object([
                "name": text, "model": text, "modified_at": moment, "size": natural, "digest": text,
                "details": details,
            ]))
    ])

    static let running = object([
        "models": list(
            of: object(
                [
                    "name": text, "model": text, "size": natural, "digest": text, "details": details,
                    "size_vram": natural, "expires_at": moment, "context_length": natural,
                ], optional: ["context_length"]))
    ])

    static let version = object(["version": text])

    static let show = object([
        "license": text, "modelfile": text, "parameters": text, "template": text, "system": text, "details": details,
        "model_info": anything("Keys of the model's file, such as llama.context_length."),
        "capabilities": list(of: text), "modified_at": moment,
    ])

    /// The end of an order that takes a while.
    static let status = object(["status": oneOf(["success"])])

    static let error = object(
        ["error": text, "code": text, "param": text, "hint": text], optional: ["param", "hint"])
}
