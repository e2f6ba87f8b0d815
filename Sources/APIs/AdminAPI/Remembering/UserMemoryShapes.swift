import Conversations
import HTTPServing
import JSONText

/// JSON Schemas of what the routes of memory and contexts answer with, beside `UserMemoryJSON`, which writes it.
enum UserMemoryShapes {
    private static let text = ModelShapes.text
    private static let natural = ModelShapes.natural
    private static let truth = ModelShapes.truth
    private static let share: JSONValue = ["type": "number", "minimum": 0, "maximum": 1]
    private static let numberOrNull: JSONValue = ["type": ["number", "null"]]
    private static let onOrOff: JSONValue = ["type": ["string", "null"], "enum": ["on", "off", .null]]

    // MARK: Memories

    private static let members: JSONObject = [
        "id": text, "kind": ModelShapes.oneOf(UserMemory.Kind.allCases.map(\.rawValue)), "text": text,
        "subject": ModelShapes.textOrNull, "predicate": ModelShapes.textOrNull, "object": ModelShapes.textOrNull,
        "confidence": share, "pinned": truth, "origin": ModelShapes.oneOf(["user", "model"]),
        "context": ModelShapes.textOrNull,
        "source": ModelShapes.object(["conversation": ModelShapes.textOrNull, "message": ModelShapes.textOrNull]),
        "valid_from": ModelShapes.moment, "valid_to": ModelShapes.momentOrNull, "replaces": ModelShapes.textOrNull,
        "replaced_by": ModelShapes.textOrNull, "created_at": ModelShapes.moment, "created_us": ModelShapes.whole,
        "used_at": ModelShapes.momentOrNull, "uses": natural, "revision": ModelShapes.whole,
    ]

    static let memory = ModelShapes.object(members)

    private static let membersWithClosed: JSONObject = {
        var members = Self.members
        members["closed"] = ["type": "array", "items": text, "description": "What is no longer true because of it."]
        return members
    }()

    static let remembered = ModelShapes.object(membersWithClosed)
    /// One that was changed where it is, or one that was known and takes its place.
    static let changed = ModelShapes.object(membersWithClosed, optional: ["closed"])

    static let list: JSONValue = {
        var members = Self.members
        members["score"] = ["type": "number"]
        return ModelShapes.object([
            "memories": ModelShapes.list(of: ModelShapes.object(members, optional: ["score"])), "has_more": truth,
            "mode": [
                "type": ["string", "null"], "enum": .array(SearchMode.allCases.map { .string($0.rawValue) } + [.null]),
            ],
        ])
    }()

    static let history = ModelShapes.object(["memories": ModelShapes.list(of: memory)])
    static let forgotten = ModelShapes.object(["deleted": natural])

    static let settings = ModelShapes.object([
        "learn": truth, "use": truth, "use_conversations": truth, "model": ModelShapes.textOrNull,
        "budget_tokens": natural, "keep_unused_days": ["type": ["integer", "null"], "minimum": 1], "max": natural,
        "revision": ModelShapes.whole, "meaning": ConversationShapes.meaning,
    ])

    static let file = ModelShapes.object([
        "format": ["type": "string", "const": "llama-nexus.memory"], "version": ["type": "integer", "const": 1],
        "memories": ModelShapes.list(of: memory), "contexts": ModelShapes.list(of: context),
    ])

    // MARK: Overviews

    static let graph = ModelShapes.object([
        "nodes": ModelShapes.list(of: ModelShapes.object(["id": text, "label": text, "memories": natural])),
        "edges": ModelShapes.list(
            of: ModelShapes.object([
                "from": text, "to": text, "label": text, "memory": text, "valid": truth, "confidence": share,
                "valid_from": ModelShapes.moment, "valid_to": ModelShapes.momentOrNull,
            ])), "truncated": truth,
    ])

    private static func counts(_ names: [String]) -> JSONObject { JSONObject(names.map { ($0, natural) }) }

    static let statistics: JSONValue = {
        var sentiment = counts(Sentiment.allCases.map(\.rawValue))
        sentiment["method"] = text
        sentiment["of_messages"] = natural
        return ModelShapes.object([
            "memories": ModelShapes.object([
                "total": natural, "valid": natural, "pinned": natural,
                "by_kind": ModelShapes.object(counts(UserMemory.Kind.allCases.map(\.rawValue))),
                "by_origin": ModelShapes.object(counts(["user", "model"])), "max": natural,
            ]),
            "conversations": ModelShapes.object([
                "total": natural,
                "by_context": ModelShapes.list(
                    of: ModelShapes.object([
                        "context": ModelShapes.textOrNull, "name": ModelShapes.textOrNull, "conversations": natural,
                        "messages": natural,
                    ])), "average_duration_seconds": numberOrNull, "messages": natural,
            ]), "tokens": ModelShapes.object(["estimated": natural, "method": text]),
            "sentiment": ModelShapes.object(sentiment),
            "thinking": ModelShapes.object([
                "method": text, "answers": natural, "average_steps": numberOrNull, "share": numberOrNull,
                "moves": ModelShapes.object(counts(ThinkingMove.allCases.map(\.rawValue))),
            ]),
        ])
    }()

    // MARK: Contexts

    static let context = ModelShapes.object([
        "id": text, "name": text, "tags": ModelShapes.list(of: text),
        "data": ["type": "object", "description": "Whatever is kept with it."], "instructions": text,
        "model": ModelShapes.textOrNull, "memory": onOrOff, "conversations": natural, "documents": natural,
        "created_at": ModelShapes.moment, "updated_at": ModelShapes.moment, "revision": ModelShapes.whole,
    ])

    static let contexts = ModelShapes.object(["contexts": ModelShapes.list(of: context)])
    static let removedContext = ModelShapes.object(["id": text, "deleted": truth, "conversations": natural])

    static let document = ModelShapes.object([
        "id": text, "name": text, "type": text, "bytes": natural, "is_text": truth, "note": ModelShapes.textOrNull,
        "created_at": ModelShapes.moment,
    ])
    static let documents = ModelShapes.object(["documents": ModelShapes.list(of: document)])
}
