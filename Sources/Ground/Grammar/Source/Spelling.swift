/// Finds what someone may have meant.
enum Spelling {
    /// Names looked at, so that a large grammar's error stays cheap.
    private static let candidatesMax = 2_000

    /// The candidate with the fewest edits, if they are few for the word's length.
    static func closest(to word: String, among candidates: some Sequence<String>) -> String? {
        let bytes = Array(word.utf8.prefix(64))
        var best: (name: String, distance: Int)?
        for candidate in candidates.prefix(candidatesMax) {
            let distance = distance(bytes, Array(candidate.utf8.prefix(64)))
            if distance < best?.distance ?? (bytes.count / 3 + 2) { best = (candidate, distance) }
        }
        return best?.name
    }

    /// Levenshtein's distance.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (index, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let cost = min(diagonal + (byte == right[column] ? 0 : 1), row[column] + 1, row[column + 1] + 1)
                diagonal = row[column + 1]
                row[column + 1] = cost
            }
        }
        return row[right.count]
    }
}
