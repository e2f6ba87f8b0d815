/// A part of a regular expression, as it is written.
indirect enum RegexNode: Sendable, Equatable {
    case set(ScalarSet)
    case sequence([RegexNode])
    case choice([RegexNode])
    case repetition(RegexNode, min: Int, max: Int?)
    case group(RegexNode, captures: Bool)
    /// `^`
    case start
    /// `$`
    case end

    /// Whether `^` or `$` is somewhere in it.
    var hasAnchor: Bool {
        switch self {
        case .set: false
        case .start, .end: true
        case .sequence(let parts), .choice(let parts): parts.contains { $0.hasAnchor }
        case .repetition(let part, _, _), .group(let part, _): part.hasAnchor
        }
    }
}

/// The classes that ECMA-262 knows by a letter.
enum RegexClass {
    static let digits = ScalarSet([0x30...0x39])
    static let word = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    /// White space in the sense of ECMA-262 and of others alike: U+FEFF, which only ECMA-262 counts, is left out.
    static let space = ScalarSet([
        0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
        0x205F...0x205F, 0x3000...0x3000,
    ])
    /// What is no white space for anyone: without U+FEFF, and without the controls that Python counts as space.
    static let noSpace = space.union(ScalarSet([0x1C...0x1F, 0x85...0x85, 0xFEFF...0xFEFF])).inverted
    static let lineEnds = ScalarSet([0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029])
    static let ascii = ScalarSet([0...0x7F])

    /// The class of `\d`, `\w`, `\s` and their opposites.
    ///
    /// - Parameters:
    ///   - letter: the letter behind the backslash.
    ///   - isNarrow: `\D` and `\W` are ASCII only. Validators disagree on the rest (Python: “é” is a word's character).
    static func named(_ letter: UInt8, isNarrow: Bool) -> ScalarSet? {
        let all = isNarrow ? ascii : ScalarSet.all
        switch letter {
        case UInt8(ascii: "d"): return digits
        case UInt8(ascii: "D"): return all.subtracting(digits)
        case UInt8(ascii: "w"): return word
        case UInt8(ascii: "W"): return all.subtracting(word)
        case UInt8(ascii: "s"): return space
        case UInt8(ascii: "S"): return noSpace
        default: return nil
        }
    }
}
