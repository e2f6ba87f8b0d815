/// The methods of Python's `str`.
enum TextMethods {
    static func call(
        _ name: String, _ text: String, _ arguments: Arguments, _ renderer: Renderer
    ) throws(TemplateError) -> Value {
        switch name {
        case "format": return .string(try BraceFormat.apply(text, arguments, renderer))
        case "format_map":
            guard case .dictionary(let mapping) = try arguments.unnamed(1...1, of: name)[0] else {
                throw TemplateError.type("format_map() needs a mapping")
            }
            var named = Arguments()
            for position in mapping.keys.indices {
                if let key = mapping.keys[position].text { named.named.append((key, mapping.values[position])) }
            }
            return .string(try BraceFormat.apply(text, named, renderer))
        case "split", "rsplit":
            let given = try arguments.bound(to: ["sep", "maxsplit"], of: name)
            let maximum = try given[1]?.requiredInteger() ?? -1
            let separator = try optionalText(given[0], "sep")
            return .list(
                try TextSplitting.split(
                    text, separator, maximum: maximum < 0 ? .max : maximum, fromRight: name == "rsplit"
                )
                .map { .string($0) })
        case "splitlines":
            let keeps = try arguments.bound(to: ["keepends"], of: name)[0]?.isTrue ?? false
            return .list(text.lines(keepingEnds: keeps).map { .string($0) })
        case "replace":
            return .string(try replace(text, arguments, renderer))
        case "encode": throw TemplateError(.unsupported, "bytes are not supported")
        case "expandtabs":
            let size = try arguments.bound(to: ["tabsize"], of: name)[0]?.requiredInteger() ?? 8
            return .string(expandTabs(text, size.clamped(to: 0...1000)))
        default: break
        }
        guard arguments.named.isEmpty else { throw TemplateError.type("str.\(name)() takes no keyword arguments") }
        if let answer = TextTests.answer(name, about: text) {
            _ = try arguments.unnamed(0...0, of: name)
            return .bool(answer)
        }
        return try positional(name, text, arguments, renderer)
    }

    private static func positional(
        _ name: String, _ text: String, _ arguments: Arguments, _ renderer: Renderer
    ) throws(TemplateError) -> Value {
        switch name {
        case "upper", "lower", "casefold", "title", "capitalize", "swapcase":
            _ = try arguments.unnamed(0...0, of: name)
            return .string(changed(name, text))
        case "strip", "lstrip", "rstrip":
            let characters = try optionalText(try arguments.unnamed(0...1, of: name).first, "\(name) arg")
            return .string(text.stripped(of: characters, left: name != "rstrip", right: name != "lstrip"))
        case "startswith", "endswith": return .bool(try affixed(name, text, arguments))
        case "find", "rfind", "index", "rindex", "count": return .integer(try search(name, text, arguments))
        case "join":
            let elements = try renderer.elements(of: try arguments.unnamed(1...1, of: name)[0])
            var parts: [String] = []
            for (position, element) in elements.enumerated() {
                guard let part = element.text else {
                    throw TemplateError.type(
                        "sequence item \(position): expected str instance, \(element.typeName) found")
                }
                parts.append(part)
            }
            try check(parts, joinedBy: text, renderer)
            return .string(parts.joined(separator: text))
        case "removeprefix", "removesuffix":
            let part = Array(try arguments.unnamed(1...1, of: name)[0].requiredText("\(name)() argument").utf8)
            let bytes = Array(text.utf8)
            if name == "removeprefix", bytes.starts(with: part) {
                return .string(String(decoding: bytes.dropFirst(part.count), as: UTF8.self))
            }
            if name == "removesuffix", bytes.reversed().starts(with: part.reversed()) {
                return .string(String(decoding: bytes.dropLast(part.count), as: UTF8.self))
            }
            return .string(text)
        case "zfill", "ljust", "rjust", "center": return .string(try padded(name, text, arguments, renderer))
        case "partition", "rpartition":
            let separator = try arguments.unnamed(1...1, of: name)[0].requiredText("separator")
            return .tuple(
                try TextSplitting.partition(text, separator, fromRight: name == "rpartition").map { .string($0) })
        default: throw TemplateError.type("'str' object has no method '\(name)'")
        }
    }

    static func check(_ parts: [String], joinedBy separator: String, _ renderer: Renderer) throws(TemplateError) {
        var total = separator.utf8.count * max(0, parts.count - 1)
        for part in parts { total += part.utf8.count }
        guard total <= renderer.bounds.textBytesMax else {
            throw TemplateError.limit("a text is longer than \(renderer.bounds.textBytesMax) bytes")
        }
    }

    private static func optionalText(_ value: Value?, _ what: String) throws(TemplateError) -> String? {
        guard let value, !value.isNone else { return nil }
        return try value.requiredText(what)
    }

    private static func changed(_ name: String, _ text: String) -> String {
        switch name {
        case "upper": text.uppercased()
        case "lower", "casefold": text.lowercased()
        case "title": TextCase.titled(text)
        case "capitalize": TextCase.capitalized(text)
        default: TextCase.swapped(text)
        }
    }

    private static func replace(_ text: String, _ arguments: Arguments, _ renderer: Renderer) throws(TemplateError)
        -> String
    {
        let given = try arguments.unnamed(2...3, of: "replace")
        let count = given.count > 2 ? try given[2].requiredInteger() : -1
        return try replaced(
            text, try given[0].requiredText("replace() argument 1"), try given[1].requiredText("replace() argument 2"),
            count, renderer)
    }

    /// Replaces after making sure that the result fits.
    static func replaced(
        _ text: String, _ old: String, _ new: String, _ count: Int, _ renderer: Renderer
    ) throws(TemplateError) -> String {
        let occurrences = old.isEmpty ? text.utf8.count + 1 : text.utf8.count / old.utf8.count
        let (growth, overflow) = occurrences.multipliedReportingOverflow(by: new.utf8.count)
        if overflow || growth > renderer.bounds.textBytesMax {
            let exact = old.isEmpty ? occurrences : Self.count(of: old, in: text)
            guard Double(exact) * Double(new.utf8.count) <= Double(renderer.bounds.textBytesMax) else {
                throw TemplateError.limit("a text is longer than \(renderer.bounds.textBytesMax) bytes")
            }
        }
        return text.replacing(old, with: new, maximum: count < 0 ? .max : count)
    }

    private static func count(of part: String, in text: String) -> Int {
        let bytes = Array(text.utf8)
        let search = ByteSearch(Array(part.utf8))
        var count = 0
        var position = 0
        while let found = search.first(in: bytes, from: position) {
            count += 1
            position = found + part.utf8.count
        }
        return count
    }

    private static func affixed(_ name: String, _ text: String, _ arguments: Arguments) throws(TemplateError) -> Bool {
        let given = try arguments.unnamed(1...3, of: name)
        let scalars = Array(text.unicodeScalars)
        let span = Methods.Span(
            given.count > 1 && !given[1].isNone ? try given[1].requiredInteger() : 0,
            given.count > 2 && !given[2].isNone ? try given[2].requiredInteger() : scalars.count, in: scalars.count)
        let candidates: [Value]
        if case .tuple(let elements) = given[0] { candidates = elements } else { candidates = [given[0]] }
        for candidate in candidates {
            guard let part = candidate.text.map({ Array($0.unicodeScalars) }) else {
                throw TemplateError.type("\(name) first arg must be str or a tuple of str, not \(candidate.typeName)")
            }
            guard span.isValid, part.count <= span.end - span.start else { continue }
            let start = name == "startswith" ? span.start : span.end - part.count
            if scalars[start..<start + part.count].elementsEqual(part) { return true }
        }
        return false
    }

    private static func search(_ name: String, _ text: String, _ arguments: Arguments) throws(TemplateError) -> Int {
        let given = try arguments.unnamed(1...3, of: name)
        let part = Array(try given[0].requiredText("must be str").utf8)
        let scalars = Array(text.unicodeScalars)
        let span = Methods.Span(
            given.count > 1 && !given[1].isNone ? try given[1].requiredInteger() : 0,
            given.count > 2 && !given[2].isNone ? try given[2].requiredInteger() : scalars.count, in: scalars.count)
        var found: [Int] = []
        if span.isValid {
            let bytes = Array(String(scalars: scalars[span.range]).utf8)
            let matcher = ByteSearch(part)
            var position = 0
            while let place = matcher.first(in: bytes, from: position) {
                found.append(place)
                position = place + (name == "count" ? max(1, part.count) : 1)
                if name == "find" || name == "index" { break }
            }
            if part.isEmpty { found = found.filter { $0 == bytes.count || bytes[$0] & 0xC0 != 0x80 } }
            if name == "count" { return found.count }
            if let place = name.hasPrefix("r") ? found.last : found.first {
                return span.start + String(decoding: bytes[..<place], as: UTF8.self).length
            }
        }
        if name == "count" { return 0 }
        if name == "index" || name == "rindex" { throw TemplateError.value("substring not found") }
        return -1
    }

    private static func expandTabs(_ text: String, _ size: Int) -> String {
        var result = String.UnicodeScalarView()
        var column = 0
        for scalar in text.unicodeScalars {
            if scalar == "\t" {
                let width = size > 0 ? size - column % size : 0
                result.append(contentsOf: repeatElement(" ", count: width))
                column += width
            } else {
                result.append(scalar)
                column = scalar == "\n" || scalar == "\r" ? 0 : column + 1
            }
        }
        return String(result)
    }

    private static func padded(
        _ name: String, _ text: String, _ arguments: Arguments, _ renderer: Renderer
    ) throws(TemplateError) -> String {
        let given = try arguments.unnamed(name == "zfill" ? 1...1 : 1...2, of: name)
        let width = try given[0].requiredInteger()
        let fill = given.count > 1 ? try given[1].requiredText("the fill character") : name == "zfill" ? "0" : " "
        guard fill.length == 1 else {
            throw TemplateError.type("the fill character must be exactly one character long")
        }
        let missing = width - text.length
        guard missing > 0 else { return text }
        guard missing <= renderer.bounds.textBytesMax / 4 else { throw TemplateError.limit("a text is too long") }
        func padding(_ count: Int) -> String { String(repeating: fill, count: count) }
        switch name {
        case "ljust": return text + padding(missing)
        case "rjust": return padding(missing) + text
        case "zfill":
            let sign = text.first.map { $0 == "-" || $0 == "+" } ?? false ? String(text.prefix(1)) : ""
            return sign + padding(missing) + text.dropFirst(sign.count)
        default:
            // CPython puts the odd one to the left when the width is odd.
            let left = missing / 2 + (missing & width & 1)
            return padding(left) + text + padding(missing - left)
        }
    }
}
