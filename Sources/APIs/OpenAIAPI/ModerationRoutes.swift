public import HTTPServing
import JSONText
import Vocabulary

/// OpenAI's endpoint for moderation, which says that there is none.
public enum ModerationRoutes {
    public static let routes = [
        Route(
            .post, "/v1/moderations",
            RouteDescription(
                operation: "createModeration", summary: "Refused: there are no guardrails to judge a text by.",
                tags: ["openai"], requestBodies: [.json(["type": "object", "description": "Not looked at."])],
                responses: [.init(.notImplemented)],
                permission: "chat.use")
        ) { _ in
            throw ServiceError(
                .notSupported, "This server judges no texts yet: it has no guardrails.",
                hint: "Ask a model that was trained for it as a chat.")
        }
    ]
}
