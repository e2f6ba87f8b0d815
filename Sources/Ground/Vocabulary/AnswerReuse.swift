/// Whether a request takes an answer that was given before, and leaves its own for others.
public struct AnswerWish: Sendable, Equatable {
    public enum Use: String, Sendable, CaseIterable {
        /// As the server's policy says: only what is sure to be the same again.
        case automatic = "auto"
        /// An answer that was given before will do, even where another try might give another one.
        case use
        /// A new answer is wanted, and takes the place of the one that is kept.
        case refresh
        /// Neither take one nor keep one.
        case off
    }

    public var use: Use
    /// Whether an answer to a question that means the same will do; `nil` leaves it to the server.
    public var takesSimilar: Bool?
    /// Words by which answers are forgotten together.
    public var tags: [String]
    /// How long the answer may be kept; `nil` leaves it to the server.
    public var timeToLive: Duration?

    public static let tagsMax = 8
    public static let tagBytesMax = 64

    public init(
        _ use: Use = .automatic, takesSimilar: Bool? = nil, tags: [String] = [], timeToLive: Duration? = nil
    ) {
        self.use = use
        self.takesSimilar = takesSimilar
        self.tags = tags
        self.timeToLive = timeToLive
    }
}

/// That an answer was not written for this request, but given before.
public struct AnswerReuse: Sendable, Equatable {
    public enum Kind: String, Sendable {
        /// To the same request.
        case exact
        /// To a question that means the same.
        case semantic
    }

    public var kind: Kind
    /// The name by which it can be forgotten: hexadecimal.
    public var key: String
    /// Since it was written.
    public var age: Duration
    /// Cosine of the two questions' vectors, for `semantic`.
    public var similarity: Double?

    public init(_ kind: Kind, key: String, age: Duration, similarity: Double? = nil) {
        self.kind = kind
        self.key = key
        self.age = age
        self.similarity = similarity
    }
}
