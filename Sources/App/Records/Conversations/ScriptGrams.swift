/// Words for the full-text index of scripts that put no spaces between words: pairs of neighbours, so that every part of a
/// sentence can be found. A pair is written in hexadecimal digits, which the tokenizers of both databases leave alone.
enum ScriptGrams {
    /// Scalars of a message that are indexed so; what lies behind is not searched there.
    private static let scalarsMax = 60_000

    /// The runs of such scripts in a text.
    ///
    /// - Parameter text: any text.
    /// - Returns: each run as its scalars, in order.
    static func runs(in text: String) -> [[Unicode.Scalar]] {
        // Most texts have none: all of these scripts need three bytes.
        guard text.utf8.contains(where: { $0 >= 0xE0 }) else { return [] }
        var runs: [[Unicode.Scalar]] = []
        var run: [Unicode.Scalar] = []
        for scalar in text.unicodeScalars {
            if isWithoutSpaces(scalar) {
                run.append(scalar)
            } else if !run.isEmpty {
                runs.append(run)
                run = []
            }
        }
        if !run.isEmpty { runs.append(run) }
        return runs
    }

    /// What stands in the index for a text: the pairs of each run, then its last scalar alone.
    static func indexed(_ text: String) -> String {
        var words: [String] = []
        for run in runs(in: text) {
            guard words.count + run.count <= scalarsMax else { break }
            for index in run.indices { words.append(word(run[index], index + 1 < run.count ? run[index + 1] : nil)) }
        }
        return words.joined(separator: " ")
    }

    /// What to look for to find a run: words that must follow each other. The last one may be the beginning of a word.
    ///
    /// - Parameter run: at least one scalar.
    /// - Returns: the words of a phrase.
    static func phrase(_ run: [Unicode.Scalar]) -> (words: [String], isPrefix: Bool) {
        guard run.count > 1 else { return ([word(run[0], nil)], true) }
        return ((1..<run.count).map { word(run[$0 - 1], run[$0]) }, false)
    }

    /// `g`, the first scalar, `x`, and the second one where there is one: a pair begins as its first scalar alone.
    private static func word(_ first: Unicode.Scalar, _ second: Unicode.Scalar?) -> String {
        "g" + String(first.value, radix: 16) + "x" + (second.map { String($0.value, radix: 16) } ?? "")
    }

    /// Whether a scalar belongs to a script that writes words without spaces. Source: Unicode's Blocks.txt.
    static func isWithoutSpaces(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0E01...0x0E3A, 0x0E40...0x0E4E: true  // Thai
        case 0x0E81...0x0EDF: true  // Lao
        case 0x1000...0x109F, 0x1780...0x17D3: true  // Myanmar, Khmer
        case 0x3005...0x3007, 0x3041...0x309F, 0x30A1...0x30FA, 0x30FC...0x30FF: true  // Japanese
        case 0x31F0...0x31FF, 0x3105...0x312F: true  // Katakana, Bopomofo
        case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF: true  // Han
        case 0x20000...0x323AF: true  // Han beyond the basic plane
        case 0xAC00...0xD7A3, 0x1100...0x11FF: true  // Hangul, whose words carry endings
        default: false
        }
    }
}
