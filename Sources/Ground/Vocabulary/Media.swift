/// An image or a recording within a prompt, as a client sent it. Not yet looked into.
public struct MediaPart: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        case image, audio
    }

    /// Where its bytes are.
    public enum Source: Sendable, Equatable {
        /// A whole file: PNG, JPEG, GIF or BMP; WAV, MP3 or FLAC.
        case bytes([UInt8])
        /// A `file:` or `http(s):` URL. Whether it is followed is the engine's to decide.
        case url(String)
    }

    public var kind: Kind
    public var source: Source
    /// The request's field that it came from, for error messages: `messages[0].content[1].image_url.url`.
    public var field: String

    public init(_ kind: Kind, _ source: Source, field: String = "") {
        self.kind = kind
        self.source = source
        self.field = field
    }
}

/// A piece of what a person or a program wrote into a prompt, in its place among the others.
public enum ContentPart: Sendable, Equatable {
    case text(String)
    case media(MediaPart)

    public var isMedia: Bool { if case .media = self { true } else { false } }
}

extension Sequence<ContentPart> {
    /// The texts, one after the other.
    public var text: String { map { if case .text(let text) = $0 { text } else { "" } }.joined() }
    /// The images and recordings, in order.
    public var media: [MediaPart] { compactMap { if case .media(let part) = $0 { part } else { nil } } }
}

/// What a model reads beside text.
public struct Modalities: Sendable, Equatable {
    public var image: Bool
    public var audio: Bool

    public init(image: Bool = false, audio: Bool = false) {
        self.image = image
        self.audio = audio
    }

    public var isTextOnly: Bool { !image && !audio }

    /// `text` and what there is beside it.
    public var names: [String] { ["text"] + (image ? ["image"] : []) + (audio ? ["audio"] : []) }
}
