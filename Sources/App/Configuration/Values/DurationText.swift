/// Durations as people write them: `250ms`, `1.5s`, `2m`, `12h`, `7d`. A bare number is refused: seconds or minutes?
enum DurationText {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]
    /// A hundred years; everything longer is a slip of the finger.
    private static let millisecondsMax: Double = 3_153_600_000_000

    static func parse(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(digits.count)
        guard let factor = units.first(where: { $0.name == unit })?.milliseconds,
            let number = Double(digits), number * Double(factor) <= millisecondsMax
        else { return nil }
        return .milliseconds(Int64((number * Double(factor)).rounded()))
    }

    /// In the largest unit that leaves a whole number.
    static func render(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        guard milliseconds != 0 else { return "0s" }
        let fitting = units.last { milliseconds.isMultiple(of: $0.milliseconds) } ?? ("ms", 1)
        return "\(milliseconds / fitting.milliseconds)\(fitting.name)"
    }
}
