import Conversations
import HTTPServing
import JSONText

/// What the API's document says about conversations.
enum ConversationSchemas {
    static let create = describe("createConversation", "Make a conversation.", body: both)
    static let get = describe("getConversation", "One conversation, without its items.")
    static let update = describe("updateConversation", "Change a conversation's metadata.", body: ["metadata": object])
    static let delete = describe("deleteConversation", "Forget a conversation with its items.")
    static let listItems = describe(
        "listConversationItems", "The items of a conversation, the newest first.",
        ResponsesSchemas.page)
    static let addItems = describe(
        "addConversationItems", "Add items at the end of a conversation.", body: ["items": items], required: ["items"])
    static let getItem = describe("getConversationItem", "One item of a conversation.")
    static let deleteItem = describe("deleteConversationItem", "Take an item out of a conversation.")

    private static let object: JSONValue = ["type": "object"]
    private static let items: JSONValue = [
        "type": "array", "maxItems": .whole(ConversationRoutes.addedMax), "items": object,
    ]
    private static let both: JSONObject = ["metadata": object, "items": items]

    private static func describe(
        _ operation: String, _ summary: String, _ parameters: [RouteDescription.Parameter] = [],
        body: JSONObject? = nil, required: [JSONValue] = []
    ) -> RouteDescription {
        var schema: JSONObject = ["type": "object"]
        schema["properties"] = body.map(JSONValue.object)
        if !required.isEmpty { schema["required"] = .array(required) }
        return RouteDescription(
            operation: operation, summary: summary, tags: ["openai"], parameters: parameters,
            requestBodies: body == nil ? [] : [.json(.object(schema))],
            responses: [
                .init(.ok, nil, .json(object)), .init(.badRequest, nil, .json(ResponsesSchemas.error)),
                .init(.notFound, nil, .json(ResponsesSchemas.error)),
            ], permission: "chat.use")
    }
}
