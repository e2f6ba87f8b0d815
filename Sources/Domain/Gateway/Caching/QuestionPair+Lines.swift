extension QuestionPair {
    /// The pairs that come with the program.
    public static let standard: [QuestionPair] =
        pairs(DefaultQuestionPairs.same, isSame: true, kind: "paraphrase")
        + DefaultQuestionPairs.different.flatMap { pairs($0.lines, isSame: false, kind: $0.kind) }

    private static func pairs(_ lines: String, isSame: Bool, kind: String) -> [QuestionPair] {
        lines.split(separator: "\n").map { line in
            let halves = line.split(separator: "|", maxSplits: 1)
            guard halves.count == 2 else { preconditionFailure("a line without a bar: \(line)") }
            return QuestionPair(String(halves[0]), String(halves[1]), isSame: isSame, kind: kind)
        }
    }
}
