import HTTPServing
import JSONText
import OpenAIAPI

/// JSON Schemas of messages: those that are asked for, beside `MessageFrame`, and those that are sent, beside
/// `MessageBlocks` and `MessageTools`.
enum MessageShapes: SchemaWriting {
    // MARK: Answers

    static let message = object(
        [
            "id": text, "type": oneOf(["message"]), "role": oneOf(["assistant"]), "model": text,
            "content": list(
                of: [
                    "anyOf": [
                        object(["type": oneOf(["thinking"]), "thinking": text, "signature": text]),
                        object(["type": oneOf(["text"]), "text": text]),
                        object([
                            "type": oneOf(["tool_use"]), "id": text, "name": text,
                            "input": anything("What the tool is called with."),
                        ]),
                    ]
                ]),
            "stop_reason": oneOf([
                "tool_use", "model_context_window_exceeded", "max_tokens", "end_turn", "stop_sequence",
            ]),
            "stop_sequence": textOrNull,
            "usage": object([
                "input_tokens": natural, "cache_creation_input_tokens": natural, "cache_read_input_tokens": natural,
                "output_tokens": natural, "output_tokens_details": object(["thinking_tokens": natural]),
            ]), "nexus": ReportShapes.nexus,
        ], optional: ["nexus"])

    static let tokenCount = object(["input_tokens": natural])

    static let error = object([
        "type": oneOf(["error"]), "request_id": textOrNull,
        "error": object(
            ["type": text, "message": text, "code": text, "param": text, "hint": text], optional: ["param", "hint"]),
    ])

    // MARK: Requests

    private static let cacheControl = body(
        [
            "type": ["enum": ["ephemeral"]], "ttl": ["enum": ["5m", "1h"]],
            "scope": [
                "type": "string", "description": "`shared` is seen by everybody; administrators may ask for it.",
            ],
        ], required: ["type"])

    private static func blocks(_ types: [JSONValue], _ members: JSONObject) -> JSONValue {
        var properties: JSONObject = ["type": ["enum": .array(types)], "text": text, "cache_control": cacheControl]
        for (name, schema) in members { properties[name] = schema }
        return [
            "oneOf": [
                text,
                [
                    "type": "array", "maxItems": .whole(RequestBounds.messagesMax),
                    "items": body(properties, required: ["type"]),
                ],
            ]
        ]
    }

    /// A system prompt.
    static let system = blocks(["text"], [:])

    private static let source = body(
        [
            "type": ["enum": ["base64", "url", "text"]], "media_type": text, "data": text, "url": text,
        ], required: ["type"])

    static let sent = body(
        [
            "role": ["enum": ["user", "assistant", "system"]],
            "content": blocks(
                [
                    "text", "image", "document", "tool_result", "thinking", "redacted_thinking", "tool_use",
                ],
                [
                    "source": source, "thinking": text, "signature": text, "id": text, "name": text,
                    "input": anything("What the tool was called with."), "tool_use_id": text, "is_error": truth,
                    "content": blocks(["text", "image", "document"], ["source": source]),
                ]),
        ], required: ["role", "content"])

    static let tool: JSONValue = body(
        [
            "type": text, "name": ReportShapes.name, "description": text, "strict": truth,
            "input_schema": anything("A JSON Schema of the input."), "cache_control": cacheControl,
        ])
}
