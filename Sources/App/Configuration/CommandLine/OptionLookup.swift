/// The options of a command by what people write.
struct OptionLookup {
    struct Match {
        let option: DeclaredOption
        /// Whether the spelling means false.
        let isNegation: Bool
    }

    private var matches: [String: Match] = [:]
    /// Whether some one-dash option has several letters. Then `-np` is one option, and letters cannot be joined.
    private(set) var hasWords = false

    /// - Precondition: no two options share a spelling.
    init(_ options: [DeclaredOption]) {
        for option in options {
            for spelling in option.spellings { add(spelling, Match(option: option, isNegation: false)) }
            for spelling in option.negations { add(spelling, Match(option: option, isNegation: true)) }
        }
    }

    private mutating func add(_ spelling: String, _ match: Match) {
        precondition(matches.updateValue(match, forKey: spelling) == nil, "\(spelling) is declared twice")
        if !spelling.hasPrefix("--"), spelling.utf8.count > 2 { hasWords = true }
    }

    /// The option that is written so. As in llama-server, `_` in a long name is as good as `-`.
    subscript(spelling: String) -> Match? {
        if let match = matches[spelling] { return match }
        guard spelling.hasPrefix("--"), spelling.utf8.contains(UInt8(ascii: "_")) else { return nil }
        return matches[String(spelling.map { $0 == "_" ? "-" : $0 })]
    }

    /// What somebody may have meant who wrote `spelling`: the same name with other dashes, else a close one.
    ///
    /// - Parameters:
    ///   - spelling: with its dashes, known to nobody.
    ///   - others: further names, without dashes, that are written with two.
    /// - Returns: a spelling that works.
    func suggestion(for spelling: String, others: [String]) -> String? {
        let name = String(spelling.drop { $0 == "-" })
        let working = matches.filter { $0.value.option.standing == .works }.map(\.key)
        for dashes in ["--", "-"] where working.contains(dashes + name) { return dashes + name }
        let isLong = spelling.hasPrefix("--") || name.utf8.count > 4
        let known = working.filter { $0.hasPrefix("--") == isLong }
        let all = known + (isLong ? others.map { "--" + $0 } : [])
        return Suggestion.closest(to: (isLong ? "--" : "-") + name, among: all, letters: name.utf8.count)
    }
}
