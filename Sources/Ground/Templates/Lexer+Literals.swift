extension Lexer {
    /// Reads a number, a name, a string or an operator.
    mutating func literalOrSymbol() throws(TemplateError) -> Token.Kind {
        guard let first = peek() else { return .end }
        if ("0"..."9").contains(first) { return try number() }
        if first == "_" || first.properties.isXIDContinue { return try name() }
        if first == "'" || first == "\"" { return .string(try string(quote: first)) }
        for length in [2, 1] where offset + length <= source.count {
            if let symbol = Symbol(rawValue: String(scalars: source[offset..<offset + length])) {
                offset += length
                return .symbol(symbol)
            }
        }
        throw TemplateError(.syntax, "unexpected character '\(first)'", offset: offset)
    }

    private mutating func name() throws(TemplateError) -> Token.Kind {
        let start = offset
        while let scalar = peek(), scalar == "_" || scalar.properties.isXIDContinue { offset += 1 }
        guard source[start] == "_" || source[start].properties.isXIDStart else {
            throw TemplateError(.syntax, "invalid character in identifier", offset: start)
        }
        return .name(String(scalars: source[start..<offset]))
    }

    private func isDigit(_ place: Int, _ digits: ClosedRange<Unicode.Scalar> = "0"..."9") -> Bool {
        place < source.count && digits.contains(source[place])
    }

    /// Where a run of digits that starts at `place` ends; single underscores may stand between digits.
    private func digitsEnd(from place: Int, _ isDigit: (Unicode.Scalar) -> Bool) -> Int {
        var end = place
        while end < source.count {
            if isDigit(source[end]) {
                end += 1
            } else if end > place, source[end] == "_", end + 1 < source.count, isDigit(source[end + 1]) {
                end += 2
            } else {
                break
            }
        }
        return end
    }

    private mutating func number() throws(TemplateError) -> Token.Kind {
        let start = offset
        let followsDot = start > 0 && source[start - 1] == "."
        let whole = digitsEnd(from: start) { ("0"..."9").contains($0) }
        var end = whole
        if end < source.count, source[end] == ".", isDigit(end + 1) {
            end = digitsEnd(from: end + 1) { ("0"..."9").contains($0) }
        }
        if end < source.count, source[end] == "e" || source[end] == "E" {
            let signed = end + 1 < source.count && (source[end + 1] == "+" || source[end + 1] == "-")
            let exponent = end + (signed ? 2 : 1)
            if isDigit(exponent) { end = digitsEnd(from: exponent) { ("0"..."9").contains($0) } }
        }
        if end > whole, !followsDot {
            offset = end
            return .float(Double(String(scalars: source[start..<end].filter { $0 != "_" })) ?? .infinity)
        }
        return try integer(from: start, decimalEnd: whole)
    }

    private mutating func integer(from start: Int, decimalEnd: Int) throws(TemplateError) -> Token.Kind {
        var radix = 10
        var first = start
        var end = decimalEnd
        if source[start] == "0", start + 1 < source.count {
            let radixes: [Unicode.Scalar: Int] = ["b": 2, "B": 2, "o": 8, "O": 8, "x": 16, "X": 16]
            if let other = radixes[source[start + 1]] {
                let begin = start + 2 < source.count && source[start + 2] == "_" ? start + 3 : start + 2
                let last = digitsEnd(from: begin) { Character($0).hexDigitValue.map { $0 < other } ?? false }
                if last > begin { (radix, first, end) = (other, begin, last) }
            }
        }
        if radix == 10, source[start] == "0" { end = digitsEnd(from: start) { $0 == "0" } }
        offset = end
        guard let value = Int(String(scalars: source[first..<end].filter { $0 != "_" }), radix: radix) else {
            throw TemplateError(.limit, "the integer does not fit 64 bits", offset: start)
        }
        return .integer(value)
    }

    private mutating func string(quote: Unicode.Scalar) throws(TemplateError) -> String {
        let start = offset
        offset += 1
        var text = String.UnicodeScalarView()
        while let scalar = peek() {
            offset += 1
            if scalar == quote { return String(text) }
            if scalar == "\\" {
                try escape(into: &text)
            } else {
                text.append(scalar)
            }
        }
        throw TemplateError(.syntax, "the string does not end", offset: start)
    }

    /// Reads what follows a backslash, by the rules of Python's `unicode-escape`. An unknown escape stays as it is.
    private mutating func escape(into text: inout String.UnicodeScalarView) throws(TemplateError) {
        guard let kind = peek() else { return }
        offset += 1
        switch kind {
        case "\n": break
        case "\\", "'", "\"": text.append(kind)
        case "a": text.append("\u{07}")
        case "b": text.append("\u{08}")
        case "f": text.append("\u{0C}")
        case "n": text.append("\n")
        case "r": text.append("\r")
        case "t": text.append("\t")
        case "v": text.append("\u{0B}")
        case "x": text.append(try code(digits: 2))
        case "u": text.append(try code(digits: 4))
        case "U": text.append(try code(digits: 8))
        case "N": throw TemplateError(.unsupported, "characters by name are not supported", offset: offset - 2)
        case "0"..."7":
            var value = kind.value - 0x30
            for _ in 0..<2 {
                guard let digit = peek(), ("0"..."7").contains(digit) else { break }
                value = value * 8 + digit.value - 0x30
                offset += 1
            }
            text.append(Unicode.Scalar(value) ?? "\u{FFFD}")
        default:
            text.append("\\")
            text.append(kind)
        }
    }

    private mutating func code(digits: Int) throws(TemplateError) -> Unicode.Scalar {
        let start = offset
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let scalar = peek(), scalar.isASCII, let digit = Character(scalar).hexDigitValue else {
                throw TemplateError(.syntax, "truncated escape in a string", offset: start)
            }
            value = value &* 16 &+ UInt32(digit)
            offset += 1
        }
        guard let scalar = Unicode.Scalar(value) else {
            throw TemplateError(.syntax, "an escape that is no character", offset: start)
        }
        return scalar
    }
}
