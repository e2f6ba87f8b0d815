/// A piece of a question: a word, a number, or code.
struct QuestionToken: Equatable {
    enum Kind { case word, number, code }

    var kind: Kind
    var text: String
    /// A word with a capital letter where the beginning of a sentence does not explain it, or one of capitals.
    var isName = false

    static func all(in text: Substring) -> [QuestionToken] {
        var tokens: [QuestionToken] = []
        var isQuoted = false
        for (index, part) in text.split(separator: "`", omittingEmptySubsequences: false).enumerated() {
            isQuoted = index % 2 == 1
            if isQuoted {
                let code = part.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                if !code.isEmpty { tokens.append(QuestionToken(kind: .code, text: code)) }
            } else {
                tokens += words(in: part)
            }
        }
        return tokens
    }

    private static func words(in text: Substring) -> [QuestionToken] {
        var tokens: [QuestionToken] = []
        var beginsSentence = true
        for chunk in text.split(whereSeparator: \.isWhitespace) {
            let core = trimmed(chunk)
            defer { beginsSentence = chunk.last.map { ".!?:".contains($0) } ?? false }
            guard !core.isEmpty else { continue }
            if let kind = wholeKind(core) {
                tokens.append(QuestionToken(kind: kind, text: String(core)))
                continue
            }
            // What is left are words with hyphens, slashes and apostrophes.
            for (place, piece) in core.split(whereSeparator: { "-/,;–—".contains($0) }).enumerated() {
                for word in unapostrophed(piece) {
                    tokens.append(token(word, beginsSentence: beginsSentence && place == 0))
                }
            }
        }
        return tokens
    }

    private static func token(_ word: Substring, beginsSentence: Bool) -> QuestionToken {
        if word.allSatisfy({ $0.isNumber || ".,".contains($0) }) {
            return QuestionToken(kind: .number, text: String(word))
        }
        if isMadeUp(word) { return QuestionToken(kind: .code, text: String(word)) }
        let isCapital = word.first?.isUppercase ?? false
        return QuestionToken(kind: .word, text: String(word), isName: isCapital && (word.count > 1 || !beginsSentence))
    }

    /// Without quotes and marks around it.
    private static func trimmed(_ chunk: Substring) -> Substring {
        func isMark(_ character: Character) -> Bool { ".,;:!?\"()[]{}«»“”‘’'…*".contains(character) }
        var core = chunk
        // Brackets that belong together are code: `f()`.
        if isCode(chunk) { return chunk.last.map { ",;?!".contains($0) } == true ? chunk.dropLast() : chunk }
        while let first = core.first, isMark(first) { core.removeFirst() }
        while let last = core.last, isMark(last) { core.removeLast() }
        return core
    }

    private static func wholeKind(_ core: Substring) -> Kind? {
        if core.contains(where: \.isNumber), core.allSatisfy({ $0.isNumber || ".,%€$£°".contains($0) }) {
            return .number
        }
        return isCode(core) ? .code : nil
    }

    /// Signs that words of a language do not have.
    private static func isCode(_ chunk: Substring) -> Bool {
        chunk.contains { "_=<>|&^~\\#@+".contains($0) } && chunk.contains { $0.isLetter || $0.isNumber }
            || chunk.contains("()") || chunk.contains("::") || chunk.contains("://")
            || chunk.dropLast().contains(".") && chunk.contains(where: \.isLetter)
                && !chunk.split(separator: ".").allSatisfy { $0.count == 1 }
    }

    /// Letters and digits in one word (`utf8`, `3rd`), or a capital in its middle (`fooBar`).
    private static func isMadeUp(_ word: Substring) -> Bool {
        if word.contains(where: \.isNumber) { return true }
        let inner = word.dropFirst()
        return inner.contains(where: \.isUppercase) && inner.contains(where: \.isLowercase)
    }

    /// `don't` and `France's`: the negation stays, the rest goes.
    private static func unapostrophed(_ piece: Substring) -> [Substring] {
        guard let place = piece.firstIndex(where: { $0 == "'" || $0 == "\u{2019}" }) else { return [piece] }
        let (word, end) = (piece[..<place], piece[piece.index(after: place)...].lowercased())
        return end == "t" ? [word, "not"] : [word]
    }
}
