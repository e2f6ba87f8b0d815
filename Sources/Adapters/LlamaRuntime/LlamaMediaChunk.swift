import CLlama
import CMediaShim

/// The pixels of an image, or the samples of a recording.
///
/// `Sendable`: it never changes, and the pointer is freed in `deinit`, when nobody can hold it any more.
@safe
public final class LlamaBitmap: Sendable {
    // Unsafe only to the compiler: the pointer is a constant, and what it points to never changes until `deinit`.
    nonisolated(unsafe) let handle: OpaquePointer

    init(_ handle: OpaquePointer) { unsafe self.handle = handle }

    deinit { unsafe nexus_media_free_bitmap(handle) }
}

/// A part of a prompt that is no text, ready to be turned into vectors.
///
/// `Sendable`: it never changes, and the pointer is freed in `deinit`, when nobody can hold it any more.
@safe
public final class LlamaMediaChunk: Sendable {
    // Unsafe only to the compiler: the pointer is a constant, and what it points to never changes until `deinit`.
    nonisolated(unsafe) let handle: OpaquePointer
    /// Which knows how to read it, and must not go before it.
    private let projector: LlamaProjector
    /// Vectors, each of which takes the place of a token.
    public let rows: Int
    /// How far positions move on.
    public let positions: Int
    /// Whether each row looks at earlier ones only.
    public let isCausal: Bool
    /// SHA-256 of the file that it came from, hexadecimal.
    public let fileDigest: String

    init(_ handle: OpaquePointer, of projector: LlamaProjector) {
        unsafe self.handle = handle
        self.projector = projector
        let shape = unsafe nexus_media_shape_of(projector.handle, handle)
        rows = Int(shape.rows)
        positions = Int(shape.positions)
        isCausal = shape.is_causal
        fileDigest = unsafe nexus_media_file_of(handle).map { unsafe String(cString: $0) } ?? ""
    }

    deinit { unsafe nexus_media_free_chunk(handle) }

    /// Lets a context read some of its rows.
    ///
    /// - Parameters:
    ///   - range: which rows; at most a batch of them, and all where the chunk is not causal.
    ///   - vectors: what `LlamaProjector.encode` gave, for the whole chunk.
    ///   - position: of the first row of the chunk.
    ///   - sequence: `0 ..< sequencesMax`.
    ///   - context: what reads.
    ///   - wantsLogits: whether the last row of `range` is to have logits.
    /// - Returns: the row of the batch that has them.
    /// - Throws: `cacheFull`, `decode`.
    public func read(
        _ range: Range<Int>, of vectors: [Float], at position: Int32, sequence: Int32, in context: LlamaContext,
        wantsLogits: Bool
    ) throws(LlamaError) -> Int32 {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows && !range.isEmpty, "rows of the chunk")
        precondition(vectors.count == rows * projector.width, "the vectors of the chunk")
        precondition(range.count <= context.options.batchTokensMax, "the caller keeps to batchTokensMax")
        precondition(sequence >= 0 && sequence < context.options.sequencesMax, "the caller keeps to sequencesMax")
        let error = ErrorText()
        let status = unsafe vectors.withUnsafeBufferPointer { buffer in
            unsafe nexus_media_read(
                projector.handle, context.handle, handle, buffer.baseAddress, Int32(range.lowerBound),
                Int32(range.count), position, sequence, wantsLogits, error.pointer, ErrorText.size)
        }
        switch status {
        case 0: return Int32(range.count - 1)
        case 1: throw LlamaError(code: .cacheFull, message: "no room in the key-value cache for this batch")
        default:
            throw LlamaError(code: .decode, message: error.text(or: "llama_process failed with status \(status)"))
        }
    }
}
