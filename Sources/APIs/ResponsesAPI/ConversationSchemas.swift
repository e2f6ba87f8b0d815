import Conversations
import HTTPServing
import JSONText

/// What the API's document says about conversations.
enum ConversationSchemas: SchemaWriting {
    static let create = describe("createConversation", ResponseShapes.conversation, "Make a conversation.", body: both)
    static let get = describe("getConversation", ResponseShapes.conversation, "One conversation, without its items.")
    static let update = describe(
        "updateConversation", ResponseShapes.conversation, "Change a conversation's metadata.",
        body: ["metadata": ResponseShapes.metadata])
    static let delete = describe(
        "deleteConversation", ResponseShapes.deletedConversation, "Forget a conversation with its items.")
    static let listItems = describe(
        "listConversationItems", ResponseShapes.items, "The items of a conversation, the newest first.",
        ResponsesSchemas.page)
    static let addItems = describe(
        "addConversationItems", ResponseShapes.items, "Add items at the end of a conversation.",
        body: ["items": items], required: ["items"])
    static let getItem = describe("getConversationItem", ResponseShapes.kept, "One item of a conversation.")
    static let deleteItem = describe(
        "deleteConversationItem", ResponseShapes.conversation, "Take an item out of a conversation.")

    private static let items: JSONValue = [
        "type": "array", "maxItems": .whole(ConversationRoutes.addedMax), "items": ResponseShapes.sent,
    ]
    private static let both: JSONObject = ["metadata": ResponseShapes.metadata, "items": items]

    private static func describe(
        _ operation: String, _ answer: JSONValue, _ summary: String, _ parameters: [RouteDescription.Parameter] = [],
        body members: JSONObject? = nil, required: Set<String> = []
    ) -> RouteDescription {
        RouteDescription(
            operation: operation, summary: summary, tags: ["openai"], parameters: parameters,
            requestBodies: members.map { [.json(body($0, required: required))] } ?? [],
            responses: [
                .init(.ok, nil, .json(answer)), .init(.badRequest, nil, .json(ResponsesSchemas.error)),
                .init(.notFound, nil, .json(ResponsesSchemas.error)),
            ], permission: "chat.use")
    }
}
