import Conversations
import HTTPServing
import JSONText

extension ConversationRoutes {
    enum Permission: String {
        case read = "conversations.read"
        case write = "conversations.write"
    }

    private static let revision: JSONValue = [
        "type": "integer", "description": "As it was read; the change is refused with 409 when it is another one now.",
    ]
    private static let fields: JSONValue = [
        "type": "object",
        "properties": [
            "title": ["type": "string", "maxLength": 512],
            "folder": ["type": "string", "description": "Names with slashes between; empty is none."],
            "tags": ["type": "array", "items": ["type": "string"], "maxItems": 32],
            "pinned": ["type": "boolean"], "archived": ["type": "boolean"], "temporary": ["type": "boolean"],
            "settings": [
                "type": "object", "description": "Members of a chat request that its answers are asked with.",
            ],
            "context": ["type": ["string", "null"], "description": "The context that it belongs to."],
            "memory": [
                "type": ["string", "null"], "enum": ["on", "off", .null],
                "description": "Whether memory is used and learned in it; null is as its context or its user has it.",
            ],
            "head": ["type": "string", "description": "The last message of the branch that is shown."],
            "revision": revision,
        ],
    ]
    private static let newMessage: JSONValue = [
        "type": "object", "required": ["role", "content"],
        "properties": [
            "role": ["type": "string", "enum": ["system", "developer", "user", "assistant", "tool"]],
            "content": ["type": ["string", "array", "null"]],
            "parent": [
                "type": ["string", "null"],
                "description":
                    "The message that it follows; the conversation's head where it is left out, none where null.",
            ],
            "feedback": [
                "type": "object", "properties": ["rating": ["type": "integer", "minimum": -1, "maximum": 1]],
            ],
            "pinned": ["type": "boolean"], "importance": ConversationShapes.importance, "citations": ["type": "array"],
        ],
    ]

    /// A route about one thing that may not be there.
    static func one(
        _ operation: String, _ summary: String, _ permission: Permission = .read, answer: JSONValue
    ) -> RouteDescription {
        RouteDescription(
            operation: operation, summary: summary, tags: ["conversations"],
            responses: [.init(.ok, nil, .json(answer)), .init(.notFound)], permission: permission.rawValue)
    }

    static func writing(
        _ operation: String, _ summary: String, _ body: JSONValue, _ status: HTTPStatus, _ answer: JSONValue
    ) -> RouteDescription {
        RouteDescription(
            operation: operation, summary: summary, tags: ["conversations"], requestBodies: [.json(body)],
            responses: [
                .init(status, nil, .json(answer)), .init(.badRequest), .init(.notFound), .init(.conflict),
            ], permission: Permission.write.rawValue)
    }

    static let listing = RouteDescription(
        operation: "listConversations", summary: "Your conversations, the one used last first.",
        tags: ["conversations"],
        parameters: [
            .init("folder", in: .query, summary: "Only of this folder."),
            .init("tag", in: .query, summary: "Only with this tag."),
            .init("title", in: .query, summary: "Only with these letters in the title."),
            .init("archived", in: .query, summary: "Archived ones instead.", schema: ["type": "boolean"]),
            .init("pinned", in: .query, summary: "Only pinned ones, or only others.", schema: ["type": "boolean"]),
            .init("context", in: .query, summary: "Only of this context; none for what belongs to none."),
            .init(
                "before_us", in: .query, summary: "For the next page: updated_us of the last one.",
                schema: ["type": "integer"]),
            .init(
                "limit", in: .query, summary: "How many at most.",
                schema: ["type": "integer", "minimum": 1, "maximum": 500, "default": 100]),
        ],
        responses: [
            .init(.ok, nil, .json(ConversationShapes.list)), .init(.badRequest),
        ], permission: Permission.read.rawValue)

    static let grouping = RouteDescription(
        operation: "listConversationGroups", summary: "Folders and tags in use.", tags: ["conversations"],
        responses: [.init(.ok, nil, .json(ConversationShapes.groups))], permission: Permission.read.rawValue)

    static let searching = RouteDescription(
        operation: "searchMessages", summary: "Messages by words (newest first) or by meaning (best first).",
        tags: ["conversations"],
        parameters: [
            .init("q", in: .query, isRequired: true, summary: "Words; the last one may be unfinished."),
            .init(
                "mode", in: .query,
                summary: "By words, by meaning, or both; both falls back to words where no model makes vectors.",
                schema: ["type": "string", "enum": ["text", "semantic", "hybrid"], "default": "text"]),
            .init("context", in: .query, summary: "Only of this context; none for what belongs to none."),
            .init("model", in: .query, summary: "Only answers of this model."),
            .init("tag", in: .query, summary: "Only of conversations with this tag."),
            .init("role", in: .query, summary: "Only of this role."),
            .init(
                "attachments", in: .query, summary: "Only with attachments, or without.", schema: ["type": "boolean"]),
            .init("since_us", in: .query, summary: "Microseconds since 1970.", schema: ["type": "integer"]),
            .init("until_us", in: .query, summary: "Microseconds since 1970.", schema: ["type": "integer"]),
            .init(
                "limit", in: .query, summary: "How many at most.",
                schema: ["type": "integer", "minimum": 1, "maximum": 200, "default": 50]),
        ],
        responses: [.init(.ok, nil, .json(ConversationShapes.hits)), .init(.badRequest)],
        permission: Permission.read.rawValue)

    static let creating = writing(
        "startConversation", "A new conversation.", fields, .created, ConversationShapes.conversation)
    static let changing = writing(
        "changeConversation", "Change what is named.", fields, .ok, ConversationShapes.conversation)
    static let adding = writing("addMessage", "Add a message.", newMessage, .created, ConversationShapes.message)
    static let editing = writing(
        "changeMessage", "Change what is named. To edit and keep the old wording, add a message with the same parent.",
        [
            "type": "object",
            "properties": [
                "content": ["type": ["string", "array", "null"]], "pinned": ["type": "boolean"],
                "importance": ConversationShapes.importance,
                "feedback": ["type": "object"], "citations": ["type": "array"], "revision": revision,
            ],
        ], .ok, ConversationShapes.message)
    static let forking = writing(
        "forkConversation", "A branch as a conversation of its own.",
        ["type": "object", "required": ["message"], "properties": ["message": ["type": "string"]]], .created,
        ConversationShapes.conversation)
    static let copying = writing(
        "copyMessages", "Take selected messages of other branches over, one behind the other.",
        [
            "type": "object", "required": ["messages"],
            "properties": [
                "messages": ["type": "array", "items": ["type": "string"], "maxItems": 200],
                "parent": ["type": ["string", "null"]],
            ],
        ], .created, ConversationShapes.messages)
    static let answering = writing(
        "answerMessage",
        "Begin an answer. It goes on when nobody looks; follow it with …/messages/{message}/events.",
        [
            "type": "object",
            "properties": [
                "parent": ["type": "string", "description": "The message to answer; the head where it is left out."],
                "request": [
                    "type": "object", "description": "Members of a chat request, over those of the settings.",
                ],
            ],
        ], .accepted, ConversationShapes.message)
    static let sharing = writing(
        "shareConversation", "A link by which others may read a branch. Its secret is shown once.",
        [
            "type": "object",
            "properties": [
                "leaf": ["type": "string", "description": "The branch ends here; at the head where it is left out."],
                "expires_in_seconds": ["type": "integer", "minimum": 60, "maximum": 315_360_000],
                "title": [
                    "type": "string", "minLength": 1, "maxLength": 512,
                    "description": "What readers see above it; the conversation's title where it is left out.",
                ],
            ],
        ], .created, ConversationShapes.newShare)
    static let importing = writing(
        "importConversations",
        "Take in what Llama Nexus, ChatGPT, Claude or Open WebUI exported: all of it or nothing.",
        ["description": "The exported file as it is."], .created, ConversationShapes.imported)

    static let exporting = RouteDescription(
        operation: "exportConversation", summary: "A conversation as a file.", tags: ["conversations"],
        parameters: [
            .init(
                "format", in: .query, summary: "json has all branches, the others the one that is shown.",
                schema: ["type": "string", "enum": ["json", "markdown", "pdf"], "default": "json"]),
            .init("leaf", in: .query, summary: "Only the branch that ends here."),
        ],
        responses: [
            .init(
                .ok, nil, .json(ConversationShapes.file), .init("text/markdown", schema: ["type": "string"]),
                .init("application/pdf", schema: ["type": "string", "format": "binary"])),
            .init(.notFound),
        ],
        permission: Permission.read.rawValue)

    static let paging = RouteDescription(
        operation: "listMessages", summary: "The end of a branch, oldest first.", tags: ["conversations"],
        parameters: [
            .init(
                "leaf", in: .query, summary: "The branch that ends here; the conversation's head where it is left out."),
            .init("before", in: .query, summary: "Only what comes before this message: for the next page."),
            .init(
                "limit", in: .query, summary: "How many at most.",
                schema: ["type": "integer", "minimum": 1, "maximum": 1000, "default": 200]),
        ],
        responses: [
            .init(.ok, nil, .json(ConversationShapes.page)), .init(.badRequest), .init(.notFound),
        ], permission: Permission.read.rawValue)

    static let following = RouteDescription(
        operation: "followAnswer",
        summary: "All that is written so far, then each piece, then the whole message, as server-sent events.",
        tags: ["conversations"], responses: [.init(.ok, nil, .events), .init(.notFound)],
        permission: Permission.read.rawValue)

    static let reading = RouteDescription(
        operation: "readShared", summary: "What a share link shows. The link is the permission.",
        tags: ["conversations"], responses: [.init(.ok, nil, .json(ConversationShapes.shared)), .init(.notFound)])
}
