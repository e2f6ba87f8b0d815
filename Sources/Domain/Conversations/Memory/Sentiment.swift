/// Whether a text sounds pleased or not, by a small list of words. It knows English and German, and no irony.
public enum Sentiment: String, Sendable, CaseIterable {
    case positive, neutral, negative
    /// Not one of its words is on the list.
    case unknown

    public static let method = "word list (English, German)"

    private static let pleased: Set<String> = [
        "good", "great", "excellent", "perfect", "nice", "love", "loved", "like", "thanks", "thank", "helpful", "happy",
        "awesome",
        "amazing", "wonderful", "works", "worked", "correct", "glad", "fantastic", "cool", "best", "better",
        "brilliant", "enjoy", "enjoyed",
        "gut", "super", "toll", "prima", "perfekt", "danke", "hilfreich", "schön", "liebe", "funktioniert", "richtig",
        "klasse", "wunderbar",
        "freue", "froh", "besser", "bestens", "ausgezeichnet",
    ]
    private static let displeased: Set<String> = [
        "bad", "terrible", "awful", "wrong", "hate", "hated", "broken", "useless", "error", "fails", "failed", "fail",
        "angry", "sad",
        "horrible", "worse", "worst", "annoying", "annoyed", "stupid", "slow", "crash", "crashed", "disappointed",
        "frustrated", "frustrating",
        "incorrect", "problem", "schlecht", "falsch", "kaputt", "fehler", "hasse", "nutzlos", "schrecklich", "traurig",
        "ärgerlich", "langsam",
        "dumm", "furchtbar", "enttäuscht", "leider", "schlimm", "nervt",
    ]
    private static let turning: Set<String> = [
        "not", "no", "never", "don't", "doesn't", "isn't", "wasn't", "didn't", "can't", "won't", "nicht", "kein",
        "keine", "nie",
    ]

    /// How many words of a text sound pleased and how many do not. One behind a word such as "not" counts as the other.
    static func words(in text: String) -> (pleased: Int, displeased: Int) {
        var (pleasedCount, displeasedCount) = (0, 0)
        var sinceTurn = 3
        for word in text.lowercased().split(whereSeparator: { !($0.isLetter || $0 == "'" || $0 == "’") }) {
            let word = String(word).replacing("’", with: "'")
            sinceTurn += 1
            if turning.contains(word) { sinceTurn = 0 }
            let isTurned = sinceTurn > 0 && sinceTurn <= 2
            if pleased.contains(word) {
                if isTurned { displeasedCount += 1 } else { pleasedCount += 1 }
            } else if displeased.contains(word) {
                if isTurned { pleasedCount += 1 } else { displeasedCount += 1 }
            }
        }
        return (pleasedCount, displeasedCount)
    }

    /// Of several texts together, such as what a user said in a conversation.
    public init(of texts: some Sequence<String>) {
        var (pleased, displeased) = (0, 0)
        for text in texts {
            let found = Self.words(in: text)
            pleased += found.pleased
            displeased += found.displeased
        }
        self =
            pleased + displeased == 0
            ? .unknown : pleased > displeased ? .positive : pleased < displeased ? .negative : .neutral
    }
}
