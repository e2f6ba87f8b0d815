/// A number of bytes, written `512`, `64KiB`, `16MiB`, `2GiB` (powers of 1024) or `10kB`, `5MB`, `1GB` (powers of 1000).
public struct ByteCount: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let bytes: Int

    public init(bytes: Int) { self.bytes = bytes }

    public static func kibibytes(_ count: Int) -> ByteCount { ByteCount(bytes: count << 10) }
    public static func mebibytes(_ count: Int) -> ByteCount { ByteCount(bytes: count << 20) }

    private static let units: [(name: String, bytes: Int)] = [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
        ("kB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1),
    ]

    /// Reads a whole number with an optional unit; `nil` when it is anything else or does not fit.
    public init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        guard let count = Int(digits) else { return nil }
        guard let factor = unit.isEmpty ? 1 : Self.units.first(where: { $0.name == unit })?.bytes else { return nil }
        let (bytes, hasOverflowed) = count.multipliedReportingOverflow(by: factor)
        guard !hasOverflowed else { return nil }
        self.bytes = bytes
    }

    /// With the largest power of 1024 that leaves a whole number.
    public var description: String {
        let fitting = Self.units[0...3].last { bytes != 0 && bytes.isMultiple(of: $0.bytes) }
        return fitting.map { "\(bytes / $0.bytes)\($0.name)" } ?? String(bytes)
    }

    public static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
}
