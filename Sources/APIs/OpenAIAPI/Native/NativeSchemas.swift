import HTTPServing
import JSONText

/// What an API document says of llama-server's own endpoints, beside `NativeAnswer`, which writes what they answer. Their
/// operations have no names: who serves them beside others gives them some.
enum NativeSchemas: SchemaWriting {
    static let completion = describe(["prompt": RequestSchemas.prompts], required: ["prompt"])

    static let infill = describe(
        [
            "input_prefix": RequestSchemas.pieces, "input_suffix": RequestSchemas.pieces, "prompt": text,
            "input_extra": [
                "type": "array", "maxItems": .whole(RequestBounds.messagesMax),
                "items": body(["filename": text, "text": text], required: ["text"]),
            ],
        ], required: ["input_prefix", "input_suffix"])

    private static func describe(_ members: JSONObject, required: Set<String>) -> RouteDescription {
        RouteDescription(
            requestBodies: [.json(body(RequestSchemas.shared.merging(members), required: required))],
            responses: [
                .init(.ok, nil, .json(["anyOf": [answer, list(of: answer)]]), .events), .init(.badRequest),
            ])
    }

    /// One answer; of several there is a list.
    private static let answer: JSONValue = {
        var schema =
            optional([
                "index": natural, "content": text, "tokens": list(of: natural), "id_slot": whole, "stop": truth,
                "model": text, "tokens_predicted": natural, "tokens_evaluated": natural,
                "generation_settings": anything("What it was written with, by llama-server's names."), "prompt": text,
                "has_new_line": truth, "truncated": truth, "stop_type": oneOf(["limit", "eos", "word"]),
                "stopping_word": text, "tokens_cached": natural, "timings": ReportShapes.timings,
                "completion_probabilities": list(of: ReportShapes.logprob), "nexus": ReportShapes.nexus,
            ]).object ?? JSONObject()
        schema["description"] = "Where `response_fields` were sent, only those, each by its path."
        schema["additionalProperties"] = ["description": "What stands at a path of `response_fields`."]
        return .object(schema)
    }()
}
