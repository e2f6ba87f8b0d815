import JSONText
import Vocabulary

/// JSON Schemas of the members of requests, for the API's document.
enum RequestSchemas {
    /// What chats and texts share.
    static var shared: JSONObject {
        var members = SamplingTable.schemas
        for (name, schema) in fixed { members[name] = schema }
        for (name, schema) in SpeculationFields.schemas { members[name] = schema }
        return members
    }

    static let chatCompletion: JSONObject = [
        "messages": [
            "type": "array", "minItems": 1, "maxItems": .whole(RequestBounds.messagesMax),
            "items": [
                "type": "object", "required": ["role"],
                "properties": [
                    "role": ["enum": .array((words(ChatMessage.Role.self).array ?? []) + ["function"])],
                    "content": ["oneOf": [text, ["type": "array"], ["type": "null"]]],
                    "reasoning_content": text, "name": text, "tool_call_id": text,
                    "tool_calls": ["type": "array", "items": ["type": "object"]],
                ],
            ],
        ],
        "tools": ["type": "array", "maxItems": .whole(RequestBounds.toolsMax), "items": ["type": "object"]],
        "tool_choice": ["oneOf": [["enum": ["auto", "none", "required"]], ["type": "object"]]],
        "parallel_tool_calls": flag,
        "functions": ["type": "array", "deprecated": true, "items": ["type": "object"]],
        "function_call": ["oneOf": [["enum": ["auto", "none"]], ["type": "object"]], "deprecated": true],
        "logprobs": flag, "top_logprobs": count(0...RequestBounds.topLogprobsMax),
    ]

    static let textCompletion: JSONObject = [
        "prompt": [
            "oneOf": [
                text, tokens,
                [
                    "type": "array", "maxItems": .whole(RequestBounds.choicesMax),
                    "items": ["oneOf": [text, tokens]],
                ],
            ]
        ],
        "logprobs": count(0...RequestBounds.topLogprobsMax),
    ]

    /// The words of a closed set.
    static func words<Word: RawRepresentable & CaseIterable>(_ type: Word.Type) -> JSONValue
    where Word.RawValue == String {
        .array(Word.allCases.map { .string($0.rawValue) })
    }

    private static let fixed: JSONObject = [
        "model": text, "stream": ["type": "boolean", "default": false],
        "stream_options": ["type": "object", "properties": ["include_usage": flag]],
        "n": count(1...RequestBounds.choicesMax), "max_tokens": count(1...RequestBounds.newTokensMax),
        "max_completion_tokens": count(1...RequestBounds.newTokensMax),
        "n_predict": count(-1...RequestBounds.newTokensMax), "seed": ["type": "integer"],
        "stop": ["oneOf": [text, ["type": "array", "maxItems": .whole(RequestBounds.stopsMax), "items": text]]],
        "id_slot": count(-1...65_535), "n_keep": count(-1...Int(Int32.max)), "n_discard": count(0...Int(Int32.max)),
        "ignore_eos": flag, "n_probs": count(0...RequestBounds.probabilitiesMax),
        "logit_bias": ["oneOf": [["type": "object"], ["type": "array", "items": ["type": "array"]]]],
        "samplers": ["oneOf": [text, ["type": "array", "items": ["enum": words(SamplerKind.self)]]]],
        "dry_sequence_breakers": ["type": "array", "maxItems": .whole(RequestBounds.breakersMax), "items": text],
        "response_format": [
            "type": "object", "required": ["type"],
            "properties": [
                "type": ["enum": ["text", "json_object", "json_schema"]], "json_schema": ["type": "object"],
                "schema": schema,
            ],
        ],
        "json_schema": schema, "grammar": text, "regex": text, "length": length,
        "reasoning_format": ["enum": words(ReasoningOptions.Format.self)], "reasoning_effort": text,
        "reasoning_budget": count(-1...RequestBounds.newTokensMax),
        "thinking_budget_tokens": count(-1...RequestBounds.newTokensMax),
        "reasoning_budget_message": [
            "type": "string", "description": "The last words of thinking that has reached its budget.",
        ],
        "chat_template_kwargs": ["type": "object", "properties": ["enable_thinking": flag]],
        "lora": AdapterFields.schema, "cache_prompt": ["type": "boolean", "default": true], "return_progress": flag,
        "timings_per_token": flag,
        "nexus": nexus,
    ]

    private static let length: JSONValue = [
        "type": "object", "additionalProperties": false, "description": "Bounds of the answer in what people count.",
        "properties": [
            "min_characters": count(0...RequestBounds.newTokensMax),
            "max_characters": count(1...RequestBounds.newTokensMax), "min_words": count(0...RequestBounds.newTokensMax),
            "max_words": count(1...RequestBounds.newTokensMax),
        ],
    ]

    private static let nexus: JSONValue = [
        "type": "object", "additionalProperties": false,
        "description": "What neither OpenAI nor llama-server has a name for.",
        "properties": .object(nexusMembers.merging(RoutingFields.schema)),
    ]

    private static let nexusMembers: JSONObject = [
        "tenant": [
            "type": "string", "description": "Who asks. Queue shares and cached prompts are kept apart by it.",
        ],
        "priority": ["enum": words(Priority.self), "default": "normal"],
        "weight": [
            "type": "number", "minimum": .number(RequestBounds.weightRange.lowerBound),
            "maximum": .number(RequestBounds.weightRange.upperBound), "default": 1,
            "description": "The tenant's share relative to others.",
        ],
        "deadline_ms": [
            "type": "number", "minimum": 1, "maximum": .number(RequestBounds.deadlineMillisecondsMax),
            "description": "The answer must be whole after this time, or it ends with the error `timeout`.",
        ],
        "cache_scope": ["enum": words(CacheOptions.Scope.self), "default": "tenant"],
        "cache": [
            "description": "Whether an answer that was given before will do: a word, or an object that says more.",
            "oneOf": [
                ["enum": words(AnswerWish.Use.self), "default": "auto"],
                [
                    "type": "object", "additionalProperties": false,
                    "properties": [
                        "mode": ["enum": words(AnswerWish.Use.self), "default": "auto"],
                        "similar": [
                            "type": "boolean",
                            "description": "Whether an answer to a question that means the same will do.",
                        ],
                        "tags": [
                            "type": "array", "maxItems": .whole(AnswerWish.tagsMax),
                            "items": ["type": "string", "minLength": 1, "maxLength": .whole(AnswerWish.tagBytesMax)],
                            "description": "Words by which answers are forgotten together.",
                        ],
                        "ttl_s": ["type": "number", "minimum": 1, "maximum": 86_400],
                    ],
                ],
            ],
        ],
        "adaptive_sampling": [
            "type": "boolean",
            "description": "Repetition raises penalties; the prompt's kind moves the temperature.",
        ],
        "reproducible": [
            "type": "boolean", "description": "The same tokens whatever runs beside it, with a receipt.",
        ],
        "progress": [
            "type": "boolean", "description": "Places in the queue, and `prompt_progress`, in the stream.",
        ],
        "thinking": ["type": "boolean", "description": "Whether to think at all."],
        "prompt_logprobs": ["type": "boolean", "description": "Tell how likely the prompt's own tokens were."],
        "kv_compress": [
            "oneOf": [flag, count(1...Int(Int32.max))],
            "description":
                "Whether a long sequence keeps a part of its positions, and how many; needs --kv-compress.",
        ],
    ]

    private static let text: JSONValue = ["type": "string"]
    private static let flag: JSONValue = ["type": "boolean"]
    private static let schema: JSONValue = ["type": ["object", "boolean"]]
    private static let tokens: JSONValue = ["type": "array", "items": ["type": "integer", "minimum": 0]]

    private static func count(_ range: ClosedRange<Int>) -> JSONValue {
        ["type": "integer", "minimum": .whole(range.lowerBound), "maximum": .whole(range.upperBound)]
    }
}
