public import Vocabulary

/// What turns images and recordings into vectors that a model reads: the projector beside it, and what opens files.
///
/// Safe to use from any thread; `encode` is called by one thread only.
public protocol MediaReading: Sendable {
    var modalities: Modalities { get }
    /// Opens what is in a prompt and cuts the prompt into pieces. On the caller's task; computes.
    ///
    /// - Parameters:
    ///   - parts: texts, which are read with the names of control tokens as control tokens, and what stands between them.
    ///   - addsSpecial: puts the begin token before them where the vocabulary wants one.
    /// - Returns: the pieces, in order.
    /// - Throws: `ServiceError` that names the part which cannot be read.
    func pieces(of parts: [ContentPart], addsSpecial: Bool) throws(ServiceError) -> [PromptPiece]
    /// Computes the vectors of a chunk: `chunk.rows` of them, one after the other.
    func encode(_ chunk: MediaChunk) throws(ServiceError) -> [Float]
}

/// A part of a prompt as the model gets it.
public enum PromptPiece: Sendable {
    case tokens([Int32])
    case media(MediaChunk)
}

/// An image, a recording, or a part of one, that takes the place of some tokens.
public struct MediaChunk: Sendable {
    /// 32 bytes that no other content, and no other projector, has.
    public let identity: [UInt8]
    /// Vectors, each of which takes the place of a token; at least 1.
    public let rows: Int
    /// How far positions move on; 1 to `rows`. Fewer than rows where a model gives an image a place in a plane (M-RoPE).
    public let positions: Int
    /// Whether each row looks at earlier ones only. All rows of one that does not are computed together.
    public let isCausal: Bool
    /// What the runtime knows it by.
    public let handle: any AnyObject & Sendable

    public init(identity: [UInt8], rows: Int, positions: Int, isCausal: Bool, handle: any AnyObject & Sendable) {
        precondition(identity.count == 32 && rows > 0 && (1...rows).contains(positions), "a chunk takes some place")
        self.identity = identity
        self.rows = rows
        self.positions = positions
        self.isCausal = isCausal
        self.handle = handle
    }
}

/// Rows of a chunk for one computation.
public struct MediaRows: Sendable {
    public var chunk: MediaChunk
    /// Of the whole chunk.
    public var vectors: [Float]
    /// Which rows to compute.
    public var range: Range<Int>
    /// The position of the chunk's first row.
    public var position: Int
    public var sequence: Int
    /// Whether a token is to be chosen after the last row of `range`.
    public var wantsLogits: Bool

    public init(
        chunk: MediaChunk, vectors: [Float], range: Range<Int>, position: Int, sequence: Int, wantsLogits: Bool
    ) {
        self.chunk = chunk
        self.vectors = vectors
        self.range = range
        self.position = position
        self.sequence = sequence
        self.wantsLogits = wantsLogits
    }
}

extension ModelRuntime {
    /// Most runtimes read tokens only.
    public func decode(_ rows: MediaRows) throws -> Int {
        throw ServiceError(.unsupported, "This model reads tokens only.")
    }
}
