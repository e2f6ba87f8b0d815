/// How much two texts have to do with each other where no model makes vectors: the words that they have in common.
public enum WordOverlap {
    /// Words that say nothing, in English and German.
    private static let empty: Set<String> = [
        "a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "do", "does", "for", "from", "had", "has",
        "have", "he", "her",
        "his", "how", "i", "if", "in", "is", "it", "its", "me", "my", "no", "not", "of", "on", "or", "our", "she", "so",
        "that", "the",
        "their", "they", "this", "to", "was", "we", "were", "what", "when", "where", "which", "who", "why", "will",
        "with", "would",
        "you", "your", "user", "am", "an", "auch", "auf", "aus", "bei", "das", "dem", "den", "der", "des", "die", "ein",
        "eine", "er",
        "es", "für", "hat", "ich", "im", "ist", "kann", "mein", "mit", "nicht", "sie", "sind", "und", "von", "was",
        "wer", "wie", "wir",
        "wo", "zu",
    ]

    /// The words of a text that say something, small.
    public static func words(_ text: String) -> Set<String> {
        Set(UserMemory.key(text).split(separator: " ").map(String.init)).subtracting(empty)
    }

    /// The share of a memory's words that occur in a question: 0 to 1.
    public static func score(_ memory: Set<String>, _ question: Set<String>) -> Double {
        memory.isEmpty ? 0 : Double(memory.intersection(question).count) / Double(memory.count)
    }
}
