/// Makes one text of several that are written at the same time: whole lines, each with its source before it.
public struct InterleavedLines: Sendable {
    /// A line that grows beyond this is given out in parts.
    public static let lineBytesMax = 512

    private var waiting: [Int: String] = [:]
    private let marks: [String]

    /// - Parameter names: of the sources, by their positions.
    public init(names: [String]) { marks = names.map { "[\($0)] " } }

    /// Takes a piece of one text.
    ///
    /// - Parameters:
    ///   - text: the piece.
    ///   - source: whose.
    /// - Returns: what can be shown now; empty while a line goes on.
    public mutating func add(_ text: String, from source: Int) -> String {
        var line = waiting[source] ?? ""
        var shown = ""
        for character in text {
            if character.isNewline {
                shown += marks[source] + line + "\n"
                line = ""
            } else {
                line.append(character)
                if line.utf8.count >= Self.lineBytesMax, character.isWhitespace {
                    shown += marks[source] + line + "\n"
                    line = ""
                }
            }
        }
        waiting[source] = line
        return shown
    }

    /// A text is over.
    ///
    /// - Parameter source: whose.
    /// - Returns: its last line, if that was not shown.
    public mutating func end(_ source: Int) -> String {
        guard let line = waiting.removeValue(forKey: source), !line.isEmpty else { return "" }
        return marks[source] + line + "\n"
    }
}
