import Conversations
import HTTPServing
import JSONText
import OpenAIAPI

/// JSON Schemas of responses, items and conversations, beside `ResponseFrame`, `StoredItems` and `InputItems`.
enum ResponseShapes: SchemaWriting {
    // MARK: The response

    static let response = object(
        [
            "id": text, "object": oneOf(["response"]), "created_at": whole,
            "status": oneOf(["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]),
            "error": orNull(object(["code": text, "message": text, "type": text])),
            "incomplete_details": orNull(object(["reason": oneOf(["max_output_tokens"])])), "model": text,
            "output": list(of: output), "usage": orNull(usage), "timings": ReportShapes.timings,
            "nexus": ReportShapes.nexus, "instructions": textOrNull,
            "max_output_tokens": ["type": ["integer", "null"]],
            "max_tool_calls": echo, "metadata": anything("As it was sent."), "parallel_tool_calls": truth,
            "prompt_cache_key": echo, "reasoning": object(["effort": textOrNull, "summary": ["type": "null"]]),
            "safety_identifier": echo, "service_tier": oneOf(["default"]),
            "temperature": ["type": ["number", "null"]],
            "text": object(["format": anything("As it was sent, or of type text."), "verbosity": echo]),
            "tool_choice": ["type": ["string", "object", "null"], "description": "As it was sent."],
            "tools": list(of: anything("A function as it was sent.")), "top_logprobs": ["type": ["integer", "null"]],
            "top_p": ["type": ["number", "null"]], "truncation": oneOf(["disabled"]), "user": echo, "store": truth,
            "background": truth, "previous_response_id": textOrNull,
            "conversation": orNull(object(["id": text])),
        ], optional: ["timings", "nexus"])

    /// What an answer repeats without having looked at it.
    private static let echo: JSONValue = ["description": "As it was sent, or null."]

    private static let usage = object([
        "input_tokens": natural, "output_tokens": natural, "total_tokens": natural,
        "input_tokens_details": object(["cached_tokens": natural, "cache_write_tokens": natural]),
        "output_tokens_details": object(["reasoning_tokens": natural]),
    ])

    private static let status = oneOf(["in_progress", "completed", "incomplete"])

    private static let output: JSONValue = [
        "anyOf": [
            object([
                "id": text, "type": oneOf(["reasoning"]), "summary": list(of: anything), "status": status,
                "content": list(of: object(["type": oneOf(["reasoning_text"]), "text": text])),
                "encrypted_content": ["type": "null"],
            ]),
            object([
                "id": text, "type": oneOf(["message"]), "role": oneOf(["assistant"]), "status": status,
                "content": list(
                    of: object([
                        "type": oneOf(["output_text"]), "text": text, "annotations": list(of: anything),
                        "logprobs": list(of: ReportShapes.logprob),
                    ])),
            ]),
            object([
                "id": text, "type": oneOf(["function_call"]), "status": status, "call_id": text, "name": text,
                "arguments": text,
            ]),
        ]
    ]

    static let deletedResponse = object(["id": text, "object": oneOf(["response"]), "deleted": truth])

    static let tokenCount = object(["object": oneOf(["response.input_tokens"]), "input_tokens": natural])

    // MARK: Items

    /// An item as it is kept: as it was sent, with an id and a type.
    static let kept: JSONValue = {
        var schema = object(["id": text, "type": text]).object ?? JSONObject()
        schema["additionalProperties"] = ["description": "Members of its type, as they were sent."]
        return .object(schema)
    }()

    static let items = object([
        "object": oneOf(["list"]), "data": list(of: kept), "first_id": textOrNull, "last_id": textOrNull,
        "has_more": truth,
    ])

    /// An item as it is sent.
    static let sent = body([
        "type": ["enum": ["message", "function_call", "function_call_output", "reasoning"], "default": "message"],
        "id": text, "role": text, "content": content, "output": content, "call_id": text, "name": text,
        "arguments": text, "summary": list(of: body(["text": text], required: ["text"])),
    ])

    private static let content: JSONValue = [
        "oneOf": [
            text, ["type": "null"],
            list(
                of: body(
                    [
                        "type": text, "text": text, "refusal": text, "detail": text,
                        "image_url": ["type": ["string", "object"], "description": "A URL, or an object with one."],
                    ])),
        ]
    ]

    /// A tool of a request.
    static let tool: JSONValue = {
        var members = ReportShapes.function["properties"]?.object ?? JSONObject()
        members["type"] = text
        members["function"] = ReportShapes.function
        members["strict"] = ["type": ["boolean", "null"]]
        return body(members, required: ["type"])
    }()

    static let toolChoice: JSONValue = [
        "oneOf": [
            ["enum": ["auto", "none", "required"]],
            body(
                [
                    "type": ["enum": ["function", "allowed_tools"]], "name": text, "mode": text,
                    "function": body(["name": text], required: ["name"]),
                    "tools": list(of: body(["type": text, "name": text])),
                ], required: ["type"]),
        ]
    ]

    // MARK: Conversations

    static let conversation = object([
        "id": text, "object": oneOf(["conversation"]), "created_at": whole, "metadata": map(of: text),
    ])

    static let deletedConversation = object(["id": text, "object": oneOf(["conversation.deleted"]), "deleted": truth])

    /// Words of its maker's own.
    static let metadata: JSONValue = [
        "type": "object", "maxProperties": .whole(StoredConversation.metadataMax),
        "propertyNames": ["maxLength": 64], "additionalProperties": ["type": "string", "maxLength": 512],
    ]
}
