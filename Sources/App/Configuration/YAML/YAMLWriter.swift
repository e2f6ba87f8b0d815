public import JSONText

extension JSONValue {
    /// This value as a YAML text in block style, which `YAMLReader` reads back to the same value.
    ///
    /// Numbers, booleans and null are plain. Strings are plain where that is unambiguous, else double-quoted.
    public var yamlText: String {
        var lines: [String] = []
        YAMLWriter.write(self, indent: 0, to: &lines)
        return lines.joined(separator: "\n") + "\n"
    }
}

private enum YAMLWriter {
    static func write(_ value: JSONValue, indent: Int, to lines: inout [String]) {
        let margin = String(repeating: "  ", count: indent)
        switch value {
        case .object(let object) where !object.isEmpty:
            for (key, member) in object {
                if let text = inline(member) {
                    lines.append("\(margin)\(scalar(key)): \(text)")
                } else {
                    lines.append("\(margin)\(scalar(key)):")
                    write(member, indent: indent + 1, to: &lines)
                }
            }
        case .array(let elements) where !elements.isEmpty:
            for element in elements {
                if let text = inline(element) {
                    lines.append("\(margin)- \(text)")
                } else {
                    lines.append("\(margin)-")
                    write(element, indent: indent + 1, to: &lines)
                }
            }
        default:
            lines.append(margin + (inline(value) ?? ""))
        }
    }

    /// The value on one line, or `nil` when it needs a block of its own.
    private static func inline(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): scalar(text)
        case .array(let elements): elements.isEmpty ? "[]" : nil
        case .object(let object): object.isEmpty ? "{}" : nil
        case .null, .bool, .integer, .number: value.text
        }
    }

    private static func scalar(_ text: String) -> String {
        if isPlain(text), case .string = YAMLScalars.resolve(text) { return text }
        // A JSON string is a double-quoted YAML scalar.
        return JSONValue.string(text).text
    }

    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetterOrDigit(first) || first == UInt8(ascii: "/") else { return false }
        return text.utf8.allSatisfy { byte in
            isLetterOrDigit(byte) || "-_./+%".utf8.contains(byte)
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
