import Grammar
import JSONText

/// A grammar in the making, with the rules for arguments that are no JSON.
struct ArgumentRules {
    var text = GrammarText()
    /// The rules of `until`, by their marks.
    private var untils: [String: String] = [:]

    /// Any text up to and with the first `mark`.
    ///
    /// One rule for each beginning of the mark that was just read, as Knuth, Morris and Pratt search (1977).
    mutating func until(_ mark: String) -> String {
        if let known = untils[mark] { return known }
        let scalars = Array(mark.unicodeScalars)
        let states = scalars.map { _ in text.reserve("until") }
        var seen: Set<Unicode.Scalar> = []
        let letters = scalars.filter { seen.insert($0).inserted }
        let others = "[^" + letters.map { Self.escape($0) }.joined() + "] \(states[0])"
        for count in scalars.indices {
            var alternatives = [others]
            for letter in letters {
                let next = Self.longestBeginning(of: scalars, endingIn: scalars[..<count] + [letter])
                let step = "[\(Self.escape(letter))]"
                alternatives.append(next == scalars.count ? step : "\(step) \(states[next])")
            }
            text.define(states[count], alternatives.joined(separator: " | "))
        }
        untils[mark] = states[0]
        return states[0]
    }

    private static func longestBeginning(
        of mark: [Unicode.Scalar], endingIn text: ArraySlice<Unicode.Scalar>
    ) -> Int {
        (0...min(mark.count, text.count)).last { text.suffix($0).elementsEqual(mark.prefix($0)) } ?? 0
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// Keywords of a string's schema that free text cannot be held to.
    static let textKeywords = ["minLength", "maxLength", "pattern", "format"]

    /// The texts that an enumeration of strings allows.
    static func texts(_ schema: JSONValue) -> [String]? {
        guard let values = schema["enum"]?.array ?? schema["const"].map({ [$0] }), !values.isEmpty else { return nil }
        let texts = values.compactMap(\.string)
        return texts.count == values.count ? texts : nil
    }

    static func unsupported(_ keyword: String, in place: String) -> GrammarError {
        GrammarError(
            .unsupported, "The keyword '\(keyword)' cannot be enforced in this model's form of calls.", place: place)
    }
}

// MARK: - Elements

extension ArgumentRules {
    private static let elementEnd = "</parameter>"

    /// `<parameter=key>` elements in the order of the schema; those that are not required may be left out.
    mutating func elements(_ schema: JSONValue, name: String) throws(GrammarError) -> String {
        guard let properties = schema["properties"]?.object else {
            if schema["$ref"] != nil || schema["allOf"] != nil || schema["anyOf"] != nil || schema["oneOf"] != nil {
                throw Self.unsupported("$ref", in: "#")
            }
            return schema["additionalProperties"] == .bool(false) || schema.object?.isEmpty == false
                ? text.rule(name, "\"\"") : anyElements()
        }
        let required = Set(schema["required"]?.array?.compactMap(\.string) ?? [])
        var parts: [String] = []
        for (key, value) in properties {
            let content = try elementContent(value, name: "\(name)-\(key)", place: "#/properties/\(key)")
            let rule = text.rule(
                "\(name)-\(key)", GrammarText.literal("<parameter=\(key)>\n") + " " + content + " \"\\n\"")
            parts.append(required.contains(key) ? rule : rule + "?")
        }
        return text.rule(name, parts.isEmpty ? "\"\"" : parts.joined(separator: " "))
    }

    mutating func anyElements() -> String {
        let element = text.rule(
            "element", "\"<parameter=\" [a-zA-Z0-9_.-]{1,64} \">\\n\" \(until(Self.elementEnd)) \"\\n\"")
        return text.rule("elements", element + "*")
    }

    /// A value and the closing tag.
    private mutating func elementContent(
        _ schema: JSONValue, name: String, place: String
    ) throws(GrammarError) -> String {
        let end = GrammarText.literal("\n" + Self.elementEnd)
        if let texts = Self.texts(schema) {
            return "(" + texts.map { GrammarText.literal($0) }.joined(separator: " | ") + ") " + end
        }
        guard ParameterReader.types(schema).contains("string") else {
            return try text.schema(schema, name: name + "-value") + " " + end
        }
        if let keyword = Self.textKeywords.first(where: { schema[$0] != nil }) {
            throw Self.unsupported(keyword, in: place)
        }
        return until(Self.elementEnd)
    }
}

// MARK: - Braces

extension ArgumentRules {
    /// `{key:value,…}` in the order of the schema, strings between the mark.
    mutating func braces(_ schema: JSONValue, quote: String, name: String) throws(GrammarError) -> String {
        guard let properties = schema["properties"]?.object else { return anyBraces(quote: quote) }
        let required = Set(schema["required"]?.array?.compactMap(\.string) ?? [])
        var members: [(rule: String, isRequired: Bool)] = []
        for (key, value) in properties {
            guard key.allSatisfy(\.isFunctionName), !key.isEmpty else { throw Self.unsupported("properties", in: key) }
            let rule = try braced(value, quote: quote, name: "\(name)-\(key)", place: "#/properties/\(key)")
            members.append(
                (text.rule("\(name)-\(key)", "\"\(key):\" \(rule)"), required.contains(key)))
        }
        // What may follow from each member on, when something stands before it and when nothing does.
        var afterSome = ""
        var afterNone = ""
        for member in members.reversed() {
            let first = afterSome.isEmpty ? member.rule : "\(member.rule) \(afterSome)"
            let next = "\",\" \(first)"
            let skipped = (some: afterSome, none: afterNone)
            afterSome = text.rule("\(name)-more", member.isRequired ? next : Self.either(next, skipped.some))
            afterNone = text.rule("\(name)-members", member.isRequired ? first : Self.either(first, skipped.none))
        }
        return text.rule(name, "\"{\" \(afterNone) \"}\"")
    }

    private static func either(_ one: String, _ other: String) -> String {
        "\(one) | \(other.isEmpty ? "\"\"" : other)"
    }

    private mutating func braced(
        _ schema: JSONValue, quote: String, name: String, place: String
    ) throws(GrammarError) -> String {
        let mark = GrammarText.literal(quote)
        if let texts = Self.texts(schema) {
            return text.rule(name, texts.map { "\(mark) \(GrammarText.literal($0)) \(mark)" }.joined(separator: " | "))
        }
        if let keyword = Self.textKeywords.first(where: { schema[$0] != nil }) {
            throw Self.unsupported(keyword, in: place)
        }
        switch schema["type"]?.string {
        case "string": return text.rule("braced-text", "\(mark) \(until(quote))")
        case "object": return try braces(schema, quote: quote, name: name)
        case "array":
            let item =
                try schema["items"].map { items throws(GrammarError) in
                    try braced(items, quote: quote, name: name + "-item", place: place + "/items")
                } ?? anyBraced(quote: quote)
            return text.rule(name, "\"[\" (\(item) (\",\" \(item))*)? \"]\"")
        case "integer", "number", "boolean", "null": return try text.schema(schema, name: name)
        default: return anyBraced(quote: quote)
        }
    }

    mutating func anyBraces(quote: String) -> String {
        let key = "braces " + quote
        if let known = untils[key] { return known }
        let object = text.reserve("any-braces")
        untils[key] = object
        let member = "[a-zA-Z_] [a-zA-Z0-9_-]{0,63} \":\" \(anyBraced(quote: quote))"
        text.define(object, "\"{\" (\(member) (\",\" \(member))*)? \"}\"")
        return object
    }

    private mutating func anyBraced(quote: String) -> String {
        let key = "braced " + quote
        if let known = untils[key] { return known }
        let value = text.reserve("any-braced")
        untils[key] = value
        let string = text.rule("braced-text", "\(GrammarText.literal(quote)) \(until(quote))")
        let number = #""-"? ("0" | [1-9] [0-9]{0,15}) ("." [0-9]{1,16})?"#
        let object = anyBraces(quote: quote)
        text.define(
            value,
            "\(string) | \(number) | \"true\" | \"false\" | \"null\" | \(object) | \"[\" (\(value) (\",\" \(value))*)? \"]\""
        )
        return value
    }
}
