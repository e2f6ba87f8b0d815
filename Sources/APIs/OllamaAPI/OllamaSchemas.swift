import HTTPServing
import JSONText
import OpenAIAPI

/// What the API's document says about these endpoints, and who may use them.
enum OllamaSchemas {
    private static let text: JSONValue = ["type": "string"]
    private static let object: JSONValue = ["type": "object"]
    private static let flag: JSONValue = ["type": "boolean"]
    private static let images: JSONValue = ["type": "array", "items": text]
    private static let lines = RouteDescription.Content("application/x-ndjson", schema: text)

    private static let common: JSONObject = [
        "model": text, "stream": ["type": "boolean", "default": true], "options": object,
        "format": ["oneOf": [["enum": ["json", ""]], object]], "think": ["type": ["boolean", "string"]],
        "keep_alive": ["type": ["string", "number"]], "logprobs": flag,
        "top_logprobs": ["type": "integer", "minimum": 0, "maximum": .whole(RequestBounds.topLogprobsMax)],
    ]

    static let chat = describe(
        "ollamaChat", "Answer a chat, as lines of JSON or whole.", "chat.use",
        body: common.with([
            "messages": [
                "type": "array", "maxItems": .whole(RequestBounds.messagesMax),
                "items": [
                    "type": "object", "required": ["role"],
                    "properties": [
                        "role": ["enum": ["system", "user", "assistant", "tool"]], "content": text, "thinking": text,
                        "images": images, "tool_calls": ["type": "array", "items": object], "tool_name": text,
                    ],
                ],
            ],
            "tools": ["type": "array", "maxItems": .whole(RequestBounds.toolsMax), "items": object],
        ]), isStream: true)

    static let generate = describe(
        "ollamaGenerate", "Answer a prompt, as lines of JSON or whole.", "chat.use",
        body: common.with([
            "prompt": text, "suffix": text, "system": text, "raw": flag, "images": images,
            "context": ["type": "array", "items": ["type": "integer"]],
        ]), isStream: true)

    static let embed = describe(
        "ollamaEmbed", "Vectors of texts, of length 1.", "chat.use",
        body: [
            "model": text, "input": ["oneOf": [text, ["type": "array", "maxItems": 2_048, "items": text]]],
            "truncate": ["type": "boolean", "default": true], "dimensions": ["type": "integer", "minimum": 1],
            "keep_alive": ["type": ["string", "number"]], "options": object,
        ], required: ["input"])

    static let embeddings = describe(
        "ollamaEmbeddings", "The vector of one text, by the older name.", "chat.use",
        body: ["model": text, "prompt": text])

    static let tags = describe("ollamaTags", "The models that can be asked for.", "models.read")
    static let running = describe("ollamaPs", "The models that are in memory.", "models.read")
    static let version = describe("ollamaVersion", "The version of this server.", "models.read")
    static let show = describe(
        "ollamaShow", "What one model is made of.", "models.read", body: ["model": text, "verbose": flag],
        required: ["model"])

    static let pull = describe(
        "ollamaPull", "Bring a model from the hub and serve it.", "models.write",
        body: ["model": text, "stream": flag, "insecure": flag], required: ["model"], isStream: true)
    static let create = describe(
        "ollamaCreate", "Serve a model under another name, with parameters of its own.", "models.write",
        body: ["model": text, "from": text, "template": text, "parameters": object, "stream": flag],
        required: ["model", "from"], isStream: true)
    static let copy = describe(
        "ollamaCopy", "Serve a model under another name, too.", "models.write",
        body: ["source": text, "destination": text], required: ["source", "destination"])
    static let delete = describe(
        "ollamaDelete", "Serve a model no more, and remove its files where nobody else uses them.", "models.write",
        body: ["model": text], required: ["model"])
    static let push = describe("ollamaPush", "Refused: there is no registry to push to.", "models.write")
    static let blobs = describe("ollamaBlob", "Refused: files are imported.", "models.write")

    private static func describe(
        _ operation: String, _ summary: String, _ permission: String, body: JSONObject? = nil,
        required: [JSONValue] = [], isStream: Bool = false
    ) -> RouteDescription {
        var schema: JSONObject = ["type": "object"]
        if let body {
            schema["properties"] = .object(body)
            if !required.isEmpty { schema["required"] = .array(required) }
        }
        let error: JSONValue = ["type": "object", "required": ["error"], "properties": ["error": text]]
        let answer: RouteDescription.Response =
            isStream ? .init(.ok, nil, .json(object), lines) : .init(.ok, nil, .json(object))
        return RouteDescription(
            operation: operation, summary: summary, tags: ["ollama"],
            requestBodies: body == nil ? [] : [.json(.object(schema))],
            responses: [
                answer, .init(.badRequest, nil, .json(error)), .init(.notFound, nil, .json(error)),
                .init(.tooManyRequests, nil, .json(error)), .init(.serviceUnavailable, nil, .json(error)),
            ], permission: permission)
    }
}

extension JSONObject {
    /// With the members of another one.
    fileprivate func with(_ other: JSONObject) -> JSONObject {
        var all = self
        for (name, value) in other { all[name] = value }
        return all
    }
}
