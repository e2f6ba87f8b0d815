public import HTTPServing
public import JSONText
import Vocabulary

/// JSON Schemas of what every dialect tells beside its answers, and of what is the same in the requests of several, beside
/// `AnswerReports` and the readers of fields.
public enum ReportShapes: SchemaWriting {
    // MARK: Reports

    /// The members of `nexus` at the end of an answer.
    static let nexusMembers: JSONObject = [
        "cache": object(
            [
                "cached_tokens": natural, "tier": oneOf(["none", "memory", "ram", "disk"]),
                "first_difference": natural, "difference_text": text,
            ], optional: ["first_difference", "difference_text"]),
        "answer_cache": object(
            ["kind": oneOf(["exact", "semantic"]), "key": text, "age_ms": number, "similarity": number],
            optional: ["similarity"]),
        "stop_text": text,
        "receipt": object(
            [
                "model": text, "template": textOrNull, "seed": natural, "build": text,
                "adapters": list(of: object(["fingerprint": text, "scale": number])),
            ], optional: ["adapters"]),
        "adaptations": list(
            of: object([
                "at_token": natural, "parameter": text, "before": number, "after": number, "reason": text,
            ])), "warnings": list(of: object(["code": text, "message": text])), "ensemble": ensemble,
    ]

    /// What stands in `nexus` at the end of an answer: only what there is to tell.
    public static let nexus = optional(nexusMembers)

    private static let ensemble = object(
        [
            "name": text, "method": text, "chosen": text, "agreement": number,
            "members": list(
                of: object(
                    [
                        "model": text, "weight": number, "prompt_tokens": natural, "completion_tokens": natural,
                        "duration_ms": number, "error": text, "score": number, "mean_logprob": number,
                        "grade": number,
                    ], optional: ["error", "score", "mean_logprob", "grade"])),
            "judge": object(["prompt_tokens": natural, "completion_tokens": natural]),
        ], optional: ["chosen", "agreement", "judge"])

    /// llama-server's `timings`.
    public static let timings = object(
        [
            "queue_ms": number, "cache_n": natural, "prompt_n": whole, "prompt_ms": number,
            "prompt_per_token_ms": number, "prompt_per_second": number, "predicted_n": natural,
            "predicted_ms": number, "predicted_per_token_ms": number, "predicted_per_second": number,
            "media_ms": number, "draft_n": natural, "draft_n_accepted": natural,
        ], optional: ["media_ms", "draft_n", "draft_n_accepted"])

    /// A token with its likelihood and those of others: a logarithm, or a probability where it is of what sampling left.
    public static let logprob: JSONValue = {
        let token: JSONObject = ["id": natural, "token": text, "bytes": list(of: count(0...255))]
        func told(_ name: String, _ kind: JSONValue, _ others: String) -> JSONValue {
            let alternative = token.merging([name: kind])
            let list = list(of: object(alternative, optional: ["id"]))
            return object(alternative.merging([others: list]), optional: ["id"])
        }
        return [
            "anyOf": [
                told("logprob", ["type": "number", "maximum": 0], "top_logprobs"),
                told("prob", ["type": "number", "minimum": 0, "maximum": 1], "top_probs"),
            ]
        ]
    }()

    // MARK: Parts of requests

    /// A JSON Schema that an answer is to follow.
    public static let jsonSchema: JSONValue = [
        "type": ["object", "boolean"], "description": "A JSON Schema.",
    ]

    /// OpenAI's `response_format`, which has its schema in `json_schema` or beside its type.
    public static let responseFormat = body(
        [
            "type": ["enum": ["text", "json_object", "json_schema"]],
            "json_schema": body(["schema": jsonSchema, "name": text, "strict": truth], required: ["schema"]),
            "schema": jsonSchema,
        ], required: ["type"])

    /// A name of something that is called, such as a function.
    public static let name: JSONValue = [
        "type": "string", "minLength": 1, "maxLength": .whole(RequestBounds.nameBytesMax),
    ]

    /// What a model may call.
    public static let function = body(
        [
            "name": name, "description": text,
            "parameters": anything("A JSON Schema of the arguments."),
        ], required: ["name"])

    /// A tool of chats.
    public static let tool = body(["type": ["enum": ["function"]], "function": function], required: ["function"])

    /// A call that an answer before had made.
    public static let toolCall = body(
        [
            "id": text, "type": text,
            "function": body(
                [
                    "name": text,
                    "arguments": ["type": ["string", "object"], "description": "JSON, or its text."],
                ], required: ["name"]),
        ], required: ["function"])
}
