import HTTPServing
import JSONText
import OpenAIAPI

/// What the API's document says about these endpoints, and who may use them.
enum OllamaSchemas: SchemaWriting {
    private static let images = list(of: text)
    private static let lines = RouteDescription.Content("application/x-ndjson", schema: text)
    private static let options = anything(
        "How the answer is written, by Ollama's names: temperature, num_predict, seed, stop and so on.")

    private static let common: JSONObject = [
        "model": text, "stream": ["type": "boolean", "default": true], "options": options,
        "format": ["oneOf": [["enum": ["json", ""]], anything("A JSON Schema.")]],
        "think": ["type": ["boolean", "string"]],
        "keep_alive": ["type": ["string", "number"]], "logprobs": truth,
        "top_logprobs": ["type": "integer", "minimum": 0, "maximum": .whole(RequestBounds.topLogprobsMax)],
    ]

    static let chat = describe(
        "ollamaChat", "Answer a chat, as lines of JSON or whole.", "chat.use", answer: OllamaShapes.chat,
        body: common.with([
            "messages": [
                "type": "array", "maxItems": .whole(RequestBounds.messagesMax),
                "items": [
                    "type": "object", "required": ["role"],
                    "properties": [
                        "role": ["enum": ["system", "user", "assistant", "tool"]], "content": text, "thinking": text,
                        "images": images, "tool_calls": list(of: ReportShapes.toolCall), "tool_name": text,
                    ],
                ],
            ],
            "tools": ["type": "array", "maxItems": .whole(RequestBounds.toolsMax), "items": ReportShapes.tool],
        ]), isStream: true)

    static let generate = describe(
        "ollamaGenerate", "Answer a prompt, as lines of JSON or whole.", "chat.use",
        answer: OllamaShapes.generate,
        body: common.with([
            "prompt": text, "suffix": text, "system": text, "raw": truth, "images": images,
            "context": ["type": "array", "items": ["type": "integer"]],
        ]), isStream: true)

    static let embed = describe(
        "ollamaEmbed", "Vectors of texts, of length 1.", "chat.use", answer: OllamaShapes.embed,
        body: [
            "model": text, "input": ["oneOf": [text, ["type": "array", "maxItems": 2_048, "items": text]]],
            "truncate": ["type": "boolean", "default": true], "dimensions": ["type": "integer", "minimum": 1],
            "keep_alive": ["type": ["string", "number"]], "options": options,
        ], required: ["input"])

    static let embeddings = describe(
        "ollamaEmbeddings", "The vector of one text, by the older name.", "chat.use",
        answer: OllamaShapes.embeddings,
        body: ["model": text, "prompt": text])

    static let tags = describe(
        "ollamaTags", "The models that can be asked for.", "models.read", answer: OllamaShapes.tags)
    static let running = describe(
        "ollamaPs", "The models that are in memory.", "models.read", answer: OllamaShapes.running)
    static let version = describe(
        "ollamaVersion", "The version of this server.", "models.read", answer: OllamaShapes.version)
    static let show = describe(
        "ollamaShow", "What one model is made of.", "models.read", answer: OllamaShapes.show,
        body: ["model": text, "verbose": truth],
        required: ["model"])

    static let pull = describe(
        "ollamaPull", "Bring a model from the hub and serve it.", "models.write", answer: OllamaShapes.status,
        body: ["model": text, "stream": truth, "insecure": truth], required: ["model"], isStream: true)
    static let create = describe(
        "ollamaCreate", "Serve a model under another name, with parameters of its own.", "models.write",
        answer: OllamaShapes.status,
        body: [
            "model": text, "from": text, "template": text,
            "parameters": anything("Options that apply where a request says nothing."), "stream": truth,
        ],
        required: ["model", "from"], isStream: true)
    static let copy = describe(
        "ollamaCopy", "Serve a model under another name, too.", "models.write",
        body: ["source": text, "destination": text], required: ["source", "destination"])
    static let delete = describe(
        "ollamaDelete", "Serve a model no more, and remove its files where nobody else uses them.", "models.write",
        body: ["model": text], required: ["model"])
    static let push = refuse("ollamaPush", "Refused: there is no registry to push to.")
    static let blobs = refuse("ollamaBlob", "Refused: files are imported.")

    private static func describe(
        _ operation: String, _ summary: String, _ permission: String, answer: JSONValue? = nil,
        body members: JSONObject? = nil, required: Set<String> = [], isStream: Bool = false
    ) -> RouteDescription {
        let error = OllamaShapes.error
        var good = RouteDescription.Response(.ok)
        good.contents = answer.map { [.json($0)] } ?? []
        if isStream { good.contents.append(lines) }
        return RouteDescription(
            operation: operation, summary: summary, tags: ["ollama"],
            requestBodies: members.map { [.json(body($0, required: required))] } ?? [],
            responses: [
                good, .init(.badRequest, nil, .json(error)), .init(.notFound, nil, .json(error)),
                .init(.tooManyRequests, nil, .json(error)), .init(.serviceUnavailable, nil, .json(error)),
            ], permission: permission)
    }

    private static func refuse(_ operation: String, _ summary: String) -> RouteDescription {
        RouteDescription(
            operation: operation, summary: summary, tags: ["ollama"],
            responses: [.init(.notImplemented, nil, .json(OllamaShapes.error))], permission: "models.write")
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
