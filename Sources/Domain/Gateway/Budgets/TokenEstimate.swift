internal import JSONText
public import Vocabulary

/// How many tokens a request will be, before anybody has counted. No tokenizer makes more tokens than there are bytes, so that
/// `most` is a bound for text; `likely` is what English usually becomes.
public struct TokenEstimate: Sendable, Equatable {
    /// What a template writes around a message, at most.
    static let messageTokens: Int64 = 16
    /// What an image or a recording becomes, at most, for the models that there are.
    static let mediaTokens: Int64 = 4_096

    public var likely: Int64
    public var most: Int64

    public init(likely: Int64, most: Int64) {
        self.likely = likely
        self.most = most
    }

    /// Of a text with so many bytes, in so many messages.
    public init(bytes: Int, messages: Int = 1, media: Int = 0) {
        let around = Int64(messages) * Self.messageTokens
        likely = Int64(bytes + 3) / 4 + Int64(messages) * 4 + Int64(media) * Self.mediaTokens / 4
        most = Int64(bytes) + around + Int64(media) * Self.mediaTokens
    }

    /// Of the prompt of a request.
    public init(_ prompt: GenerationRequest.Prompt) {
        switch prompt {
        case .chat(let messages, let tools):
            var (bytes, media) = (0, 0)
            for message in messages {
                for part in message.content {
                    if case .text(let text) = part { bytes += text.utf8.count } else { media += 1 }
                }
                for call in message.toolCalls { bytes += call.name.utf8.count + call.arguments.utf8.count + 16 }
                bytes += message.reasoning?.utf8.count ?? 0
            }
            // Templates write definitions as JSON, with escapes and indentation.
            for tool in tools { bytes += 2 * Self.size(of: tool.definition) }
            self.init(bytes: bytes, messages: messages.count + 1, media: media)
        case .text(let text): self.init(bytes: text.utf8.count)
        case .tokens(let tokens): self.init(likely: Int64(tokens.count), most: Int64(tokens.count) + 2)
        case .pieces(let pieces): self.init(pieces)
        case .infill(let infill):
            self.init(infill.prefix + infill.suffix)
            add(TokenEstimate(bytes: infill.middle.utf8.count, messages: 1 + infill.files.count))
            for file in infill.files { add(TokenEstimate(bytes: file.name.utf8.count + file.text.utf8.count)) }
        case .parts(let parts):
            var (bytes, media) = (0, 0)
            for part in parts {
                if case .text(let text) = part { bytes += text.utf8.count } else { media += 1 }
            }
            self.init(bytes: bytes, media: media)
        }
    }

    /// About the bytes of a value as JSON, without writing it.
    private static func size(of value: JSONValue) -> Int {
        switch value {
        case .string(let text): text.utf8.count + 3
        case .array(let values): values.reduce(2) { $0 + size(of: $1) }
        case .object(let members): members.reduce(2) { $0 + $1.key.utf8.count + 4 + size(of: $1.value) }
        default: 8
        }
    }

    private init(_ pieces: [MixedPiece]) {
        var (bytes, tokens) = (0, 0)
        for piece in pieces {
            if case .text(let text) = piece { bytes += text.utf8.count } else { tokens += 1 }
        }
        self.init(bytes: bytes)
        add(TokenEstimate(likely: Int64(tokens), most: Int64(tokens)))
    }

    /// Of texts that are read and not answered.
    public init(_ inputs: [EmbeddingInput]) {
        self.init(likely: 0, most: 0)
        for input in inputs {
            switch input {
            case .text(let text): add(TokenEstimate(bytes: text.utf8.count))
            case .tokens(let tokens): add(TokenEstimate(likely: Int64(tokens.count), most: Int64(tokens.count)))
            case .mixed(let pieces):
                for piece in pieces {
                    if case .text(let text) = piece {
                        add(TokenEstimate(bytes: text.utf8.count))
                    } else {
                        add(TokenEstimate(likely: 1, most: 1))
                    }
                }
            }
        }
    }

    public mutating func add(_ other: TokenEstimate) {
        likely += other.likely
        most += other.most
    }
}
