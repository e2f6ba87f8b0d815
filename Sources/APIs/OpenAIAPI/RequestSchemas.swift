import HTTPServing
import JSONText
import Vocabulary

/// JSON Schemas of the members of requests, for the API's document.
enum RequestSchemas: SchemaWriting {
    /// What chats and texts share.
    static var shared: JSONObject {
        var members = SamplingTable.schemas
        for (name, schema) in fixed { members[name] = schema }
        for (name, schema) in SpeculationFields.schemas { members[name] = schema }
        return members
    }

    static let chatCompletion: JSONObject = [
        "messages": [
            "type": "array", "minItems": 1, "maxItems": .whole(RequestBounds.messagesMax), "items": message,
        ],
        "tools": ["type": "array", "maxItems": .whole(RequestBounds.toolsMax), "items": ReportShapes.tool],
        "tool_choice": [
            "oneOf": [
                ["enum": ["auto", "none", "required", "any"]],
                body(
                    ["type": ["enum": ["function"]], "function": body(["name": text], required: ["name"])],
                    required: ["function"]),
            ]
        ],
        "parallel_tool_calls": truth,
        "functions": [
            "type": "array", "deprecated": true, "maxItems": .whole(RequestBounds.toolsMax),
            "items": ReportShapes.function,
        ],
        "function_call": [
            "oneOf": [["enum": ["auto", "none", "required", "any"]], body(["name": text], required: ["name"])],
            "deprecated": true,
        ],
        "logprobs": truth, "top_logprobs": count(0...RequestBounds.topLogprobsMax),
    ]

    private static let message = body(
        [
            "role": ["enum": .array((words(ChatMessage.Role.self).array ?? []) + ["function"])],
            "content": [
                "oneOf": [
                    text, ["type": "null"],
                    ["type": "array", "maxItems": .whole(RequestBounds.messagesMax), "items": part],
                ]
            ],
            "reasoning_content": text, "name": text, "tool_call_id": text,
            "tool_calls": [
                "type": "array", "maxItems": .whole(RequestBounds.toolsMax), "items": ReportShapes.toolCall,
            ],
        ], required: ["role"])

    private static let part = body(
        [
            "type": ["enum": ["text", "input_text", "output_text", "refusal", "image_url", "input_audio"]],
            "text": text, "refusal": text,
            "image_url": [
                "oneOf": [text, body(["url": text, "detail": text], required: ["url"])],
                "description": "A URL: data: with the bytes in base64, or where the server is to fetch them.",
            ],
            "input_audio": [
                "type": "object", "description": "Bytes in base64, or a URL.",
                "anyOf": [["required": ["data"]], ["required": ["url"]]],
                "properties": ["data": text, "format": text, "url": text],
            ],
        ], required: ["type"])

    static let textCompletion: JSONObject = [
        "prompt": prompts,
        "logprobs": count(0...RequestBounds.topLogprobsMax), "suffix": text, "echo": truth,
    ]

    /// The words of a closed set.
    static func words<Word: RawRepresentable & CaseIterable>(_ type: Word.Type) -> JSONValue
    where Word.RawValue == String {
        .array(Word.allCases.map { .string($0.rawValue) })
    }

    private static let fixed: JSONObject = [
        "model": text, "stream": ["type": "boolean", "default": false],
        "stream_options": ["type": "object", "properties": ["include_usage": truth]],
        "n": count(1...RequestBounds.choicesMax), "max_tokens": count(1...RequestBounds.newTokensMax),
        "max_completion_tokens": count(1...RequestBounds.newTokensMax),
        "n_predict": count(-1...RequestBounds.newTokensMax), "seed": ["type": "integer"],
        "stop": ["oneOf": [text, ["type": "array", "maxItems": .whole(RequestBounds.stopsMax), "items": text]]],
        "id_slot": count(-1...65_535), "n_keep": count(-1...Int(Int32.max)), "n_discard": count(0...Int(Int32.max)),
        "ignore_eos": truth, "n_probs": count(0...RequestBounds.probabilitiesMax),
        "logit_bias": ["oneOf": [map(of: bias), list(of: ["type": "array", "prefixItems": [token, bias]])]],
        "samplers": ["oneOf": [text, ["type": "array", "items": ["enum": words(SamplerKind.self)]]]],
        "dry_sequence_breakers": ["type": "array", "maxItems": .whole(RequestBounds.breakersMax), "items": text],
        "response_format": ReportShapes.responseFormat,
        "json_schema": ReportShapes.jsonSchema, "grammar": text, "regex": text, "length": length,
        "reasoning_format": ["enum": words(ReasoningOptions.Format.self)], "reasoning_effort": text,
        "reasoning_budget": count(-1...RequestBounds.newTokensMax),
        "thinking_budget_tokens": count(-1...RequestBounds.newTokensMax),
        "reasoning_budget_message": [
            "type": "string", "description": "The last words of thinking that has reached its budget.",
        ],
        "chat_template_kwargs": ["type": "object", "properties": ["enable_thinking": truth]],
        "lora": AdapterFields.schema, "cache_prompt": ["type": "boolean", "default": true], "return_progress": truth,
        "timings_per_token": truth,
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
            "oneOf": [truth, count(1...Int(Int32.max))],
            "description":
                "Whether a long sequence keeps a part of its positions, and how many; needs --kv-compress.",
        ],
    ]

    /// A token's id, or a text.
    private static let token: JSONValue = ["type": ["integer", "string"], "minimum": 0]

    /// A text, or texts and tokens in turn.
    static let pieces: JSONValue = ["anyOf": [text, ["type": "array", "minItems": 1, "items": token]]]

    /// One prompt, or a list of them. A list with a number in it is one prompt.
    static let prompts: JSONValue = {
        let marked = body(
            [
                "prompt_string": pieces,
                "multimodal_data": [
                    "type": "array", "maxItems": .whole(RequestBounds.mediaMax), "items": text,
                    "description": "Images and recordings in base64, one for each mark in the text.",
                ],
            ], required: ["prompt_string"])
        let prompt: JSONValue = ["anyOf": [pieces, marked]]
        return [
            "anyOf": [
                prompt,
                ["type": "array", "minItems": 1, "maxItems": .whole(RequestBounds.choicesMax), "items": prompt],
            ]
        ]
    }()

    /// What is added to a token's logit; `false` bans it.
    private static let bias: JSONValue = [
        "oneOf": [["type": "number", "minimum": -1e6, "maximum": 1e6], ["const": false]]
    ]
}
