/// The rules that every JSON text shares.
extension GrammarText {
    /// White space after a bracket or a comma, and before a closing bracket.
    mutating func gap() -> String {
        options.whitespace == .compact ? "" : rule("gap", #"(" " | "\n" [ \t]{0,20})?"#) + " "
    }

    /// White space after a colon.
    var colon: String { options.whitespace == .compact ? "\":\"" : "\":\" \" \"?" }

    /// Any JSON value.
    public mutating func anyValue() -> String {
        let name = "json-value"
        if isDefined(name) { return name }
        let value = reserve(name)
        let object = anyObject()
        let array = bracketed("[", "]", separated(value))
        define(
            value, "\(object) | \(rule("json-array", array)) | \(string()) | \(number()) | \(boolean()) | \"null\"")
        return value
    }

    /// Any JSON object.
    public mutating func anyObject() -> String {
        let name = "json-object"
        if isDefined(name) { return name }
        let object = reserve(name)
        let value = anyValue()
        define(object, bracketed("{", "}", separated("\(rule("json-member", "\(string()) \(colon) \(value)"))")))
        return object
    }

    /// Any JSON string.
    public mutating func string() -> String { rule("json-string", "\"\\\"\" \(character())* \"\\\"\"") }

    /// One character of a JSON string: itself or an escape, a surrogate pair counts as one.
    mutating func character() -> String {
        let escape = rule(
            "json-escape",
            #"["\\/bfnrt] | "u" ([0-9a-cA-CefEF] [0-9a-fA-F]{3} | [dD] [0-7] [0-9a-fA-F]{2}"#
                + #" | [dD] [89abAB] [0-9a-fA-F]{2} "\\u" [dD] [c-fC-F] [0-9a-fA-F]{2})"#)
        return rule("json-char", #"[^"\\\x00-\x1F\x7F] | "\\" "# + escape)
    }

    /// Any JSON number of a size that every reader understands.
    mutating func number() -> String {
        rule("json-number", "\(integer()) (\".\" [0-9]{1,16})? ([eE] [-+]? [0-9]{1,2})?")
    }

    /// Any whole number of at most 18 digits.
    mutating func integer() -> String { rule("json-integer", "\"-\"? (\"0\" | [1-9] [0-9]{0,17})") }

    mutating func boolean() -> String { rule("json-boolean", #""true" | "false""#) }

    /// `item`, again and again, with commas between.
    mutating func separated(_ item: String) -> String { "\(item) (\",\" \(gap())\(item))*" }

    /// Brackets around `content`, or around nothing.
    mutating func bracketed(_ open: String, _ close: String, _ content: String) -> String {
        "\"\(open)\" \(gap())(\(content) \(gap()))?\"\(close)\""
    }
}
