/// Texts that are fit for a line of a log: bounded, and without characters that could end the line, move a terminal's
/// cursor or turn the direction of reading.
public enum AuditText {
    /// Bytes of one text; what is longer is cut.
    public static let bytesMax = 256

    /// The text with every such character replaced, cut at `bytesMax` between characters.
    ///
    /// - Parameters:
    ///   - text: from anywhere.
    ///   - bytesMax: the bound in UTF-8 bytes.
    /// - Returns: the text without what logs and terminals would take for an order.
    public static func safe(_ text: String, bytesMax: Int = bytesMax) -> String {
        if text.utf8.count <= bytesMax, text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
        var kept = String.UnicodeScalarView()
        var byteCount = 0
        for scalar in text.unicodeScalars {
            let scalar = isHarmful(scalar) ? "\u{FFFD}" : scalar
            byteCount += String(Character(scalar)).utf8.count
            guard byteCount <= bytesMax else { break }
            kept.append(scalar)
        }
        return String(kept)
    }

    /// Control characters (C0, DEL, C1), line and paragraph separators, and marks of direction.
    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x2028...0x202E, 0x200E...0x200F, 0x2066...0x2069, 0x061C, 0xFEFF: true
        default: false
        }
    }
}
