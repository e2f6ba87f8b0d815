/// Several values in one text, as llama-server reads them.
enum CommaList {
    /// The fields between commas. One that begins with `"` goes to the next `"` and may hold commas; `""` inside it is one.
    ///
    /// - Returns: at least one field, which may be empty. A quote that is never closed goes to the end.
    static func fields(of text: String) -> [String] {
        var fields = [""]
        var isQuoted = false
        var rest = Substring(text)
        while let character = rest.popFirst() {
            switch character {
            case "\"" where isQuoted && rest.first == "\"":
                fields[fields.count - 1].append(rest.removeFirst())
            case "\"" where isQuoted: isQuoted = false
            case "\"" where fields[fields.count - 1].isEmpty: isQuoted = true
            case "," where !isQuoted: fields.append("")
            default: fields[fields.count - 1].append(character)
            }
        }
        return fields
    }
}
