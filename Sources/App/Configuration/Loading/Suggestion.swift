/// "Did you mean …?" for names that do not exist.
enum Suggestion {
    /// The candidate that is closest to `name`, when it is close enough to be a slip: a third of the letters, at most 3.
    ///
    /// - Parameters:
    ///   - name: what was written.
    ///   - candidates: what exists.
    ///   - letters: how many letters of `name` count; all of them where nothing is said.
    /// - Returns: the first of the closest in the alphabet.
    static func closest(
        to name: String, among candidates: some Sequence<String>, letters: Int? = nil
    ) -> String? {
        let wanted = Array(name.lowercased().utf8.prefix(lengthMax))
        let distanceMax = min(3, max(1, (letters ?? wanted.count) / 3))
        let ranked = candidates.map { (distance(wanted, Array($0.lowercased().utf8.prefix(lengthMax))), $0) }
        guard let best = ranked.min(by: { $0 < $1 }), best.0 <= distanceMax else { return nil }
        return best.1
    }

    /// The sentence to append, or an empty text.
    static func sentence(_ suggestion: String?) -> String { suggestion.map { "; did you mean \($0)?" } ?? "" }

    /// Names are compared up to this length, which bounds the cost of hostile input.
    private static let lengthMax = 128

    /// How many insertions, deletions, replacements and swaps of neighbours turn one text into the other.
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        guard !left.isEmpty, !right.isEmpty else { return left.count + right.count }
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for row in 1...left.count {
            var current = [row]
            for column in 1...right.count {
                let isSame = left[row - 1] == right[column - 1]
                var cost = min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + (isSame ? 0 : 1))
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    cost = min(cost, beforePrevious[column - 2] + 1)
                }
                current.append(cost)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}
