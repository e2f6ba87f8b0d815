import CBrotli
import CZlib

/// Compresses whole bodies.
enum Compressor {
    /// The compressed bytes, or `nil` when the library refuses or nothing would be saved.
    static func compress(_ bytes: [UInt8], with coding: ContentCoding) -> [UInt8]? {
        let compressed =
            switch coding {
            case .gzip: gzip(bytes)
            case .brotli: brotli(bytes)
            }
        guard let compressed, compressed.count < bytes.count else { return nil }
        return compressed
    }

    /// Chosen: brotli 5 costs about what gzip 6 does and is a tenth smaller on JSON and HTML.
    private static let brotliQuality: CInt = 5

    private static func brotli(_ bytes: [UInt8]) -> [UInt8]? {
        let capacity = BrotliEncoderMaxCompressedSize(bytes.count)
        guard capacity > 0 else { return nil }
        var isDone = false
        let compressed = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            var size = capacity
            isDone =
                unsafe BrotliEncoderCompress(
                    brotliQuality, BROTLI_DEFAULT_WINDOW, BrotliEncoderMode(rawValue: 0), bytes.count, bytes, &size,
                    buffer.baseAddress) != 0
            count = isDone ? size : 0
        }
        return isDone ? compressed : nil
    }

    private static func gzip(_ bytes: [UInt8]) -> [UInt8]? {
        guard let inputCount = CUnsignedInt(exactly: bytes.count) else { return nil }
        var stream = unsafe z_stream()
        // 15 bits of window, and 16 to say gzip (zlib.h, deflateInit2).
        let status = unsafe deflateInit2_(
            &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            CInt(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { return nil }
        defer { unsafe deflateEnd(&stream) }
        let capacity = Int(unsafe deflateBound(&stream, CUnsignedLong(bytes.count)))
        var isDone = false
        let compressed = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            unsafe bytes.withUnsafeBufferPointer { input in
                unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                unsafe stream.avail_in = inputCount
                unsafe stream.next_out = buffer.baseAddress
                unsafe stream.avail_out = CUnsignedInt(clamping: capacity)
                isDone = unsafe deflate(&stream, Z_FINISH) == Z_STREAM_END
            }
            count = isDone ? Int(unsafe stream.total_out) : 0
        }
        return isDone ? compressed : nil
    }
}
