/// Puts what is known at the start of a program into its command line and its variables.
public enum CommandTemplate {
    /// What cannot be put in.
    public struct Unknown: Error, Sendable, Equatable {
        public var name: String
        public var known: [String]
    }

    /// - Parameters:
    ///   - text: with `${NAME}` for each value; `$${` is a `${` that stays.
    ///   - values: by name.
    /// - Returns: the text with the values.
    /// - Throws: ``Unknown`` for a name that has no value.
    public static func filled(_ text: String, _ values: [String: String]) throws(Unknown) -> String {
        var result = ""
        var rest = Substring(text)
        while let mark = rest.firstRange(of: "${") {
            let before = rest[..<mark.lowerBound]
            if before.hasSuffix("$") {
                result += before.dropLast() + "${"
                rest = rest[mark.upperBound...]
                continue
            }
            result += before
            let tail = rest[mark.upperBound...]
            guard let end = tail.firstIndex(of: "}") else { return result + rest[mark.lowerBound...] }
            let name = String(tail[..<end])
            guard let value = values[name] else { throw Unknown(name: name, known: values.keys.sorted()) }
            result += value
            rest = tail[tail.index(after: end)...]
        }
        return result + rest
    }
}
