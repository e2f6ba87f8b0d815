public import JSONText

/// One model of the catalogue: what it is, where its files lie, what people think of it. Long texts are apart
/// (`ModelTexts`), so that lists stay small.
public struct ModelRecord: Sendable, Equatable {
    public let name: ModelName
    public var state: ModelState
    /// Why the last step failed, while it counts as failed.
    public var failure: String?
    public var origin: ModelOrigin
    public var files: [ModelFile]
    public var metadata: ModelMetadata
    /// What the model's publisher recommends for requests that do not say themselves.
    public var defaults: RequestDefaults
    public var opinion = Opinion()
    /// Microseconds since 1970.
    public var addedAt: Int64
    public var changedAt: Int64

    public init(
        name: ModelName, state: ModelState, origin: ModelOrigin, files: [ModelFile] = [],
        metadata: ModelMetadata = ModelMetadata(), defaults: RequestDefaults = RequestDefaults(), addedAt: Int64
    ) {
        self.name = name
        self.state = state
        self.origin = origin
        self.files = files
        self.metadata = metadata
        self.defaults = defaults
        self.addedAt = addedAt
        changedAt = addedAt
    }

    /// What people of this machine say about a model.
    public struct Opinion: Sendable, Equatable {
        /// 1 to 5.
        public var rating: Int?
        public var notes: String?
        /// In the order given, each once.
        public var tags: [String] = []

        public init(rating: Int? = nil, notes: String? = nil, tags: [String] = []) {
            self.rating = rating
            self.notes = notes
            self.tags = tags
        }

        public static let ratings = 1...5
        public static let notesBytesMax = 16_384
        public static let tagsMax = 32
        public static let tagBytesMax = 64
    }

    /// Bytes of all files.
    public var byteCount: Int64 { files.reduce(0) { $0 &+ $1.identity.byteCount } }

    /// The file that a worker is started with: the weights, of several parts the first.
    public var mainFile: ModelFile? { files.first { $0.role == .weights } }

    /// What reads images or recordings for the model.
    public var projector: ModelFile? { files.first { $0.role == .projector } }
}

/// What a model is made of, as far as its files tell. Absent is `nil`, never a guess.
public struct ModelMetadata: Sendable, Equatable {
    /// `gguf`, `safetensors`, `onnx`.
    public var format: String?
    /// `llama`, `qwen2`, `bert`.
    public var architecture: String?
    /// What the file calls itself.
    public var title: String?
    /// Numbers in all tensors.
    public var parameterCount: Int64?
    /// `Q4_K_M`, `F16`.
    public var quantization: String?
    /// Tokens that it was trained for.
    public var contextLength: Int?
    public var embeddingLength: Int?
    public var blockCount: Int?
    public var headCount: Int?
    public var keyValueHeadCount: Int?
    public var vocabularySize: Int?
    /// `llama`, `gpt2`, `bert`.
    public var tokenizer: String?
    /// `apache-2.0`.
    public var license: String?
    public var hasChatTemplate = false

    public init() {}
}

/// The long texts of a model.
public struct ModelTexts: Sendable, Equatable {
    /// Jinja source, as the file has it.
    public var chatTemplate: String?
    public var license: String?
    /// The model card, Markdown.
    public var card: String?

    public init(chatTemplate: String? = nil, license: String? = nil, card: String? = nil) {
        self.chatTemplate = chatTemplate
        self.license = license
        self.card = card
    }

    /// Bytes of one text; what is longer is cut at a character, with a mark.
    public static let bytesMax = 256 << 10

    /// The texts within the bound.
    public var bounded: ModelTexts {
        ModelTexts(chatTemplate: Self.cut(chatTemplate), license: Self.cut(license), card: Self.cut(card))
    }

    private static func cut(_ text: String?) -> String? {
        guard let text, text.utf8.count > bytesMax else { return text.map(withoutZeros) }
        var end = text.utf8.index(text.startIndex, offsetBy: bytesMax)
        while end > text.startIndex, end.samePosition(in: text) == nil { end = text.utf8.index(before: end) }
        return withoutZeros(String(text[..<end])) + "\n…"
    }

    /// No database keeps a zero in a text.
    private static func withoutZeros(_ text: String) -> String {
        text.utf8.contains(0) ? text.replacing("\0", with: "\u{FFFD}") : text
    }
}

/// What requests to a model mean when they do not say themselves. The members go by OpenAI's and llama-server's names.
public struct RequestDefaults: Sendable, Equatable {
    /// `temperature`, `top_p`, …: numbers, and texts for `stop`.
    public var parameters = JSONObject()
    public var system: String?
    /// Tokens of context that the publisher serves it with.
    public var contextTokens: Int?

    public init() {}

    public var isEmpty: Bool { parameters.isEmpty && system == nil && contextTokens == nil }
}
