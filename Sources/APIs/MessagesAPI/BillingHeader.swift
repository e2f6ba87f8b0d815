/// The line that some of Anthropic's clients put before their system prompt, such as
/// `x-anthropic-billing-header: cc_version=2.1.37.fbe; cch=a5145;`. It holds values that change with every request and says
/// nothing to a model; left as it is, no prompt would begin like the one before, and nothing of it would be found in the
/// prefix cache.
enum BillingHeader {
    private static let start = "x-anthropic-billing-header:"
    /// What the names of its values begin with.
    private static let name = "cc"

    /// The text without the line. What is no value of its, is the prompt's and stays.
    ///
    /// - Parameter text: a system prompt, or one block of it.
    /// - Returns: the rest of it.
    static func stripped(_ text: String) -> String {
        guard text.hasPrefix(start) else { return text }
        var rest = text.dropFirst(start.count)
        while let after = value(rest.drop { $0 == " " }) { rest = after }
        return String(rest.drop { $0 == " " || $0 == "\n" || $0 == "\r\n" })
    }

    /// What follows after one `cc…=value;`, or after its line where there is no semicolon; `nil` where there is no such value.
    private static func value(_ text: Substring) -> Substring? {
        guard text.hasPrefix(name) else { return nil }
        let afterName = text.drop { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        guard afterName.first == "=" else { return nil }
        let end = afterName.firstIndex { $0 == ";" || $0.isNewline } ?? afterName.endIndex
        return end < afterName.endIndex && afterName[end] == ";"
            ? afterName[afterName.index(after: end)...] : afterName[end...]
    }
}
