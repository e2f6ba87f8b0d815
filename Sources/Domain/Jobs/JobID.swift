/// Names a job; unique in a database. Ids that are made later sort later, to the millisecond.
public struct JobID: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let text: String

    public init(_ text: String) { self.text = text }

    /// A new id: `job_`, twelve hexadecimal digits of milliseconds, eight of chance.
    public init(at moment: JobMoment, using random: inout some RandomNumberGenerator) {
        text =
            "job_" + Self.hex(UInt64(max(0, moment.rawValue / 1_000)), digits: 12)
            + Self.hex(UInt64(UInt32.random(in: 0...UInt32.max, using: &random)), digits: 8)
    }

    public var description: String { text }

    public static func < (left: JobID, right: JobID) -> Bool { left.text < right.text }

    private static func hex(_ number: UInt64, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
