extension String {
    init(scalars: some Sequence<Unicode.Scalar>) {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        self.init(view)
    }

    /// Equality of code points, as Python has it. Swift's own `==` takes canonically equivalent texts for equal.
    func isSame(as other: String) -> Bool {
        utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
    }

    /// The order of code points. UTF-8 sorts like them.
    func precedes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }

    /// The number of code points.
    var length: Int { unicodeScalars.count }

    func replacing(_ old: String, with new: String, maximum: Int = .max) -> String {
        let text = Array(utf8)
        let pattern = Array(old.utf8)
        guard maximum > 0 else { return self }
        if pattern.isEmpty { return interleaved(with: new, maximum: maximum) }
        let search = ByteSearch(pattern)
        var result: [UInt8] = []
        var position = 0
        var count = 0
        while count < maximum, let found = search.first(in: text, from: position) {
            result += text[position..<found]
            result += new.utf8
            position = found + pattern.count
            count += 1
        }
        if count == 0 { return self }
        result += text[position...]
        return String(decoding: result, as: UTF8.self)
    }

    private func interleaved(with new: String, maximum: Int) -> String {
        var result = ""
        var count = 0
        for scalar in unicodeScalars {
            if count < maximum { result += new }
            count += 1
            result.unicodeScalars.append(scalar)
        }
        return count < maximum ? result + new : result
    }

    /// Python's `str.strip`: of whitespace, or of the characters given.
    func stripped(of characters: String? = nil, left: Bool = true, right: Bool = true) -> String {
        let set = characters.map { Set($0.unicodeScalars) }
        func strips(_ scalar: Unicode.Scalar) -> Bool { set?.contains(scalar) ?? scalar.isPythonSpace }
        var view = unicodeScalars[...]
        if left { view = view.drop(while: strips) }
        if right { while let last = view.last, strips(last) { view.removeLast() } }
        return view.count == unicodeScalars.count ? self : String(view)
    }

    /// Python's `str.splitlines`.
    func lines(keepingEnds: Bool = false) -> [String] {
        var result: [String] = []
        let scalars = Array(unicodeScalars)
        var start = 0
        var position = 0
        while position < scalars.count {
            guard scalars[position].isLineBreak else {
                position += 1
                continue
            }
            let end = position
            position +=
                scalars[position] == "\r" && position + 1 < scalars.count && scalars[position + 1] == "\n" ? 2 : 1
            result.append(String(scalars: scalars[start..<(keepingEnds ? position : end)]))
            start = position
        }
        if start < scalars.count { result.append(String(scalars: scalars[start...])) }
        return result
    }
}

extension Unicode.Scalar {
    /// What Python's `str.isspace` takes for whitespace.
    var isPythonSpace: Bool {
        if value < 0x80 { return value == 0x20 || (0x09...0x0D).contains(value) || (0x1C...0x1F).contains(value) }
        return properties.isWhitespace
    }

    var isLineBreak: Bool {
        switch value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    /// What Python's `str.isprintable` takes for printable.
    var isPrintable: Bool {
        if value < 0x80 { return (0x20..<0x7F).contains(value) }
        return switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            false
        default: true
        }
    }

    var isLetter: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    var isUpper: Bool { properties.isUppercase }
    var isLower: Bool { properties.isLowercase }
    var isTitle: Bool { properties.generalCategory == .titlecaseLetter }
    var isCasedLetter: Bool { isUpper || isLower || isTitle }
}

/// Finds a pattern in bytes in linear time (Knuth, Morris and Pratt), so that no text can make a search slow.
struct ByteSearch {
    private let pattern: [UInt8]
    private let fallbacks: [Int]

    init(_ pattern: [UInt8]) {
        self.pattern = pattern
        var fallbacks = [Int](repeating: 0, count: pattern.count)
        var matched = 0
        for index in pattern.indices.dropFirst() {
            while matched > 0, pattern[index] != pattern[matched] { matched = fallbacks[matched - 1] }
            if pattern[index] == pattern[matched] { matched += 1 }
            fallbacks[index] = matched
        }
        self.fallbacks = fallbacks
    }

    /// The start of the first match at or after `start`. The empty pattern matches everywhere.
    func first(in text: [UInt8], from start: Int) -> Int? {
        guard !pattern.isEmpty else { return start <= text.count ? start : nil }
        var matched = 0
        var index = start
        while index < text.count {
            while matched > 0, text[index] != pattern[matched] { matched = fallbacks[matched - 1] }
            if text[index] == pattern[matched] { matched += 1 }
            index += 1
            if matched == pattern.count { return index - matched }
        }
        return nil
    }
}
