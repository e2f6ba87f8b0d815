/// Text from outside on its way to a terminal.
enum PlainText {
    /// The text on one line, without anything that could steer a terminal: names of files may hold any byte.
    ///
    /// - Parameter text: from a file, a server, a user.
    /// - Returns: the same with control, format and private characters as `\u{…}`.
    static func safe(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if isUnsafe(scalar) {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// The same for a text of several lines.
    static func safeLines(_ text: String) -> String {
        text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map { safe(String($0)) }.joined(
            separator: "\n")
    }

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: return true
        default: return false
        }
    }

    /// Bytes in the unit that people read: `1.8 GB`, powers of 1,000 as disks and hubs count.
    static func bytes(_ count: Int64) -> String {
        var value = Double(count)
        for unit in ["B", "kB", "MB", "GB", "TB"] {
            if abs(value) < 999.5 || unit == "TB" {
                return unit == "B" || abs(value) >= 99.95
                    ? "\(Int(value.rounded())) \(unit)" : "\(tenths(value)) \(unit)"
            }
            value /= 1_000
        }
        return "\(count) B"
    }

    /// A count in the unit that people read: `7.6B` parameters.
    static func count(_ number: Int64) -> String {
        var value = Double(number)
        for unit in ["", "K", "M", "B"] {
            if abs(value) < 999.5 {
                return unit.isEmpty || abs(value) >= 99.95 ? "\(Int(value.rounded()))\(unit)" : tenths(value) + unit
            }
            value /= 1_000
        }
        return tenths(value) + "T"
    }

    private static func tenths(_ value: Double) -> String {
        let number = (value * 10).rounded() / 10
        return number == number.rounded() ? String(Int(number)) : String(number)
    }
}
