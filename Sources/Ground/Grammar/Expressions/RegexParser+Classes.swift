extension RegexParser {
    mutating func takeClass() throws(GrammarError) -> ScalarSet {
        let start = cursor.offset
        cursor.skip()
        let isNegated = cursor.take(UInt8(ascii: "^"))
        var set = ScalarSet([])
        while !cursor.take(UInt8(ascii: "]")) {
            guard !cursor.isAtEnd else { throw cursor.error("The class that opens here is never closed.", at: start) }
            let place = cursor.offset
            let low = try takeClassAtom()
            guard cursor.next == UInt8(ascii: "-"), cursor.peek(1) != UInt8(ascii: "]"), cursor.peek(1) != 0 else {
                set = set.union(low)
                continue
            }
            cursor.skip()
            let high = try takeClassAtom()
            guard let first = low.only, let last = high.only else {
                throw cursor.error("A range needs a character at both ends.", at: place)
            }
            guard first <= last else { throw cursor.error("The range ends before it begins.", at: place) }
            set = set.union(ScalarSet([first...last]))
        }
        let result = isNegated ? set.inverted : set
        guard !result.isEmpty else { throw cursor.error("No character is in this class.", at: start) }
        return result
    }

    private mutating func takeClassAtom() throws(GrammarError) -> ScalarSet {
        if cursor.next == UInt8(ascii: "\\") { return try takeEscape(inClass: true) }
        return ScalarSet(cursor.takeScalar() ?? 0)
    }

    mutating func takeEscape(inClass: Bool) throws(GrammarError) -> ScalarSet {
        let start = cursor.offset
        cursor.skip()
        guard !cursor.isAtEnd else { throw cursor.error("The expression ends inside an escape.", at: start) }
        let letter = cursor.next
        if let set = RegexClass.named(letter, isNarrow: isNarrow) {
            cursor.skip()
            return set
        }
        if let plain = Self.controls[letter] {
            cursor.skip()
            return ScalarSet(plain)
        }
        switch letter {
        case UInt8(ascii: "b") where inClass:
            cursor.skip()
            return ScalarSet(0x08)
        case UInt8(ascii: "0") where !TextCursor.isDigit(cursor.peek(1)):
            cursor.skip()
            return ScalarSet(0)
        case UInt8(ascii: "x"), UInt8(ascii: "u"): return ScalarSet(try takeCodePoint(start))
        case UInt8(ascii: "c"):
            cursor.skip()
            guard let letter = cursor.takeScalar(), letter | 0x20 >= 0x61, letter | 0x20 <= 0x7A else {
                throw cursor.error("\\c needs a letter.", at: start)
            }
            return ScalarSet(letter & 0x1F)
        default: break
        }
        if let name = Self.refusal(letter, inClass: inClass) {
            throw cursor.error("\(name) cannot be enforced.", kind: .unsupported, at: start)
        }
        let isWord = RegexClass.word.contains(UInt32(letter)) && letter != UInt8(ascii: "_")
        guard !isWord, let scalar = cursor.takeScalar() else {
            throw cursor.error("There is no such escape.", at: start)
        }
        return ScalarSet(scalar)
    }

    private static let controls: [UInt8: UInt32] = [
        UInt8(ascii: "n"): 0x0A, UInt8(ascii: "t"): 0x09, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "f"): 0x0C,
        UInt8(ascii: "v"): 0x0B,
    ]

    private static func refusal(_ letter: UInt8, inClass: Bool) -> String? {
        switch letter {
        case UInt8(ascii: "b"), UInt8(ascii: "B"): "The word boundary \\\(Character(Unicode.Scalar(letter)))"
        case UInt8(ascii: "1")...UInt8(ascii: "9"): "The back-reference \\\(Character(Unicode.Scalar(letter)))"
        case UInt8(ascii: "k"): "The back-reference \\k"
        case UInt8(ascii: "p"), UInt8(ascii: "P"):
            "The Unicode property \\\(Character(Unicode.Scalar(letter))){…}"
        default: nil
        }
    }

    /// `\xHH`, `\uHHHH`, a pair of surrogates, or `\u{…}`.
    private mutating func takeCodePoint(_ start: Int) throws(GrammarError) -> UInt32 {
        let isShort = cursor.next == UInt8(ascii: "x")
        cursor.skip()
        if !isShort, cursor.take(UInt8(ascii: "{")) {
            var value: UInt32 = 0
            var digits = 0
            while let digit = TextCursor.hexadecimal(cursor.next), digits < 8 {
                value = value << 4 | digit
                digits += 1
                cursor.skip()
            }
            guard digits > 0, cursor.take(UInt8(ascii: "}")), value <= ScalarSet.last else {
                throw cursor.error("\\u{…} needs a character of Unicode in hexadecimal digits.", at: start)
            }
            return value
        }
        guard let value = cursor.takeHexadecimal(isShort ? 2 : 4) else {
            throw cursor.error("This escape needs \(isShort ? 2 : 4) hexadecimal digits.", at: start)
        }
        guard value >> 10 == 0xD800 >> 10, cursor.starts(with: "\\u") else { return value }
        let behind = cursor
        cursor.skip(2)
        guard let low = cursor.takeHexadecimal(4), low >> 10 == 0xDC00 >> 10 else {
            cursor = behind
            return value
        }
        return 0x10000 + (value & 0x3FF) << 10 + low & 0x3FF
    }
}

extension ScalarSet {
    /// Its only member.
    var only: UInt32? {
        guard ranges.count == 1, ranges[0].lowerBound == ranges[0].upperBound else { return nil }
        return ranges[0].lowerBound
    }
}
