/// How short and how long a text may be. `nil` is no bound.
public struct LengthBounds: Sendable, Equatable {
    /// In Unicode scalar values.
    public var charactersMin: Int?
    public var charactersMax: Int?
    /// A word is a run of anything but white space.
    public var wordsMin: Int?
    public var wordsMax: Int?

    public init(charactersMin: Int? = nil, charactersMax: Int? = nil, wordsMin: Int? = nil, wordsMax: Int? = nil) {
        self.charactersMin = charactersMin
        self.charactersMax = charactersMax
        self.wordsMin = wordsMin
        self.wordsMax = wordsMax
    }

    public var isEmpty: Bool { self == LengthBounds() }

    /// Throws if no text can be within the bounds.
    func validate() throws(GrammarError) {
        for (name, value) in [
            ("characters", charactersMin), ("characters", charactersMax), ("words", wordsMin), ("words", wordsMax),
        ] where value.map({ $0 < 0 }) ?? false {
            throw GrammarError(.syntax, "A number of \(name) cannot be less than 0.")
        }
        let words = wordsMin ?? 0
        if let max = charactersMax, charactersMin ?? 0 > max {
            throw GrammarError(.syntax, "The least number of characters is more than the most, \(max).")
        }
        if let max = wordsMax, words > max {
            throw GrammarError(.syntax, "The least number of words is more than the most, \(max).")
        }
        // Between words there is white space.
        if let max = charactersMax, words > 0, words > max / 2 + max % 2 {
            throw GrammarError(.syntax, "\(words) words do not fit into \(max) characters.")
        }
    }
}
