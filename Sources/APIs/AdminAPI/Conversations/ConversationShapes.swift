import Conversations
import HTTPServing
import JSONText
import Vocabulary

/// JSON Schemas of what the routes of conversations answer with, beside `ConversationJSON`, which writes it.
enum ConversationShapes {
    private static let text = ModelShapes.text
    private static let natural = ModelShapes.natural
    private static let truth = ModelShapes.truth
    private static let citations: JSONValue = [
        "type": "array", "items": ["type": "object", "description": "A source."],
    ]
    private static let content: JSONValue = ["description": "A text, or an array of parts, as in a chat request."]
    private static let role = ModelShapes.oneOf(ChatMessage.Role.allCases.map(\.rawValue))
    private static let settings: JSONValue = [
        "type": "object", "description": "Members of a chat request that answers are asked with.",
    ]

    // MARK: Conversations

    static let conversation = ModelShapes.object(
        [
            "id": text, "title": text, "folder": text, "tags": ModelShapes.list(of: text), "pinned": truth,
            "archived": truth, "temporary": truth, "settings": settings, "context": ModelShapes.textOrNull,
            "memory": ["type": ["string", "null"], "enum": ["on", "off", .null]], "head": ModelShapes.textOrNull,
            "messages": natural, "created_at": ModelShapes.moment, "updated_at": ModelShapes.moment,
            "updated_us": ModelShapes.whole, "revision": ModelShapes.whole,
            "forked_from": ModelShapes.object(["conversation": text, "message": text]),
        ], optional: ["forked_from"])

    static let list = ModelShapes.object(["conversations": ModelShapes.list(of: conversation), "has_more": truth])

    static let groups: JSONValue = {
        let counts = ModelShapes.list(of: ModelShapes.object(["name": text, "conversations": natural]))
        return ModelShapes.object(["folders": counts, "tags": counts])
    }()

    static let imported = ModelShapes.object(["imported": ModelShapes.list(of: conversation), "messages": natural])

    /// A conversation as a file.
    static let file = ModelShapes.object([
        "format": text, "version": ["type": "integer", "const": 1], "title": text,
        "created": ["type": "integer", "description": "Microseconds since 1970."], "tags": ModelShapes.list(of: text),
        "head": ModelShapes.textOrNull, "settings": settings,
        "messages": ModelShapes.list(of: [
            "type": "object", "description": "A message of a chat request with its id, its parent and its time.",
            "required": ["id", "parent", "role", "created"],
        ]),
    ])

    // MARK: Messages

    static let importance: JSONValue = [
        "type": "string", "enum": ["low", "normal", "high", "pinned"],
        "description": "What becomes of it when the conversation no longer fits the model's window.",
    ]

    static let message = ModelShapes.object(
        [
            "id": text, "parent": ModelShapes.textOrNull, "role": role, "content": content,
            "status": ModelShapes.oneOf(Message.Status.allCases.map(\.rawValue)), "pinned": truth,
            "importance": importance, "created_at": ModelShapes.moment, "revision": ModelShapes.whole,
            "reasoning_content": text,
            "tool_calls": ModelShapes.list(of: ["type": "object", "description": "As in a chat's answer."]),
            "tool_call_id": text, "citations": citations,
            "memories_used": [
                "type": "array", "description": "What the answer was told from memory, files and other conversations.",
                "items": ["type": "object", "description": "Its source, and its words as they were told."],
            ], "model": text, "failure": text, "request_id": text,
            "report": ["type": "object", "description": "How the answer came about: `nexus` of a chat's answer."],
            "feedback": ModelShapes.object([
                "rating": ["type": "integer", "minimum": -1, "maximum": 1], "comment": ModelShapes.textOrNull,
            ]),
            "usage": ModelShapes.object([
                "prompt_tokens": natural, "completion_tokens": natural, "cached_tokens": natural,
                "reasoning_tokens": natural,
            ]), "siblings": ModelShapes.list(of: text),
        ],
        optional: [
            "reasoning_content", "tool_calls", "tool_call_id", "citations", "memories_used", "model", "failure",
            "request_id", "report", "feedback", "usage", "siblings",
        ])

    static let page = ModelShapes.object([
        "messages": ModelShapes.list(of: message), "leaf": ModelShapes.textOrNull, "has_more": truth, "count": natural,
    ])

    static let messages = ModelShapes.object(["messages": ModelShapes.list(of: message)])

    static let tree = ModelShapes.object([
        "head": ModelShapes.textOrNull,
        "nodes": ModelShapes.list(of: ModelShapes.object(["id": text, "parent": ModelShapes.textOrNull])),
    ])

    static let removed = ModelShapes.object(["removed": natural])
    static let deletedMessage = ModelShapes.object(["id": text, "removed": natural])
    static let stopped = ModelShapes.object(["id": text, "stopped": truth])

    // MARK: Search

    /// How far the vectors of an owner's texts are.
    static let meaning = ModelShapes.object([
        "available": truth, "model": ModelShapes.textOrNull, "indexed": natural, "pending": natural,
    ])

    static let hits = ModelShapes.object([
        "hits": ModelShapes.list(
            of: ModelShapes.object(
                [
                    "conversation": text, "title": text, "message": text, "role": text,
                    "created_at": ModelShapes.moment,
                    "excerpt": ModelShapes.list(of: ModelShapes.object(["text": text, "found": truth])),
                    "found_by": ModelShapes.list(of: text), "score": ["type": "number"],
                ], optional: ["score"])),
        "mode": ModelShapes.oneOf(SearchMode.allCases.map(\.rawValue)), "meaning": meaning,
    ])

    // MARK: Summaries

    private static let summaryMembers: JSONObject = [
        "text": text, "model": text, "through": text, "created_at": ModelShapes.moment, "stale": truth,
    ]
    static let summary = ModelShapes.object(["summary": ModelShapes.object(summaryMembers)])
    static let summaryOrNone = ModelShapes.object(["summary": ModelShapes.orNull(ModelShapes.object(summaryMembers))])

    // MARK: Links

    private static let shareMembers: JSONObject = [
        "id": text, "conversation": text, "leaf": text, "title": ModelShapes.textOrNull,
        "created_at": ModelShapes.moment, "expires_at": ModelShapes.momentOrNull,
    ]

    static let shares = ModelShapes.object(["shares": ModelShapes.list(of: ModelShapes.object(shareMembers))])

    static let newShare: JSONValue = {
        var members = shareMembers
        members["secret"] = ["type": "string", "description": "For GET /api/v1/shared/{secret}."]
        members["path"] = ["type": "string", "description": "The page of this server that shows it."]
        return ModelShapes.object(members)
    }()

    /// What strangers see.
    static let shared = ModelShapes.object([
        "title": text, "expires_at": ModelShapes.momentOrNull,
        "messages": ModelShapes.list(
            of: ModelShapes.object(
                [
                    "role": role, "content": content, "created_at": ModelShapes.moment, "reasoning_content": text,
                    "model": text, "citations": citations,
                ], optional: ["created_at", "reasoning_content", "model", "citations"])),
    ])
}
