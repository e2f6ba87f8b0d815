import HTTPServing
import JSONText

/// JSON Schemas of what the routes of a conversation's context answer with, beside `ContextJSON`, which writes it.
enum ContextShapes {
    private static let natural = ModelShapes.natural
    private static let naturalOrNull: JSONValue = ["type": ["integer", "null"], "minimum": 0]
    private static let mode = ["off", "truncate", "summarise"]

    /// A policy with who has said it.
    static let policy = ModelShapes.object([
        "mode": ModelShapes.oneOf(mode), "budget_tokens": naturalOrNull, "answer_tokens": naturalOrNull,
        "system_tokens": naturalOrNull, "message_tokens": naturalOrNull,
        "cut_to": ["type": "number", "minimum": 0.2, "maximum": 0.9], "source": ModelShapes.text,
    ])

    static let report = ModelShapes.object([
        "model": ModelShapes.text, "window": naturalOrNull,
        "exact": ["type": "boolean", "description": "Whether the model has counted."], "policy": policy,
        "limit": naturalOrNull,
        "total": ["type": "integer", "description": "Tokens of the next prompt."],
        "total_uncut": ["type": "integer", "description": "Tokens of the branch with every message as it is."],
        "fill": ["type": ["number", "null"]], "fits": ModelShapes.truth, "overhead": natural,
        "system": ModelShapes.object(["tokens": natural, "limit": naturalOrNull, "over": ModelShapes.truth]),
        "summary": ModelShapes.orNull(
            ModelShapes.object([
                "text": ModelShapes.text, "tokens": natural, "through": ModelShapes.text, "messages": natural,
                "model": ModelShapes.text, "created_at": ModelShapes.moment,
            ])), "will_cut": ModelShapes.truth,
        "next_cut": ModelShapes.orNull(
            ModelShapes.object(["at_total": natural, "to_total": natural, "prepared": ModelShapes.truth])),
        "messages": ModelShapes.list(
            of: ModelShapes.object([
                "id": ModelShapes.text, "role": ModelShapes.text, "tokens": natural,
                "importance": ConversationShapes.importance,
                "decision": ModelShapes.oneOf(["keep", "shorten", "summarise", "drop"]), "tokens_kept": natural,
                "reason": ModelShapes.text, "text": ModelShapes.text,
            ])), "has_more": ModelShapes.truth,
    ])
}
