import JSONText
public import Vocabulary

/// Short names of conversations, by a model or of their first words.
public enum ConversationTitle {
    /// Characters of a title at most.
    public static let lengthMax = 80
    /// Tokens that a model may write.
    public static let tokensMax = 32
    /// Bytes of question and answer that the model reads.
    private static let readMax = 2048

    /// How a model is asked.
    ///
    /// - Parameters:
    ///   - question: the first words of the user.
    ///   - answer: what was answered.
    /// - Returns: messages of a chat.
    public static func prompt(question: String, answer: String) -> [ChatMessage] {
        func part(_ text: String) -> String {
            TextShortening.shorten(text, to: readMax, of: max(1, text.utf8.count))
        }
        return [
            ChatMessage(
                .system,
                "You name conversations. Answer with a title of two to six words in the language of the conversation, "
                    + "without quotes and without a full stop, and with nothing else."),
            ChatMessage(.user, "User: \(part(question))\nAssistant: \(part(answer))\n\nTitle:"),
        ]
    }

    /// What a model wrote as a title; `nil` where nothing of it can be one.
    ///
    /// - Parameter text: the answer, which may hold quotes, marks and more than was asked for.
    /// - Returns: one line.
    public static func cleaned(_ text: String) -> String? {
        let line =
            text.split(whereSeparator: \.isNewline).lazy
            .map { trimmed($0) }.first { !$0.isEmpty } ?? ""
        var title = line
        for prefix in ["Title:", "title:", "Titel:", "TITLE:"] where title.hasPrefix(prefix) {
            title = trimmed(title.dropFirst(prefix.count))
        }
        title = String(title.filter { $0.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control } })
        guard title.contains(where: { $0.isLetter || $0.isNumber }) else { return nil }
        return shortened(title)
    }

    /// The first words of a text; empty where it has none.
    public static func firstWords(of text: String) -> String {
        let words = text.unicodeScalars.prefix(1000).split { $0.properties.isWhitespace || $0.value < 32 }
        return shortened(words.prefix(8).map { String($0) }.joined(separator: " "))
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        let edges: Set<Character> = ["\"", "'", "*", "#", "_", "`", "“", "”", "„", "«", "»", "「", "」", " ", "\t", "."]
        var part = text[...]
        while let first = part.first, edges.contains(first) { part = part.dropFirst() }
        while let last = part.last, edges.contains(last) { part = part.dropLast() }
        return String(part)
    }

    private static func shortened(_ title: String) -> String {
        guard title.count > lengthMax else { return title }
        let cut = title.prefix(lengthMax - 1)
        let words = cut.lastIndex { $0.isWhitespace }.map { cut[..<$0] } ?? cut
        return words + "…"
    }
}
