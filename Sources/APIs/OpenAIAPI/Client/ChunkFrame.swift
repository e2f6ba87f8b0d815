import Glibc

/// What stands around the text in a chunk. A server writes the same around each text of an answer, so the next ones are known
/// by comparing bytes and need not be read as JSON.
struct ChunkFrame: Sendable {
    /// The chunk that it was found in.
    private let chunk: [UInt8]
    /// Where the text of that one stood, without its quotes.
    private let place: Range<Int>

    /// - Parameters:
    ///   - place: where the text of a chunk stands, without its quotes, counted from the chunk's first byte.
    ///   - chunk: the chunk as it came.
    init(textAt place: Range<Int>, in chunk: ArraySlice<UInt8>) {
        self.chunk = Array(chunk)
        self.place = place
    }

    /// The text of another chunk, if the same stands around it.
    func text(in data: ArraySlice<UInt8>) -> String? {
        let (head, tail) = (place.lowerBound, chunk.count - place.upperBound)
        return data.withUnsafeBufferPointer { bytes in
            let end = bytes.count - tail
            guard end >= head, stands(0..<head, in: bytes, at: 0),
                stands(place.upperBound..<chunk.count, in: bytes, at: end)
            else { return nil }
            let text = UnsafeBufferPointer(rebasing: bytes[head..<end])
            return text.allSatisfy(Self.standsForItself) ? String(decoding: text, as: UTF8.self) : nil
        }
    }

    private func stands(_ part: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
        chunk.withUnsafeBytes { own in
            guard let own = own.baseAddress, let other = bytes.baseAddress else { return part.isEmpty }
            return memcmp(own + part.lowerBound, other + start, part.count) == 0
        }
    }

    /// Whether a byte of a JSON string neither ends it, nor begins an escape, nor has to be escaped.
    private static func standsForItself(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
}

extension ArraySlice<UInt8> {
    /// Whether these bytes stand at its beginning.
    func begins(with head: [UInt8]) -> Bool {
        guard count >= head.count else { return false }
        return withUnsafeBytes { bytes in
            head.withUnsafeBytes { head in
                guard let own = bytes.baseAddress, let other = head.baseAddress else { return head.isEmpty }
                return memcmp(own, other, head.count) == 0
            }
        }
    }
}
