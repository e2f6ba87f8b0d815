/// Takes the middle out of a text that is too large: what it begins with and how it ends says most of what it is.
public enum TextShortening {
    /// The part of what stays that comes from the head.
    private static let headShare = 0.6
    /// Tokens that the note about what is missing may take.
    static let noteTokens = 16

    /// Shortens a text by as much as its tokens are too many. The same text and numbers give the same result.
    ///
    /// - Parameters:
    ///   - text: any text.
    ///   - tokens: that it may have.
    ///   - total: that it has.
    /// - Returns: head and tail with a note between that tells how much is missing; the text itself when it fits.
    public static func shorten(_ text: String, to tokens: Int, of total: Int) -> String {
        guard tokens < total, total > 0 else { return text }
        let scalars = text.unicodeScalars
        let count = scalars.count
        // A twentieth less: tokens are not spread evenly.
        let part = Double(max(0, tokens - noteTokens)) / Double(total) * 0.95
        let kept = Int(Double(count) * part)
        guard kept < count else { return text }
        let headCount = Int(Double(kept) * headShare)
        let headEnd = scalars.index(scalars.startIndex, offsetBy: headCount)
        let tailStart = scalars.index(scalars.endIndex, offsetBy: headCount - kept)
        let head = scalars[..<Self.wordEnd(scalars, before: headEnd)]
        let tail = scalars[Self.wordStart(scalars, after: tailStart)...]
        let missing = count - head.count - tail.count
        return "\(Substring(head))\n[… \(missing) characters left out …]\n\(Substring(tail))"
    }

    private typealias Scalars = String.UnicodeScalarView
    /// How far a cut moves to stand between two words.
    private static let wordMax = 32

    private static func wordEnd(_ scalars: Scalars, before place: Scalars.Index) -> Scalars.Index {
        var index = place
        for _ in 0..<wordMax where index > scalars.startIndex {
            let previous = scalars.index(before: index)
            if scalars[previous].properties.isWhitespace { return previous }
            index = previous
        }
        return place
    }

    private static func wordStart(_ scalars: Scalars, after place: Scalars.Index) -> Scalars.Index {
        var index = place
        for _ in 0..<wordMax where index < scalars.endIndex {
            if scalars[index].properties.isWhitespace { return scalars.index(after: index) }
            index = scalars.index(after: index)
        }
        return place
    }
}
