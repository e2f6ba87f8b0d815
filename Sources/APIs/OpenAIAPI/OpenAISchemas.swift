import HTTPServing
import JSONText
import RequestScope
import Vocabulary

/// What the OpenAPI document says about these endpoints.
enum OpenAISchemas: SchemaWriting {
    static let chatCompletion = RouteDescription(
        operation: "createChatCompletion", summary: "Answer a chat, whole or as a stream of chunks.", tags: ["openai"],
        parameters: headers,
        requestBodies: [
            .json(body(RequestSchemas.shared.merging(RequestSchemas.chatCompletion), required: ["messages"]))
        ],
        responses: answers(.json(AnswerShapes.chatCompletion), .events), permission: "chat.use")

    static let completion = RouteDescription(
        operation: "createCompletion", summary: "Continue a text, whole or as a stream of chunks.", tags: ["openai"],
        parameters: headers,
        requestBodies: [
            .json(body(RequestSchemas.shared.merging(RequestSchemas.textCompletion), required: ["prompt"]))
        ],
        responses: answers(.json(AnswerShapes.textCompletion), .events), permission: "chat.use")

    static let countTokens = RouteDescription(
        operation: "countChatCompletionTokens", summary: "How many tokens the prompt of a chat has.", tags: ["openai"],
        requestBodies: [
            .json(body(RequestSchemas.shared.merging(RequestSchemas.chatCompletion), required: ["messages"]))
        ],
        responses: answers(.json(AnswerShapes.tokenCount)), permission: "chat.use")

    static let listModels = RouteDescription(
        operation: "listModels", summary: "The models that can be asked for.", tags: ["openai"],
        responses: [.init(.ok, nil, .json(AnswerShapes.models))], permission: "models.read")

    static let getModel = RouteDescription(
        operation: "getModel", summary: "One model.", tags: ["openai"],
        parameters: [.init("model", in: .path, summary: "The model's name; it may contain slashes.")],
        responses: [.init(.ok, nil, .json(AnswerShapes.model)), .init(.notFound, nil, .json(error))],
        permission: "models.read")

    private static let headers: [RouteDescription.Parameter] = [
        .init("X-Nexus-Tenant", in: .header, summary: "Who asks, where `nexus.tenant` does not say it."),
        .init(
            "X-Nexus-Priority", in: .header, summary: "How urgent it is, where `nexus.priority` does not say it.",
            schema: ["enum": RequestSchemas.words(Priority.self)]),
        .init("X-Nexus-Tags", in: .header, summary: "Tags with commas between them, as `nexus.tags`."),
        .init("X-Nexus-Prefer", in: .header, summary: "As `nexus.prefer`."),
        .init("X-Nexus-Ensemble", in: .header, summary: "As `nexus.ensemble`."),
        .init("X-Nexus-First-Token-Timeout-Ms", in: .header, summary: "As `nexus.first_token_timeout_ms`."),
        .init("X-Nexus-Timeout-Ms", in: .header, summary: "As `nexus.timeout_ms`."),
    ]

    private static let error = WireError.schema

    private static func answers(_ contents: RouteDescription.Content...) -> [RouteDescription.Response] {
        var answer = RouteDescription.Response(.ok)
        answer.contents = contents
        return [
            answer, .init(.badRequest, nil, .json(error)), .init(.notFound, nil, .json(error)),
            .init(.contentTooLarge, nil, .json(error)), .init(.tooManyRequests, nil, .json(error)),
            .init(.serviceUnavailable, nil, .json(error)),
        ]
    }
}

extension JSONObject {
    /// These members, and those of `others`, which win.
    func merging(_ others: JSONObject) -> JSONObject {
        var merged = self
        for (key, value) in others { merged[key] = value }
        return merged
    }
}
