/// The characters and words of a text that comes byte by byte.
struct LengthCounter: Sendable, Equatable {
    private(set) var characters = 0
    private(set) var words = 0
    private(set) var isInWord = false
    /// The value so far of a character that is not complete, and how many bytes it lacks.
    private var partial: UInt32 = 0
    private var missing: UInt8 = 0

    /// Counts a byte of well-formed UTF-8. A character counts from its first byte on; whether it is part of a word is
    /// known with its last.
    mutating func count(_ byte: UInt8) {
        if byte & 0xC0 == 0x80 {
            partial = partial << 6 | UInt32(byte & 0x3F)
            missing = missing > 0 ? missing - 1 : 0
        } else {
            characters += 1
            missing = byte < 0xC0 ? 0 : byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3
            partial = missing == 0 ? UInt32(byte) : UInt32(byte) & (0x3F >> UInt32(missing))
        }
        if missing == 0 { finish(Unicode.Scalar(partial)?.properties.isWhitespace ?? false) }
    }

    private mutating func finish(_ isSpace: Bool) {
        if !isSpace, !isInWord { words += 1 }
        isInWord = !isSpace
    }

    /// Whether the text may go on from here.
    ///
    /// - Parameters:
    ///   - bounds: what must hold at the end.
    ///   - shortest: the least number of characters that a grammar still needs.
    ///   - longest: the largest number of characters that it still allows.
    /// - Returns: whether all bounds can still hold at the end.
    func isWithin(_ bounds: LengthBounds, shortest: Int, longest: Int) -> Bool {
        if let max = bounds.wordsMax, words > max || (words == max && isBoundToBeginWord) { return false }
        if let max = bounds.charactersMax, characters + Swift.max(shortest, charactersFor(bounds)) > max {
            return false
        }
        if let min = bounds.charactersMin, characters + longest < min { return false }
        return true
    }

    /// The least number of characters for the words that are missing.
    func charactersFor(_ bounds: LengthBounds) -> Int {
        let left = (bounds.wordsMin ?? 0) - words - (isBoundToBeginWord ? 1 : 0)
        guard left > 0 else { return 0 }
        // Each word needs a space before it and a character, of which the present character may already be one.
        let isBehindSpace = !isInWord && !isBoundToBeginWord
        let mayHelp = missing > 0 && mayBecomeSpace
        return 2 * left - (isBehindSpace ? 1 : 0) - (mayHelp ? 1 : 0)
    }

    func mayEnd(_ bounds: LengthBounds) -> Bool {
        characters >= bounds.charactersMin ?? 0 && words >= bounds.wordsMin ?? 0
            && characters <= bounds.charactersMax ?? .max && words <= bounds.wordsMax ?? .max
    }

    /// Whether an incomplete character can only become one that begins a word.
    private var isBoundToBeginWord: Bool { missing > 0 && !isInWord && !mayBecomeSpace }

    private var mayBecomeSpace: Bool {
        // No white space has four bytes, or three of which the first is E0: there the value so far is still 0.
        if missing == 3 || (missing == 2 && partial == 0) { return false }
        let bits = UInt32(missing) * 6
        let low = partial << bits
        return RegexClass.unicodeSpace.contains { $0.lowerBound < low + (1 << bits) && $0.upperBound >= low }
    }
}

extension RegexClass {
    /// White space beyond ASCII by Unicode's property `White_Space`.
    fileprivate static let unicodeSpace: [ClosedRange<UInt32>] = [
        0x85...0x85, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F, 0x205F...0x205F,
        0x3000...0x3000,
    ]
}
