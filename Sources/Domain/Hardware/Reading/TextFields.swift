/// Lines of a name, a colon and a value, as the files of `/proc` have them.
struct TextFields {
    /// In the order of the text.
    let all: [(name: String, value: String)]

    init(_ text: some StringProtocol) {
        all = text.split(whereSeparator: \.isNewline).compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (line[..<colon].trimmed, line[line.index(after: colon)...].trimmed)
        }
    }

    /// The first value of a name that is not empty.
    subscript(name: String) -> String? { all.first { $0.name == name && !$0.value.isEmpty }?.value }
}

extension StringProtocol {
    /// Without white space and zero bytes at both ends: files of the device tree end with one.
    var trimmed: String {
        func isEmpty(_ character: Character) -> Bool { character.isWhitespace || character == "\0" }
        let front = drop(while: isEmpty)
        guard let last = front.lastIndex(where: { !isEmpty($0) }) else { return "" }
        return String(front[...last])
    }
}

/// Sizes as kernel and drivers write them.
enum ByteText {
    /// Larger sizes are taken for damage: an exbibyte.
    static let bytesMax: UInt64 = 1 << 60

    /// Bytes of `24684084 kB`, `1024K`, `81559 MiB`, `17163091968`, `65520 MB`.
    ///
    /// The kernel's `kB` and the drivers' `MB` mean powers of 1024.
    ///
    /// - Parameter text: a number, white space, a unit.
    /// - Returns: `nil` when it is anything else, negative or beyond `bytesMax`.
    static func bytes(_ text: some StringProtocol) -> UInt64? {
        let text = text.trimmed
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = UInt64(digits) else { return nil }
        let factor: UInt64
        switch text.dropFirst(digits.count).trimmed.lowercased() {
        case "", "b": factor = 1
        case "k", "kb", "kib": factor = 1 << 10
        case "m", "mb", "mib": factor = 1 << 20
        case "g", "gb", "gib": factor = 1 << 30
        case "t", "tb", "tib": factor = 1 << 40
        default: return nil
        }
        return scaled(number, by: factor)
    }

    /// A number of units in bytes, unless it is absurd.
    static func scaled(_ number: UInt64, by factor: UInt64) -> UInt64? {
        let (bytes, isOver) = number.multipliedReportingOverflow(by: factor)
        return isOver || bytes > bytesMax ? nil : bytes
    }
}
