/// Bytes that stand for themselves in every text of lines and quotes: printable ASCII but `"` and `\`. Looked for eight at a
/// time, because most texts are nothing else and each of their bytes is looked at when they are read and when they are written.
public enum OrdinaryBytes {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// Where the first other byte stands; the end where there is none.
    ///
    /// - Parameters:
    ///   - bytes: of a text.
    ///   - start: where to begin, at most the end.
    /// - Returns: a place from `start` to the end.
    public static func end(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        guard let base = bytes.baseAddress else { return start }
        let (raw, count) = (UnsafeRawPointer(base), bytes.count)
        var place = start
        while place + 8 <= count {
            let others = marks(word(raw + place))
            if others != 0 { return place + others.trailingZeroBitCount / 8 }
            place += 8
        }
        // The rest as a word that ends in zeros, the first of which is found where the bytes end.
        switch count - place {
        case 0: return count
        case _ where count >= 8:
            let rest = word(raw + (count - 8)) >> UInt64(8 * (8 - (count - place)))
            return place + marks(rest).trailingZeroBitCount / 8
        default:
            while place < count, isOrdinary(base[place]) { place += 1 }
            return place
        }
    }

    private static func word(_ bytes: UnsafeRawPointer) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    }

    /// The high bit of the first byte that is another, and maybe of bytes after it.
    private static func marks(_ word: UInt64) -> UInt64 {
        let controls = (word &- ones &* 0x20) & ~word
        return
            (word | controls | zeros(word ^ ones &* 0x22) | zeros(word ^ ones &* 0x5C) | zeros(word ^ ones &* 0x7F))
            & highs
    }

    /// The high bit of the first byte that is 0, and maybe of bytes after it. Source: Mycroft 1987, "determine if a word has a
    /// zero byte".
    private static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word }

    private static func isOrdinary(_ byte: UInt8) -> Bool {
        (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
}
