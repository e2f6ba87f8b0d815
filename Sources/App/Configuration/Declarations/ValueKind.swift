import JSONText

/// A kind of value: what is allowed, in words and as JSON Schema, and how it is read and written.
///
/// Files give typed JSON values, arguments and environment give text; each kind reads both.
public struct ValueKind<Value: Sendable>: Sendable {
    /// Completes the sentence "must be …".
    let allowed: String
    /// Stands for the value in help texts, in capitals. Empty for a flag.
    let placeholder: String
    /// The JSON Schema of the value in a file.
    let schema: JSONObject
    /// Reads a value of a file; `nil` when it is not allowed.
    let decode: @Sendable (JSONValue) -> Value?
    /// Reads a text from the command line or the environment; `nil` when it is not allowed.
    let read: @Sendable (String) -> Value?
    /// Writes the value as `decode` reads it; `null` where nothing is set.
    let encode: @Sendable (Value) -> JSONValue
    /// Whether the command line may name the option without a value, which means true.
    var isFlag = false
    /// Words of the command line that make one value. Attached to the option they are one word with spaces.
    var wordCount = 1
}

extension ValueKind where Value == Int {
    public static func integer(in range: ClosedRange<Int>, placeholder: String = "N") -> ValueKind {
        @Sendable func check(_ number: Int) -> Int? { range.contains(number) ? number : nil }
        let bound =
            range.upperBound == .max
            ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
        var schema: JSONObject = ["type": "integer", "minimum": .integer(Int64(range.lowerBound))]
        if range.upperBound != .max { schema["maximum"] = .integer(Int64(range.upperBound)) }
        return ValueKind(
            allowed: "an integer \(bound)", placeholder: placeholder, schema: schema,
            decode: { $0.integer.flatMap { check(Int($0)) } }, read: { Int($0).flatMap(check) },
            encode: { .integer(Int64($0)) })
    }
}

extension ValueKind where Value == UInt32 {
    public static var seed: ValueKind {
        let range = ValueKind<Int>.integer(in: 0...Int(UInt32.max))
        return ValueKind(
            allowed: range.allowed, placeholder: "N", schema: range.schema,
            decode: { range.decode($0).map { UInt32($0) } }, read: { range.read($0).map { UInt32($0) } },
            encode: { .integer(Int64($0)) })
    }
}

extension ValueKind where Value == Double {
    public static func number(in range: ClosedRange<Double>) -> ValueKind {
        @Sendable func check(_ number: Double) -> Double? { range.contains(number) ? number : nil }
        @Sendable func text(_ number: Double) -> String { Int(exactly: number).map(String.init) ?? String(number) }
        return ValueKind(
            allowed: "a number from \(text(range.lowerBound)) to \(text(range.upperBound))", placeholder: "N",
            schema: ["type": "number", "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound)],
            decode: { $0.double.flatMap(check) }, read: { Double($0).flatMap(check) }, encode: { .number($0) })
    }
}

extension ValueKind where Value == Bool {
    public static var flag: ValueKind {
        ValueKind(
            allowed: "true or false", placeholder: "", schema: ["type": "boolean"], decode: \.bool, read: { Bool($0) },
            encode: { .bool($0) }, isFlag: true)
    }

    /// What llama-server takes for yes and no in the environment; `nil` for everything else.
    static func word(_ text: String) -> Bool? {
        switch text {
        case "on", "enabled", "true", "1": true
        case "off", "disabled", "false", "0": false
        default: nil
        }
    }
}

extension ValueKind where Value == String {
    /// Any text of 1 to `bytesMax` bytes.
    public static func text(_ placeholder: String = "TEXT", bytesMax: Int = 4096) -> ValueKind {
        pattern("a text of 1 to \(bytesMax) bytes", placeholder: placeholder) {
            (1...bytesMax).contains($0.utf8.count) && !$0.utf8.contains(0)
        }
    }

    /// A path of a file or directory that is not empty; relative ones count from the working directory.
    public static func path(_ placeholder: String = "PATH", bytesMax: Int = 4095) -> ValueKind {
        pattern("a path of 1 to \(bytesMax) bytes", placeholder: placeholder) {
            (1...bytesMax).contains($0.utf8.count) && !$0.utf8.contains(0)
        }
    }

    /// An absolute URL with a host, `http` or `https`.
    public static var httpURL: ValueKind {
        pattern("a URL that begins with http:// or https:// and names a host", placeholder: "URL", isURL)
    }

    static func isURL(_ text: String) -> Bool {
        guard let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) }) else { return false }
        let rest = text.dropFirst(scheme.count)
        guard let first = rest.utf8.first, ![UInt8(ascii: "/"), UInt8(ascii: ":")].contains(first) else { return false }
        return text.utf8.count <= 2048 && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    static func pattern(
        _ allowed: String, placeholder: String, _ isAllowed: @escaping @Sendable (String) -> Bool
    ) -> ValueKind {
        ValueKind(
            allowed: allowed, placeholder: placeholder, schema: ["type": "string"],
            decode: { $0.string.flatMap { isAllowed($0) ? $0 : nil } }, read: { isAllowed($0) ? $0 : nil },
            encode: { .string($0) })
    }
}

extension ValueKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the cases by name.
    public static var choice: ValueKind {
        let names = Value.allCases.map(\.rawValue)
        return ValueKind(
            allowed: "one of \(names.joined(separator: ", "))", placeholder: names.joined(separator: "|"),
            schema: ["type": "string", "enum": .array(names.map { .string($0) })],
            decode: { $0.string.flatMap { Value(rawValue: $0) } }, read: { Value(rawValue: $0) },
            encode: { .string($0.rawValue) })
    }
}

extension ValueKind {
    /// A kind that only command lines have: any text that `read` understands.
    ///
    /// - Parameters:
    ///   - allowed: completes the sentence "must be …".
    ///   - placeholder: stands for the value in help texts.
    ///   - read: `nil` when the text is not allowed.
    /// - Returns: a kind that files cannot hold.
    public static func argument(
        _ allowed: String, placeholder: String, _ read: @escaping @Sendable (String) -> Value?
    ) -> ValueKind {
        ValueKind(
            allowed: allowed, placeholder: placeholder, schema: ["type": "string"],
            decode: { $0.string.flatMap(read) }, read: read, encode: { _ in .null })
    }

    /// The same where the value is two words: `--range 1 5`.
    ///
    /// - Parameters:
    ///   - allowed: completes the sentence "must be …".
    ///   - placeholder: two words.
    ///   - read: reads both, with a space between them.
    /// - Returns: a kind for options of a command.
    public static func twoArguments(
        _ allowed: String, placeholder: String, _ read: @escaping @Sendable (String) -> Value?
    ) -> ValueKind {
        var kind = argument(allowed, placeholder: placeholder, read)
        kind.wordCount = 2
        return kind
    }
}
