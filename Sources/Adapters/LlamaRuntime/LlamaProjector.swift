import CLlama
import CMediaShim

/// A projector in memory: the networks that turn images and recordings into vectors for one model.
///
/// `Sendable`: libmtmd documents opening files and cutting prompts as safe from any thread. `encode` is not: one thread at a
/// time. The pointer is freed in `deinit`, when nobody can hold it any more.
@safe
public final class LlamaProjector: Sendable {
    public struct Options: Sendable {
        public var threads = 1
        /// Whether a GPU may compute it.
        public var usesGPU = true
        /// Vectors of one image, where the model leaves it open; `nil` is as the file says.
        public var imageTokensMin: Int?
        public var imageTokensMax: Int?
        public var flashAttention = FlashAttention.auto
        /// Whether to compute the largest image once, to find out now what does not fit.
        public var warmsUp = true
        public init() {}
    }

    // Unsafe only to the compiler: the pointer is a constant, and what changes behind it only `encode` changes.
    nonisolated(unsafe) let handle: OpaquePointer
    private let model: LlamaModel

    /// Loads a projector file for a model. Check it with the `GGUF` module first: libmtmd believes what a file says.
    ///
    /// - Throws: `projector` when the file cannot be loaded, or is for models of another width.
    public init(path: String, model: LlamaModel, options: Options = Options()) throws(LlamaError) {
        let error = ErrorText()
        let settings = nexus_media_options(
            threads: Int32(options.threads), uses_gpu: options.usesGPU,
            image_tokens_min: Int32(clamping: options.imageTokensMin ?? -1),
            image_tokens_max: Int32(clamping: options.imageTokensMax ?? -1),
            flash_attention: options.flashAttention.value, warms_up: options.warmsUp)
        guard
            let opened = unsafe nexus_media_open(path, model.handle, settings, error.pointer, ErrorText.size)
        else {
            throw LlamaError(code: .projector, message: error.text(or: "libmtmd could not load \(path)"))
        }
        unsafe handle = opened
        self.model = model
    }

    deinit { unsafe nexus_media_close(handle) }

    public var readsImages: Bool { unsafe nexus_media_reads_images(handle) }
    public var readsAudio: Bool { unsafe nexus_media_reads_audio(handle) }
    /// Whether the model gives images places in a plane, so that they take fewer positions than vectors (M-RoPE).
    public var hasPlanes: Bool { unsafe nexus_media_has_planes(handle) }
    /// Numbers in one vector.
    public var width: Int { Int(unsafe nexus_media_width(model.handle)) }

    /// A piece of a prompt.
    public enum Part: Sendable {
        /// Read with the names of control tokens as control tokens.
        case text(String)
        case media(LlamaBitmap)
    }

    /// What a prompt is cut into.
    public enum Chunk: Sendable {
        case tokens([Int32])
        case media(LlamaMediaChunk)
    }

    /// Decodes a file. Look at its header first: this believes what a file says about its size.
    ///
    /// - Parameters:
    ///   - bytes: PNG, JPEG, GIF or BMP; WAV, MP3 or FLAC.
    ///   - samplesMax: samples of a recording at most.
    /// - Returns: pixels or samples.
    /// - Throws: `media` when it is damaged or too long.
    public func decode(_ bytes: [UInt8], samplesMax: Int) throws(LlamaError) -> LlamaBitmap {
        let error = ErrorText()
        let decoded = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe nexus_media_decode_file(
                handle, buffer.baseAddress, buffer.count, samplesMax, error.pointer, ErrorText.size)
        }
        guard let decoded = unsafe decoded else {
            throw LlamaError(code: .media, message: error.text(or: "it cannot be decoded"))
        }
        return unsafe LlamaBitmap(decoded)
    }

    /// Cuts a prompt into tokens and chunks of rows, with whatever this model wants around them.
    ///
    /// - Parameters:
    ///   - parts: in order.
    ///   - addsSpecial: puts the begin token before them where the vocabulary wants one.
    /// - Returns: the chunks, in order.
    /// - Throws: `media` when libmtmd refuses a part.
    public func chunks(of parts: [Part], addsSpecial: Bool) throws(LlamaError) -> [Chunk] {
        try unsafe withChunks(of: parts, addsSpecial: addsSpecial) { chunks throws(LlamaError) in
            var result: [Chunk] = []
            for index in 0..<(unsafe nexus_media_chunk_count(chunks)) {
                guard let chunk = unsafe nexus_media_chunk(chunks, index) else { continue }
                if unsafe nexus_media_shape_of(handle, chunk).is_text {
                    var count = 0
                    let tokens = unsafe nexus_media_tokens(chunk, &count)
                    unsafe result.append(.tokens(Array(UnsafeBufferPointer(start: tokens, count: count))))
                } else {
                    guard let copy = unsafe nexus_media_copy_chunk(chunk) else {
                        throw LlamaError(code: .media, message: "there is no memory for it")
                    }
                    unsafe result.append(.media(LlamaMediaChunk(copy, of: self)))
                }
            }
            return result
        }
    }

    /// The texts of parts live as long as `body` runs.
    private func withChunks<Result>(
        of parts: [Part], addsSpecial: Bool, _ body: (OpaquePointer) throws(LlamaError) -> Result
    ) throws(LlamaError) -> Result {
        let error = ErrorText()
        var texts: [UnsafeMutableBufferPointer<CChar>] = unsafe []
        defer { unsafe texts.forEach { unsafe $0.deallocate() } }
        var all: [nexus_media_part] = unsafe []
        for part in parts {
            switch part {
            case .text(let text):
                // A text of no characters has a place, too.
                let bytes = text.utf8.map(CChar.init(bitPattern:))
                let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count + 1)
                _ = unsafe copy.initialize(from: bytes + [0])
                unsafe texts.append(copy)
                unsafe all.append(nexus_media_part(text: copy.baseAddress, text_size: bytes.count, bitmap: nil))
            case .media(let bitmap):
                unsafe all.append(nexus_media_part(text: nil, text_size: 0, bitmap: bitmap.handle))
            }
        }
        guard
            let chunks = unsafe nexus_media_chunks(
                handle, all, all.count, addsSpecial, error.pointer, ErrorText.size)
        else { throw LlamaError(code: .media, message: error.text(or: "libmtmd refuses it")) }
        defer { unsafe nexus_media_free_chunks(chunks) }
        return try unsafe body(chunks)
    }

    /// Computes the vectors of a chunk, `chunk.rows` times `width` numbers. One thread at a time.
    ///
    /// - Throws: `media` when it fails.
    public func encode(_ chunk: LlamaMediaChunk) throws(LlamaError) -> [Float] {
        let error = ErrorText()
        let count = chunk.rows * width
        var status: Int32 = 0
        let vectors = unsafe [Float](unsafeUninitializedCapacity: count) { buffer, filled in
            unsafe buffer.initialize(repeating: 0)
            unsafe status = nexus_media_encode(
                handle, chunk.handle, buffer.baseAddress, count, error.pointer, ErrorText.size)
            filled = count
        }
        guard status == 0 else {
            throw LlamaError(code: .media, message: error.text(or: "libmtmd could not encode it (status \(status))"))
        }
        return vectors
    }

    /// Lets a context read a whole prompt by libmtmd's own means, from position 0 on, with logits after the last row: for
    /// comparisons with other ways.
    ///
    /// - Parameters:
    ///   - parts: the prompt.
    ///   - context: an empty context.
    ///   - addsSpecial: as for `chunks`.
    /// - Returns: the position after it.
    /// - Throws: `decode` when it fails.
    public func readAll(
        _ parts: [Part], into context: LlamaContext, addsSpecial: Bool
    ) throws(LlamaError) -> Int {
        try unsafe withChunks(of: parts, addsSpecial: addsSpecial) { chunks throws(LlamaError) in
            let error = ErrorText()
            var next: Int32 = 0
            let status = unsafe nexus_media_read_all(
                handle, context.handle, chunks, 0, Int32(context.options.batchTokensMax), &next, error.pointer,
                ErrorText.size)
            guard status == 0 else {
                throw LlamaError(code: .decode, message: error.text(or: "libmtmd failed with status \(status)"))
            }
            return Int(next)
        }
    }
}
