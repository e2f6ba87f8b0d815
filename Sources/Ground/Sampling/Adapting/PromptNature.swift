/// What kind of answer a prompt asks for, as far as simple signs tell.
///
/// Signs are words and marks of English and German; each counts one point for its side, a phrase two. The side with more
/// points, and at least two more than the other, wins. Texts without signs, and of other languages, are `neutral`.
public enum PromptNature: String, Sendable, Equatable {
    /// One right answer: facts, arithmetic, code, translation, extraction.
    case factual
    /// Many good answers: stories, poems, ideas.
    case openEnded = "open_ended"
    case neutral

    /// Characters at each end of a prompt that are looked at. Longer prompts carry material between their ends.
    static let charactersMax = 2_000

    /// - Parameter prompt: what the user wrote last.
    public init(of prompt: String) {
        let signs = PromptSigns(prompt)
        switch signs.factual - signs.openEnded {
        case 2...: self = .factual
        case ...(-2): self = .openEnded
        default: self = .neutral
        }
    }
}

/// The signs in a prompt, counted.
struct PromptSigns: Equatable {
    private(set) var factual = 0
    private(set) var openEnded = 0

    init(_ prompt: String) {
        let limit = PromptNature.charactersMax
        let text =
            prompt.count <= 2 * limit ? prompt : String(prompt.prefix(limit)) + " " + String(prompt.suffix(limit))
        let words = text.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "'" }.map(String.init)
        let joined = " " + words.joined(separator: " ") + " "
        func count(_ signs: [String]) -> Int {
            signs.count { joined.contains(" " + $0 + " ") }
        }
        factual = 2 * count(Self.factualPhrases) + count(Self.factualWords)
        openEnded = 2 * count(Self.openPhrases) + count(Self.openWords)
        if let first = words.first, Self.questionWords.contains(first) { factual += 1 }
        if text.contains("?") { factual += 1 }
        if text.contains("```") { factual += 2 }
        if Self.hasArithmetic(text) { factual += 2 }
    }

    /// Whether a number, an operator and a number follow each other, with or without spaces.
    private static func hasArithmetic(_ text: String) -> Bool {
        let signs = text.unicodeScalars.filter { $0 != " " }
        var wasNumber = false
        var wasOperator = false
        for sign in signs {
            if ("0"..."9").contains(sign) {
                if wasOperator { return true }
                wasNumber = true
            } else {
                wasOperator = wasNumber && "+*/^×÷=".unicodeScalars.contains(sign)
                wasNumber = false
            }
        }
        return false
    }

    private static let questionWords: Set<String> = [
        "what", "who", "when", "where", "which", "how", "why", "is", "are", "does", "did", "can",
        "was", "wer", "wann", "wo", "welche", "welcher", "welches", "wie", "warum", "wieso", "ist", "sind", "hat",
    ]
    private static let factualWords = [
        "define", "calculate", "compute", "solve", "translate", "summarize", "summarise", "extract", "classify",
        "capital", "date", "year", "exact", "exactly", "json", "sql", "regex", "function", "bug", "compile", "python",
        "swift", "javascript", "algorithm", "proof", "prove", "fact", "facts", "true", "false",
        "definiere", "berechne", "löse", "übersetze", "extrahiere", "klassifiziere", "hauptstadt",
        "datum", "jahr", "genau", "funktion", "fehler", "beweise", "fakten", "richtig", "falsch",
    ]
    private static let factualPhrases = [
        "what is", "what are", "who is", "who was", "when did", "when was", "how many", "how much", "how old",
        "in which year", "fix this", "fasse zusammen", "was ist", "was sind", "wer ist", "wer war", "wann war",
        "wann wurde", "wie viele", "wie viel", "wie alt", "wie hoch", "in welchem jahr",
    ]
    private static let openWords = [
        "story", "poem", "lyrics", "song", "haiku", "novel", "fiction", "imagine", "brainstorm", "creative", "ideas",
        "invent", "roleplay", "slogan", "joke", "dialogue", "fantasy",
        "geschichte", "gedicht", "lied", "liedtext", "roman", "märchen", "kreativ", "ideen", "erfinde",
        "rollenspiel", "witz", "dialog", "erzähle", "dichte",
    ]
    private static let openPhrases = [
        "write a story", "write a short story", "write a poem", "write me a", "tell me a story", "once upon a time",
        "come up with", "make up", "schreibe eine geschichte", "schreib eine geschichte", "schreibe ein gedicht",
        "schreib ein gedicht", "erzähl mir", "erzähle mir", "stell dir vor", "es war einmal", "denk dir",
    ]
}
