public import Vocabulary

/// A use case from what somebody wrote: its name, or a few words about it.
public enum UseCaseText {
    /// How the use was found.
    public enum Reading: Sendable, Equatable {
        case named(UseCase)
        case classified(UseCase, UseCaseClassification)

        public var use: UseCase {
            switch self {
            case .named(let use), .classified(let use, _): use
            }
        }
    }

    private static let others: [String: UseCase] = [
        "coding": .code, "tools": .toolUse, "agents": .toolUse, "math": .reasoning, "embedding": .embeddings,
        "rerank": .reranking, "long_context": .longDocuments, "documents": .longDocuments, "images": .vision,
        "translate": .translation,
    ]

    /// - Parameter text: `code`, `tool-use`, or "I want to ask questions about long contracts".
    /// - Returns: the use, and how it was found.
    /// - Throws: `ServiceError` with the uses that there are, when no word is known.
    public static func read(_ text: String) throws(ServiceError) -> Reading {
        let name = text.trimmed.lowercased().map { $0 == "-" || $0 == " " ? "_" : $0 }
        if let use = UseCase(rawValue: String(name)) ?? others[String(name)] { return .named(use) }
        let classification = UseCaseClassification(text)
        if let use = classification.use { return .classified(use, classification) }
        let all = UseCase.allCases.map(\.rawValue)
        let nearest = all.min { distance(text, $0) < distance(text, $1) }
        let isNear = nearest.map { distance(text, $0) * 3 <= max(3, $0.utf8.count) } ?? false
        throw ServiceError(
            .invalidValue,
            "'\(text.prefix(100))' is no use case that is known." + (isNear ? " Did you mean \(nearest ?? "")?" : ""),
            hint: "Name one of \(all.joined(separator: ", ")), or describe it in English with more words.",
            parameter: "use")
    }

    /// Levenshtein's distance of the first letters.
    private static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.lowercased().utf8.prefix(32)), Array(right.utf8.prefix(32)))
        var previous = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                current.append(
                    min(previous[column] + (letter == other ? 0 : 1), previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[right.count]
    }
}
