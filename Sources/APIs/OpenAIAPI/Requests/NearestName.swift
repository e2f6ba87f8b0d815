/// The name that somebody probably meant.
enum NearestName {
    /// Longer words are not compared: the cost grows with the square of the length.
    private static let lengthMax = 64

    /// The candidate that differs least, when it differs in at most a third of the letters.
    static func of(_ name: String, among candidates: [String]) -> String? {
        let word = letters(name)
        guard !word.isEmpty, word.count <= lengthMax else { return nil }
        let best = candidates.map { (name: $0, distance: distance(word, letters($0))) }.min {
            $0.distance < $1.distance
        }
        guard let best, best.distance * 3 <= word.count else { return nil }
        return best.name
    }

    /// Case and separators are no difference.
    private static func letters(_ name: String) -> [UInt8] {
        name.lowercased().utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: " ") }
    }

    /// Levenshtein's: how many letters must be inserted, removed or replaced.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
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
