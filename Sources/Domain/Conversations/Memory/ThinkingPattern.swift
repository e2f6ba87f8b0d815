/// What a model does while it thinks, by a small list of words. It knows English and German.
public enum ThinkingMove: String, Sendable, CaseIterable {
    /// It says what it will do.
    case plan
    /// It looks at something again.
    case check
    /// It takes something back.
    case correct
    /// It weighs another way.
    case alternative
    /// It draws a conclusion.
    case conclude

    fileprivate var words: [String] {
        switch self {
        case .plan:
            ["i need to", "let me", "let's", "first,", "i should", "i'll", "ich muss", "zuerst", "ich sollte"]
        case .check:
            ["check", "verify", "make sure", "is that right", "prüfe", "überprüf", "nachrechnen", "stimmt das"]
        case .correct:
            ["wait", "actually", "that's wrong", "my mistake", "no,", "moment", "doch nicht", "falsch", "nein,"]
        case .alternative:
            [
                "alternatively", "another way", "on the other hand", "instead", "andererseits", "stattdessen",
                "oder aber",
            ]
        case .conclude:
            ["therefore", "so the answer", "thus", "in conclusion", "also ist", "daher", "folglich", "somit"]
        }
    }
}

/// How answers were thought about: a summary over conversations.
public struct ThinkingPatterns: Sendable, Equatable {
    public static let method = "word list (English, German)"
    /// Newest answers with thinking that are looked at; longer documents than this are left out.
    public static let answersMax = 500
    public static let documentBytesMax = 200_000

    /// Answers with thinking.
    public private(set) var thoughtCount = 0
    public private(set) var stepCount = 0
    /// Characters of thinking, and of the answers that followed it.
    public private(set) var thoughtLength = 0
    public private(set) var answerLength = 0
    /// Answers in whose thinking each move was found.
    public private(set) var moves: [ThinkingMove: Int] = [:]

    public init() {}

    /// Counts one answer; without thinking it is none.
    public mutating func add(thinking: String, answer: String) {
        let steps = Self.steps(of: thinking)
        guard steps > 0 else { return }
        thoughtCount += 1
        stepCount += steps
        thoughtLength += thinking.count
        answerLength += answer.count
        let text =
            " "
            + thinking.lowercased().replacing("’", with: "'").split(whereSeparator: \.isWhitespace).joined(
                separator: " ")
        for move in ThinkingMove.allCases where move.words.contains(where: { text.contains(" " + $0) }) {
            moves[move, default: 0] += 1
        }
    }

    /// Steps of one answer in the mean; `nil` without any.
    public var stepsMean: Double? { thoughtCount == 0 ? nil : Double(stepCount) / Double(thoughtCount) }

    /// How much of what was written was thinking, 0 to 1; `nil` without any.
    public var share: Double? {
        thoughtCount == 0 ? nil : Double(thoughtLength) / Double(max(1, thoughtLength + answerLength))
    }

    /// The steps of a chain of thought: its numbered points, or its paragraphs.
    static func steps(of thinking: String) -> Int {
        let lines = thinking.split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }
        let points = lines.filter(isPoint).count
        if points > 1 { return points }
        var (paragraphs, isBetween) = (0, true)
        for line in thinking.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let isEmpty = line.allSatisfy(\.isWhitespace)
            if isBetween, !isEmpty { paragraphs += 1 }
            isBetween = isEmpty
        }
        return paragraphs
    }

    private static func isPoint(_ line: Substring) -> Bool {
        if line.hasPrefix("- ") || line.hasPrefix("* ") || line.lowercased().hasPrefix("step ") { return true }
        let digits = line.prefix(while: \.isNumber)
        return (1...2).contains(digits.count) && [".", ")"].contains(line.dropFirst(digits.count).first)
    }
}
