import HTTPServing
import Hardware
import JSONText

/// JSON Schemas of what is recommended and how fast models ran, beside `RecommendationJSON`, which writes it.
enum RecommendationShapes {
    private static let text = ModelShapes.text
    private static let natural = ModelShapes.natural
    private static let number: JSONValue = ["type": "number"]
    private static let numberOrNull: JSONValue = ["type": ["number", "null"]]
    private static let use = ModelShapes.oneOf(UseCase.allCases.map(\.rawValue))

    // MARK: Speed

    private static let error = ModelShapes.orNull(ModelShapes.object(["mean": number, "max": number]))
    private static let basis = ModelShapes.oneOf(["probe", "data_sheet", "corrected", "fit"])

    private static let prediction = ModelShapes.orNull(
        ModelShapes.object([
            "tokens_per_second": number, "bound": text, "units_per_token": number, "units_per_second": number,
            "basis": basis, "runs": natural, "models": natural, "error": error, "extrapolation": numberOrNull,
        ]))

    private static let line = ModelShapes.object([
        "seconds_per_step": number, "seconds_per_layer": number, "seconds_per_unit": number, "basis": basis,
        "runs": natural, "models": natural, "error": error,
    ])

    private static let speedModel = ModelShapes.orNull(
        ModelShapes.object([
            "generation": line, "prompt": ModelShapes.orNull(line), "measured_bytes_max": number,
            "probe": ModelShapes.orNull(
                ModelShapes.object([
                    "bytes_per_second": number, "operations_per_second": numberOrNull, "source": text,
                ])),
        ]))

    static let runs = ModelShapes.object([
        "runs": ModelShapes.list(
            of: ModelShapes.object([
                "model": text, "engine": text, "threads": natural, "prompt_tokens": natural,
                "prompt_tokens_per_second": number, "generated_tokens": natural, "tokens_per_second": number,
                "weight_bytes": number, "layers": number,
            ]))
    ])

    // MARK: Advice

    private static let recommendation = ModelShapes.object([
        "name": text, "source": ModelShapes.oneOf(["here", "hub"]), "repository": text,
        "download": ModelShapes.textOrNull, "quantization": text, "context_tokens": natural, "cache_type": text,
        "fits": ModelShapes.truth, "need_bytes": natural, "score": number, "generation": prediction,
        "prompt": prediction,
        "reasons": ModelShapes.list(
            of: ModelShapes.object([
                "code": text, "text": text,
                "figures": ["type": "object", "description": "The numbers that decide; which depends on the code."],
            ])),
        "alternatives": ModelShapes.list(
            of: ModelShapes.object([
                "text": text, "need_bytes": natural,
                "changes": ModelShapes.optional([
                    "cache_type": text, "context_tokens": natural, "quantization": text,
                ]),
            ])),
    ])

    static let advice = ModelShapes.object([
        "for": ModelShapes.object(
            [
                "use": use,
                "found_by": ModelShapes.list(
                    of: ModelShapes.object(["use": use, "words": ModelShapes.list(of: text)])),
            ], optional: ["found_by"]), "context_tokens": natural,
        "order": ModelShapes.oneOf(Wish.Order.allCases.map(\.rawValue)),
        "room": ModelShapes.object([
            "bytes": natural, "place": text, "device": ModelShapes.textOrNull,
            "free_disk_bytes": ["type": ["integer", "null"], "minimum": 0], "threads": natural,
        ]), "speed_model": speedModel, "remarks": ModelShapes.list(of: text), "total": natural,
        "recommendations": ModelShapes.list(of: recommendation),
    ])

    // MARK: Questions

    /// What is asked for; all but the use as it is when left out.
    static let question: JSONValue = [
        "type": "object", "required": ["use"],
        "properties": [
            "use": ["type": "string", "description": "One of the uses, or a description in English."],
            "context": ["type": ["integer", "string"], "description": "Tokens of context, such as 8192 or 32k."],
            "parallel": ["type": "integer", "minimum": 1, "default": 1],
            "order": ModelShapes.oneOf(Wish.Order.allCases.map(\.rawValue)), "downloads": ModelShapes.truth,
            "unfit": ModelShapes.truth, "limit": ["type": "integer", "minimum": 1, "maximum": 200, "default": 20],
        ],
    ]
}
