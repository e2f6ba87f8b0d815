/// Python's ways to take a text apart.
enum TextSplitting {
    /// `str.split` and `str.rsplit`; without a separator at runs of white space.
    static func split(
        _ text: String, _ separator: String?, maximum: Int, fromRight: Bool
    ) throws(TemplateError) -> [String] {
        var scalars = Array(text.unicodeScalars)
        guard let separator else {
            if fromRight { scalars.reverse() }
            let parts = words(scalars, maximum: maximum)
            return fromRight
                ? parts.reversed().map { String(scalars: $0.reversed()) } : parts.map { String(scalars: $0) }
        }
        guard !separator.isEmpty else { throw TemplateError.value("empty separator") }
        var bytes = Array(text.utf8)
        var pattern = Array(separator.utf8)
        if fromRight {
            bytes.reverse()
            pattern.reverse()
        }
        let search = ByteSearch(pattern)
        var parts: [ArraySlice<UInt8>] = []
        var position = 0
        while parts.count < maximum, let found = search.first(in: bytes, from: position) {
            parts.append(bytes[position..<found])
            position = found + pattern.count
        }
        parts.append(bytes[position...])
        if fromRight { return parts.reversed().map { String(decoding: $0.reversed(), as: UTF8.self) } }
        return parts.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func words(_ scalars: [Unicode.Scalar], maximum: Int) -> [ArraySlice<Unicode.Scalar>] {
        var parts: [ArraySlice<Unicode.Scalar>] = []
        var position = 0
        while true {
            while position < scalars.count, scalars[position].isPythonSpace { position += 1 }
            guard position < scalars.count else { return parts }
            let start = position
            if parts.count >= maximum {
                var end = scalars.count
                while end > start, scalars[end - 1].isPythonSpace { end -= 1 }
                parts.append(scalars[start..<end])
                return parts
            }
            while position < scalars.count, !scalars[position].isPythonSpace { position += 1 }
            parts.append(scalars[start..<position])
        }
    }

    static func partition(_ text: String, _ separator: String, fromRight: Bool) throws(TemplateError) -> [String] {
        let parts = try split(text, separator, maximum: 1, fromRight: fromRight)
        if parts.count == 2 { return [parts[0], separator, parts[1]] }
        return fromRight ? ["", "", text] : [text, "", ""]
    }
}
