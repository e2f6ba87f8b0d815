import Vocabulary

/// Watches the lines of an answer for `LineLimits`.
struct LineWatch: Sendable {
    private enum Place {
        case inside
        /// At the beginning of a line, after so many blanks.
        case beginning(blanks: Int)
    }

    private let limits: LineLimits
    /// The first line of an answer goes on from the prompt's last one.
    private var place = Place.inside

    init(_ limits: LineLimits) { self.limits = limits }

    /// Looks at more of the answer's text.
    ///
    /// - Parameters:
    ///   - text: what follows, whole characters.
    ///   - writing: how long the answer has been written.
    /// - Returns: what of the text still belongs to the answer when it ends here; `nil` when it goes on.
    mutating func take(_ text: String, writing: Duration) -> String? {
        guard !text.isEmpty else { return nil }
        var hasBreak = false
        for index in text.utf8.indices {
            let byte = text.utf8[index]
            let isBreak = byte == UInt8(ascii: "\n")
            hasBreak = hasBreak || isBreak
            if case .beginning(let blanks) = place, limits.indentation > 0 {
                if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") {
                    place = .beginning(blanks: blanks + 1)
                    continue
                }
                if blanks < limits.indentation { return String(text[..<index]) }
            }
            place = isBreak ? .beginning(blanks: 0) : .inside
        }
        if hasBreak, let most = limits.writing, writing > most { return text }
        return nil
    }
}
