/// Filters on text.
enum TextFilters {
    static let table: [String: Filter] = [
        "capitalize": simple("capitalize", TextCase.capitalized), "center": center, "e": escape, "escape": escape,
        "forceescape": escape, "format": format, "indent": indent, "lower": simple("lower") { $0.lowercased() },
        "replace": replace, "safe": safe, "striptags": striptags, "title": simple("title", TextCase.titledWords),
        "trim": trim, "truncate": truncate, "upper": simple("upper") { $0.uppercased() }, "urlencode": urlencode,
        "wordcount": wordcount, "wordwrap": wordwrap, "xmlattr": xmlattr,
    ]

    private static func simple(_ name: String, _ change: @escaping @Sendable (String) -> String) -> Filter {
        { (renderer: Renderer, value: Value, arguments: Arguments) throws(TemplateError) -> Value in
            _ = try arguments.unnamed(0...0, of: name)
            return .string(change(value.display))
        }
    }

    // MARK: HTML

    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "'": result += "&#39;"
            case "\"": result += "&#34;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    @Sendable private static func escape(_: Renderer, _ value: Value, _ arguments: Arguments) throws(TemplateError)
        -> Value
    {
        _ = try arguments.unnamed(0...0, of: "escape")
        if case .markup = value { return value }
        return .markup(escaped(value.display))
    }

    @Sendable private static func safe(_: Renderer, _ value: Value, _ arguments: Arguments) throws(TemplateError)
        -> Value
    {
        _ = try arguments.unnamed(0...0, of: "safe")
        return .markup(value.display)
    }

    /// Drops comments and tags, then makes each run of white space one space.
    @Sendable private static func striptags(_: Renderer, _ value: Value, _ arguments: Arguments) throws(TemplateError)
        -> Value
    {
        _ = try arguments.unnamed(0...0, of: "striptags")
        var text = remove(from: value.display, "<!--", "-->")
        text = remove(from: text, "<", ">")
        let words = try TextSplitting.split(text, nil, maximum: .max, fromRight: false)
        var result = words.joined(separator: " ")
        for (entity, character) in [
            ("&lt;", "<"), ("&gt;", ">"), ("&#34;", "\""), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", "\u{A0}"),
            ("&amp;", "&"),
        ] { result = result.replacing(entity, with: character) }
        return .string(result)
    }

    private static func remove(from text: String, _ open: String, _ close: String) -> String {
        let bytes = Array(text.utf8)
        let opening = ByteSearch(Array(open.utf8))
        let closing = ByteSearch(Array(close.utf8))
        var result: [UInt8] = []
        var position = 0
        while let start = opening.first(in: bytes, from: position),
            let end = closing.first(in: bytes, from: start)
        {
            result += bytes[position..<start]
            position = end + close.utf8.count
        }
        return String(decoding: result + bytes[position...], as: UTF8.self)
    }

    @Sendable private static func xmlattr(_: Renderer, _ value: Value, _ arguments: Arguments) throws(TemplateError)
        -> Value
    {
        let hasSpace = try arguments.bound(to: ["autospace"], of: "xmlattr")[0]?.isTrue ?? true
        guard case .dictionary(let dictionary) = value else {
            if case .undefined(let missing) = value { throw missing.error }
            throw TemplateError.type("'\(value.typeName)' object has no attribute 'items'")
        }
        var parts: [String] = []
        for (key, value) in zip(dictionary.keys, dictionary.values) where !value.isNone && !value.isUndefined {
            let name = try key.requiredText("an attribute name")
            guard
                !name.unicodeScalars.contains(where: {
                    ["/", ">", "=", " ", "\t", "\n", "\r", "\u{0B}", "\u{0C}"].contains($0)
                })
            else { throw TemplateError.value("Invalid character in attribute name: \(key.representation)") }
            if case .markup(let text) = value {
                parts.append("\(escaped(name))=\"\(text)\"")
            } else {
                parts.append("\(escaped(name))=\"\(escaped(value.display))\"")
            }
        }
        let text = parts.joined(separator: " ")
        return .string(hasSpace && !text.isEmpty ? " " + text : text)
    }

    @Sendable private static func urlencode(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        _ = try arguments.unnamed(0...0, of: "urlencode")
        var pairs: [Value]
        switch value {
        case .dictionary(let dictionary): pairs = dictionary.items
        case .list, .tuple, .generator, .view, .range, .undefined: pairs = try renderer.elements(of: value)
        default: return .string(quoted(value.display, isQuery: false))
        }
        var parts: [String] = []
        for pair in pairs {
            let both = try renderer.elements(of: pair)
            guard both.count == 2 else { throw TemplateError.value("two values to unpack were expected") }
            parts.append(quoted(both[0].display, isQuery: true) + "=" + quoted(both[1].display, isQuery: true))
        }
        pairs = []
        return .string(parts.joined(separator: "&"))
    }

    private static func quoted(_ text: String, isQuery: Bool) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            case 0x2F where !isQuery: result += "/"
            case 0x20 where isQuery: result += "+"
            default: result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }

    // MARK: Layout

    @Sendable private static func center(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        let width = try arguments.bound(to: ["width"], of: "center")[0] ?? .integer(80)
        var inner = Arguments()
        inner.positional = [width]
        return try TextMethods.call("center", value.display, inner, renderer)
    }

    @Sendable private static func format(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        guard arguments.positional.isEmpty || arguments.named.isEmpty else {
            throw TemplateError.type("can't handle positional and keyword arguments at the same time")
        }
        var named = Dictionary()
        for (name, value) in arguments.named { named[text: name] = value }
        let values: Value = arguments.named.isEmpty ? .tuple(arguments.positional) : .dictionary(named)
        return .string(try PercentFormat.apply(value.display, values, renderer))
    }

    @Sendable private static func indent(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        let given = try arguments.bound(to: ["width", "first", "blank"], of: "indent")
        let width = given[0] ?? .integer(4)
        let text = try value.requiredText("the text to indent")
        let prefix =
            if let text = width.text { text } else {
                String(repeating: " ", count: try width.requiredInteger().clamped(to: 0...100_000))
            }
        let lines = (text + "\n").lines()
        guard prefix.utf8.count * lines.count <= renderer.bounds.textBytesMax else {
            throw TemplateError.limit("a text is longer than \(renderer.bounds.textBytesMax) bytes")
        }
        let indentsBlank = given[2]?.isTrue ?? false
        var result = given[1]?.isTrue ?? false ? prefix : ""
        for (number, line) in lines.enumerated() {
            if number > 0 { result += "\n" + (line.isEmpty && !indentsBlank ? "" : prefix) }
            result += line
        }
        return .string(result)
    }

    @Sendable private static func replace(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        let given = try arguments.bound(to: ["old", "new", "count"], of: "replace", required: 2)
        let count = given[2].map { $0.isNone } ?? true ? -1 : try given[2]?.requiredInteger() ?? -1
        return .string(
            try TextMethods.replaced(value.display, given[0]?.display ?? "", given[1]?.display ?? "", count, renderer))
    }

    @Sendable private static func trim(_: Renderer, _ value: Value, _ arguments: Arguments) throws(TemplateError)
        -> Value
    {
        let given = try arguments.bound(to: ["chars"], of: "trim")[0]
        let characters = given.map { $0.isNone } ?? true ? nil : try given?.requiredText("strip arg")
        return .string(value.display.stripped(of: characters))
    }

    @Sendable private static func truncate(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        let given = try arguments.bound(to: ["length", "killwords", "end", "leeway"], of: "truncate")
        let length = try given[0]?.requiredInteger() ?? 255
        let end = try given[2]?.requiredText("end") ?? "..."
        let leeway = given[3].map { $0.isNone } ?? true ? 5 : try given[3]?.requiredInteger() ?? 5
        guard length >= end.length else { throw TemplateError.value("expected length >= \(end.length), got \(length)") }
        guard leeway >= 0 else { throw TemplateError.value("expected leeway >= 0, got \(leeway)") }
        if value.text == nil, let count = SequenceFilters.count(of: value), count - leeway <= length { return value }
        let text = try value.requiredText("the text to truncate")
        guard text.length - leeway > length else { return value }
        let cut = String(text.unicodeScalars.prefix(length - end.length))
        if given[1]?.isTrue ?? false { return .string(cut + end) }
        return .string(try TextSplitting.split(cut, " ", maximum: 1, fromRight: true)[0] + end)
    }

    /// Counts runs of letters, digits and underscores.
    @Sendable private static func wordcount(_: Renderer, _ value: Value, _ arguments: Arguments) throws(TemplateError)
        -> Value
    {
        _ = try arguments.unnamed(0...0, of: "wordcount")
        var count = 0
        var isInside = false
        for scalar in value.display.unicodeScalars {
            let belongs = scalar == "_" || scalar.isLetter || scalar.properties.numericType != nil
            if belongs, !isInside { count += 1 }
            isInside = belongs
        }
        return .integer(count)
    }

    @Sendable private static func wordwrap(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        let given = try arguments.bound(
            to: ["width", "break_long_words", "wrapstring", "break_on_hyphens"], of: "wordwrap")
        let width = try given[0]?.requiredInteger() ?? 79
        guard width > 0 else { throw TemplateError.value("invalid width \(width) (must be > 0)") }
        let text = try value.requiredText("the text to wrap")
        let separator = given[2].map { $0.isNone } ?? true ? "\n" : try given[2]?.requiredText("wrapstring") ?? "\n"
        let wrap = WordWrap(
            width: width, breaksLongWords: given[1]?.isTrue ?? true, breaksOnHyphens: given[3]?.isTrue ?? true)
        let paragraphs = text.lines().map { wrap.wrap($0).joined(separator: separator) }
        try TextMethods.check(paragraphs, joinedBy: separator, renderer)
        return .string(paragraphs.joined(separator: separator))
    }
}
