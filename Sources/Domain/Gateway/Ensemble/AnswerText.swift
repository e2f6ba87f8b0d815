import JSONText

/// One answer as it is compared with others.
public struct AnswerText: Sendable, Equatable {
    public let text: String
    /// What is the same for equal answers: canonical JSON, or words without case, marks and articles.
    public let normal: String
    /// Each word of `normal`, with how often it occurs.
    let words: [Substring: Int]

    /// Texts are compared up to here.
    static let bytesMax = 64 << 10

    public init(_ text: String) {
        self.text = text
        normal = Self.normal(text)
        var words: [Substring: Int] = [:]
        for word in normal.split(separator: " ") { words[word, default: 0] += 1 }
        self.words = words
    }

    /// Whether there is anything in it.
    public var isEmpty: Bool { normal.isEmpty }

    /// How much two answers agree: the harmonic mean of the shares of words that each has of the other.
    ///
    /// Source: the token F1 of SQuAD (Rajpurkar et al., 2016).
    ///
    /// - Parameter other: another answer.
    /// - Returns: 0 for nothing in common, 1 for equal words.
    public func agreement(with other: AnswerText) -> Double {
        if normal == other.normal { return 1 }
        let own = words.values.reduce(0, +)
        let theirs = other.words.values.reduce(0, +)
        guard own > 0, theirs > 0 else { return 0 }
        let shared = words.reduce(0) { $0 + min($1.value, other.words[$1.key] ?? 0) }
        return 2 * Double(shared) / Double(own + theirs)
    }

    private static let articles: Set<String> = ["a", "an", "the"]

    private static func normal(_ text: String) -> String {
        let cut = text.utf8.count <= bytesMax ? text : String(decoding: text.utf8.prefix(bytesMax), as: UTF8.self)
        if let json = json(cut) { return canonical(json).text }
        var words: [String] = []
        var word = ""
        func end() {
            if !word.isEmpty, !articles.contains(word) { words.append(word) }
            word = ""
        }
        var last: Character = " "
        for character in cut.lowercased() {
            // A point or comma inside a number belongs to it.
            if character.isLetter || character.isNumber || (".,".contains(character) && last.isNumber) {
                word.append(character)
            } else {
                while let end = word.last, ".,".contains(end) { word.removeLast() }
                end()
            }
            last = character
        }
        while let end = word.last, ".,".contains(end) { word.removeLast() }
        end()
        // A text of marks only is compared as it is.
        return words.isEmpty ? cut.filter { !$0.isWhitespace } : words.joined(separator: " ")
    }

    /// An object or an array, with or without a fence around it.
    private static func json(_ text: String) -> JSONValue? {
        var body = Substring(text).drop { $0.isWhitespace }
        if body.hasPrefix("```") {
            body = body.drop { !$0.isNewline }
            guard let close = body.range(of: "```", from: body.startIndex) else { return nil }
            body = body[..<close]
        }
        let trimmed = body.drop { $0.isWhitespace }
        guard let first = trimmed.first, first == "{" || first == "[" else { return nil }
        do { return try JSONValue.parse(String(trimmed)) } catch { return nil }
    }

    /// With members in the order of their names, so that equal objects are equal texts.
    private static func canonical(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            .object(JSONObject(members.map { ($0.key, canonical($0.value)) }.sorted { $0.0 < $1.0 }))
        case .array(let elements): .array(elements.map(canonical))
        default: value
        }
    }
}

extension Substring {
    /// Where a text begins in this one.
    fileprivate func range(of other: String, from start: Index) -> Index? {
        var place = start
        while place < endIndex {
            if self[place...].hasPrefix(other) { return place }
            place = index(after: place)
        }
        return nil
    }
}
