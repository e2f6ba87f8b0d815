import Launch

/// How far something has come, on standard error: one line that is written anew on a terminal, and a line for every tenth
/// of the way elsewhere.
struct ProgressLine {
    private let stream: StandardStream
    private var lastTenth = -1
    private var lastLabel = ""
    private var width = 0

    init(on stream: StandardStream = .error) { self.stream = stream }

    /// Shows where it stands.
    ///
    /// - Parameters:
    ///   - label: what is being done. Another one than before is always shown.
    ///   - fraction: 0 to 1; `nil` where nobody knows.
    ///   - detail: beside it: speed, time left.
    mutating func update(_ label: String, fraction: Double?, detail: String = "") {
        let share = fraction.map { min(max($0.isFinite ? $0 : 0, 0), 1) }
        let tenth = share.map { Int($0 * 10) } ?? -1
        let percent = share.map { "\(Int($0 * 100)) %" } ?? ""
        let text = [PlainText.safe(label), percent, PlainText.safe(detail)].filter { !$0.isEmpty }.joined(
            separator: "  ")
        if stream.isTerminal {
            stream.write("\r" + text + String(repeating: " ", count: max(0, width - text.count)))
            width = text.count
        } else if tenth != lastTenth || label != lastLabel {
            stream.write(text + "\n")
        }
        lastTenth = tenth
        lastLabel = label
    }

    /// Leaves the line, so that what follows begins on one of its own.
    mutating func end() {
        if stream.isTerminal, width > 0 { stream.write("\n") }
        width = 0
    }
}
