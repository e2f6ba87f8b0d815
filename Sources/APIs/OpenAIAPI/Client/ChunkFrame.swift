import Glibc

/// What stands around the text in a chunk. A server writes the same around each text of an answer, so the next ones are known
/// by comparing bytes and need not be read as JSON.
struct ChunkFrame: Sendable {
    /// The chunk that it was found in.
    private let chunk: [UInt8]
    /// Where the text of that one stood, without its quotes.
    private let place: Range<Int>

    /// Finds the text that `PlainChunk` read in a chunk; `nil` where it cannot be told.
    ///
    /// In a JSON text without a backslash every string stands as it is. So where the quoted text stands once, that is the
    /// string that was read.
    init?(of text: String, in data: String) {
        guard !text.isEmpty else { return nil }
        let (chunk, quoted) = (Array(data.utf8), Array("\"\(text)\"".utf8))
        guard !chunk.contains(UInt8(ascii: "\\")), let start = Self.onlyPlace(of: quoted, in: chunk) else { return nil }
        self.chunk = chunk
        place = (start + 1)..<(start + quoted.count - 1)
    }

    /// Where a part of at least two bytes begins, if it is there once.
    private static func onlyPlace(of part: [UInt8], in whole: [UInt8]) -> Int? {
        guard part.count <= whole.count else { return nil }
        var found: Int?
        for start in 0...(whole.count - part.count)
        where whole[start] == part[0] && whole[start + 1] == part[1] && whole[start...].starts(with: part) {
            guard found == nil else { return nil }
            found = start
        }
        return found
    }

    /// The text of another chunk, if the same stands around it.
    func text(in data: String) -> String? {
        let (head, tail) = (place.lowerBound, chunk.count - place.upperBound)
        let found = data.utf8.withContiguousStorageIfAvailable { bytes -> String? in
            let end = bytes.count - tail
            guard end >= head, stands(0..<head, in: bytes, at: 0),
                stands(place.upperBound..<chunk.count, in: bytes, at: end)
            else { return nil }
            let text = UnsafeBufferPointer(rebasing: bytes[head..<end])
            return text.allSatisfy(Self.standsForItself) ? String(decoding: text, as: UTF8.self) : nil
        }
        return found ?? nil
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
