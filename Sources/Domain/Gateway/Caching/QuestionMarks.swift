/// What two questions must have in common beside their meaning, because vectors hardly see it: numbers, negations, names, code, and
/// which way something goes.
///
/// A cheap look at words, of English first of all. It refuses some questions that do mean the same, which costs a hit, and lets
/// some pass that do not, such as names in small letters, which costs more: see the README for both.
public struct QuestionMarks: Sendable, Equatable {
    /// Why a question cannot stand for another: a stable word.
    public enum Conflict: String, Sendable, CaseIterable {
        case numbers, negation, names, code, direction
        /// One asks who, the other when.
        case asked
    }

    /// Longer questions are compared by their beginnings and the rest must be the same to the byte.
    static let scalarsMax = 8_192

    /// In their order: five less three is not three less five.
    var numbers: [String] = []
    var negations = 0
    /// In small letters, in the order in which they occur first: from French to English is not the way back.
    var names: [String] = []
    var code: [String] = []
    /// What is asked for, where a word says it.
    var asked: [String] = []
    /// `axis+` or `axis-`.
    var directions: [String] = []
    /// Of all words, so that a name that is written in small letters is found.
    var words: Set<UInt32> = []

    public init(_ text: String) {
        let (head, tail) = Self.cut(text)
        if !tail.isEmpty { code.append(tail) }
        for token in QuestionToken.all(in: head) { note(token) }
        names = names.enumerated().filter { names.firstIndex(of: $0.element) == $0.offset }.map(\.element)
        code = Array(Set(code)).sorted()
        directions = Array(Set(directions)).sorted()
        asked = Array(Set(asked)).sorted()
    }

    private static func cut(_ text: String) -> (head: Substring, tail: String) {
        let scalars = text.unicodeScalars
        guard let end = scalars.index(scalars.startIndex, offsetBy: scalarsMax, limitedBy: scalars.endIndex) else {
            return (text[...], "")
        }
        return (Substring(scalars[..<end]), String(scalars[end...]))
    }

    private mutating func note(_ token: QuestionToken) {
        let word = token.text.lowercased()
        switch token.kind {
        case .code:
            code.append(token.text)
        case .number:
            numbers.append(QuestionWords.normal(number: word))
        case .word:
            words.insert(Self.hash(word))
            if let thing = QuestionWords.asked[word] {
                asked.append(thing)
            } else if let number = QuestionWords.numbers[word] {
                numbers.append(number)
            } else if QuestionWords.isNegation(word) {
                negations += 1
            } else if let direction = QuestionWords.directions[word] {
                directions.append(direction)
            } else if token.isName, !QuestionWords.starters.contains(word) {
                names.append(word)
            }
        }
    }

    /// Why one question cannot stand for the other, whichever was asked first; `nil` when it can.
    public func conflict(with other: QuestionMarks) -> Conflict? {
        if numbers != other.numbers { return .numbers }
        // Two negations cancel each other often enough not to count as the same as none.
        if min(negations, 2) != min(other.negations, 2) { return .negation }
        if code != other.code { return .code }
        if !asked.isEmpty, !other.asked.isEmpty, asked != other.asked { return .asked }
        // One that tells both ways ("from old to new") must tell both in the other, too.
        let turned = directions.filter { other.directions.contains(Self.opposite($0)) }
        if !turned.isEmpty, Set(directions) != Set(other.directions) { return .direction }
        if !names.allSatisfy(other.has) || !other.names.allSatisfy(has) { return .names }
        if names.filter(other.names.contains) != other.names.filter(names.contains) { return .direction }
        return nil
    }

    private func has(name: String) -> Bool { names.contains(name) || words.contains(Self.hash(name)) }

    private static func opposite(_ direction: String) -> String {
        direction.dropLast() + (direction.last == "+" ? "-" : "+")
    }

    /// As `init(bytes:)` reads them.
    public var bytes: [UInt8] {
        var packed = PackedBytes()
        for list in [numbers, names, code, directions, asked] { packed.write(list) { $0.write($1) } }
        packed.write(negations)
        packed.write(words.sorted()) { $0.write(Int($1)) }
        return packed.bytes
    }

    /// - Parameter bytes: what `bytes` gave; `nil` for anything else.
    public init?(bytes: [UInt8]) {
        var reader = UnpackedBytes(bytes[...])
        func texts() throws(UnpackedBytes.Damaged) -> [String] {
            try reader.list { reader throws(UnpackedBytes.Damaged) in try reader.text() }
        }
        do {
            (numbers, names, code) = (try texts(), try texts(), try texts())
            (directions, asked) = (try texts(), try texts())
            negations = try reader.number()
            words = Set(
                try reader.list { reader throws(UnpackedBytes.Damaged) in
                    UInt32(truncatingIfNeeded: try reader.number())
                })
        } catch {
            return nil
        }
        guard reader.isAtEnd else { return nil }
    }

    static func hash(_ word: String) -> UInt32 {
        // FNV-1a; two words that fall together only let a question pass that another check may stop.
        word.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
    }
}
