/// Cuts a template's source into tokens, with the whitespace rules of `trim_blocks` and `lstrip_blocks`.
struct Lexer {
    let source: [Unicode.Scalar]
    var offset = 0
    private var result: [Token] = []

    init(source: [Unicode.Scalar]) { self.source = source }

    /// Makes every line break a `\n` and drops one at the end, as `keep_trailing_newline=False` does.
    static func normalise(_ text: String) -> [Unicode.Scalar] {
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(text.utf8.count)
        var previous: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            if scalar == "\r" {
                scalars.append("\n")
            } else if !(scalar == "\n" && previous == "\r") {
                scalars.append(scalar)
            }
            previous = scalar
        }
        if scalars.last == "\n" { scalars.removeLast() }
        return scalars
    }

    mutating func tokens() throws(TemplateError) -> [Token] {
        while offset < source.count { try text() }
        emit(.end, at: source.count)
        return result
    }

    private mutating func emit(_ kind: Token.Kind, at offset: Int) { result.append(Token(kind: kind, offset: offset)) }

    func peek(_ distance: Int = 0) -> Unicode.Scalar? {
        offset + distance < source.count ? source[offset + distance] : nil
    }

    /// Reads text up to the next tag, and that tag.
    private mutating func text() throws(TemplateError) {
        let start = offset
        while let scalar = peek() {
            if scalar == "{", let next = peek(1), next == "{" || next == "%" || next == "#" {
                return try tag(next, textFrom: start)
            }
            offset += 1
        }
        emitText(start..<offset)
    }

    private mutating func emitText(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        emit(.text(String(scalars: source[range])), at: range.lowerBound)
    }

    /// The end of the text `start ..< end` after the tag that follows has taken its share of whitespace.
    private func textEnd(from start: Int, to end: Int, sign: Unicode.Scalar?, strips: Bool) -> Int {
        if sign == "-" {
            var last = end
            while last > start, source[last - 1].isPythonSpace { last -= 1 }
            return last
        }
        guard sign != "+", strips else { return end }
        var lineStart = end
        while lineStart > start, source[lineStart - 1] != "\n" { lineStart -= 1 }
        let startsLine = lineStart > start || start == 0 || source[start - 1] == "\n"
        return startsLine && source[lineStart..<end].allSatisfy(\.isPythonSpace) ? lineStart : end
    }

    private mutating func tag(_ opener: Unicode.Scalar, textFrom start: Int) throws(TemplateError) {
        let place = offset
        offset += 2
        let sign = peek().flatMap { $0 == "-" || $0 == "+" ? $0 : nil }
        if sign != nil { offset += 1 }
        let end = textEnd(from: start, to: place, sign: sign, strips: opener != "{")
        emitText(start..<end)
        switch opener {
        case "#": try comment(from: place)
        case "{":
            emit(.variableBegin, at: place)
            try expression(isBlock: false)
        default:
            if rawBegins() { return try raw(from: place) }
            emit(.blockBegin, at: place)
            try expression(isBlock: true)
        }
    }

    private mutating func skipSpace() {
        while let scalar = peek(), scalar.isPythonSpace { offset += 1 }
    }

    private func matches(_ text: StaticString, at place: Int) -> Bool {
        var position = place
        for scalar in text.description.unicodeScalars {
            guard position < source.count, source[position] == scalar else { return false }
            position += 1
        }
        return true
    }

    /// Passes over `…%}` and the whitespace it takes; the offset stays when there is no such end here.
    private mutating func closes(_ end: StaticString, allowsPlus: Bool, trims: Bool) -> Bool {
        if peek() == "-", matches(end, at: offset + 1) {
            offset += 3
            skipSpace()
            return true
        }
        if allowsPlus, peek() == "+", matches(end, at: offset + 1) {
            offset += 3
            return true
        }
        guard matches(end, at: offset) else { return false }
        offset += 2
        if trims, peek() == "\n" { offset += 1 }
        return true
    }

    private mutating func comment(from place: Int) throws(TemplateError) {
        guard offset < source.count else { return }
        while offset < source.count {
            if closes("#}", allowsPlus: true, trims: true) { return }
            offset += 1
        }
        throw TemplateError(.syntax, "missing end of comment tag", offset: place)
    }

    private mutating func rawBegins() -> Bool {
        let start = offset
        skipSpace()
        if matches("raw", at: offset) {
            offset += 3
            skipSpace()
            if closes("%}", allowsPlus: false, trims: false) { return true }
        }
        offset = start
        return false
    }

    private mutating func raw(from place: Int) throws(TemplateError) {
        let start = offset
        guard offset < source.count else { return }
        while offset < source.count {
            let end = offset
            if matches("{%", at: offset) {
                offset += 2
                let sign = peek().flatMap { $0 == "-" || $0 == "+" ? $0 : nil }
                if sign != nil { offset += 1 }
                skipSpace()
                if matches("endraw", at: offset) {
                    offset += 6
                    skipSpace()
                    if closes("%}", allowsPlus: true, trims: true) {
                        emitText(start..<textEnd(from: start, to: end, sign: sign, strips: true))
                        return
                    }
                }
            }
            offset = end + 1
        }
        throw TemplateError(.syntax, "missing end of raw directive", offset: place)
    }

    /// Reads the tokens of one tag up to its end.
    private mutating func expression(isBlock: Bool) throws(TemplateError) {
        var open: [Symbol] = []
        while offset < source.count {
            let place = offset
            if open.isEmpty {
                let isEnd =
                    isBlock
                    ? closes("%}", allowsPlus: true, trims: true) : closes("}}", allowsPlus: false, trims: false)
                if isEnd {
                    emit(isBlock ? .blockEnd : .variableEnd, at: place)
                    return
                }
            }
            if let scalar = peek(), scalar.isPythonSpace {
                offset += 1
                continue
            }
            let kind = try literalOrSymbol()
            if case .symbol(let symbol) = kind {
                if let closing = symbol.closing {
                    open.append(closing)
                } else if symbol.isClosing, open.popLast() != symbol {
                    throw TemplateError(.syntax, "unexpected '\(symbol.rawValue)'", offset: place)
                }
            }
            emit(kind, at: place)
        }
    }
}
