import JSONText

extension SchemaCompiler {
    /// The expression of a string.
    mutating func string(_ shape: StringShape, name: String) throws(GrammarError) -> String {
        let formats = shape.formats.filter { SchemaFormat.isKnown($0.name) }
        let isLimited = shape.lengthMin > 0 || shape.lengthMax != nil
        guard max(shape.lengthMin, shape.lengthMax ?? 0) <= SchemaLimits.repetitionMax else {
            throw GrammarError(
                .tooLarge, "More than \(SchemaLimits.repetitionMax) characters cannot be counted.",
                place: shape.lengthPlace)
        }
        if !shape.others.isEmpty {
            guard !isLimited, formats.isEmpty, shape.patterns.isEmpty else {
                throw GrammarError(
                    .unsupported, "'not' cannot be enforced together with other limits of a string.",
                    place: shape.othersPlace)
            }
            return text.string(except: shape.others, name: name)
        }
        if let format = formats.first {
            guard formats.count == 1, shape.patterns.isEmpty else {
                throw GrammarError(
                    .unsupported, "'format' cannot be enforced together with 'pattern' or another 'format'.",
                    place: format.place)
            }
            return try self.format(format.name, shape, place: format.place)
        }
        if shape.patterns.isEmpty {
            let count = Self.counted(shape.lengthMin, shape.lengthMax)
            return isLimited ? "\"\\\"\" \(text.character())\(count) \"\\\"\"" : text.string()
        }
        if shape.patterns.count == 1, !isLimited {
            return try pattern(shape.patterns[0].text, place: shape.patterns[0].place, name: name)
        }
        return try intersection(shape, name: name)
    }

    private mutating func format(_ name: String, _ shape: StringShape, place: String) throws(GrammarError) -> String {
        guard let format = SchemaFormat.named(name) else {
            throw GrammarError(.unsupported, "The format '\(name)' cannot be enforced.", place: place)
        }
        guard shape.lengthMin <= format.length.lowerBound, shape.lengthMax ?? .max >= format.length.upperBound else {
            throw GrammarError(
                .unsupported,
                "The format '\(name)' (\(format.length.lowerBound) to \(format.length.upperBound) characters) cannot be "
                    + "enforced together with these lengths.", place: shape.lengthPlace)
        }
        return "\"\\\"\" \(text.rule("format-" + name, format.expression)) \"\\\"\""
    }
}

extension GrammarText {
    /// A JSON string that is none of `names`.
    ///
    /// As long as it is the beginning of one of them, a character that goes on differently is written as itself or as a
    /// short escape, so that it cannot be the same one in disguise.
    mutating func string(except names: [String], name: String) -> String {
        var tree = NameTree()
        for name in names { tree.insert(Array(name.unicodeScalars)[...]) }
        return rule(name, "\"\\\"\" \(different(tree, name: name)) \"\\\"\"")
    }

    private mutating func different(_ tree: NameTree, name: String) -> String {
        let own = tree.children.map(\.scalar)
        var alternatives = tree.isEnd ? [] : ["\"\""]
        let excluded = own.map { "\\U" + Self.hexadecimal($0.value, digits: 8) }.joined()
        alternatives.append("[^\\x22\\x5C\\x00-\\x1F\\x7F\(excluded)] \(character())*")
        let escapes: [(letter: String, scalar: Unicode.Scalar)] = [
            ("\\\"", "\""), ("\\\\", "\\"), ("b", "\u{8}"), ("f", "\u{C}"), ("n", "\n"), ("r", "\r"), ("t", "\t"),
        ]
        let letters = escapes.filter { !own.contains($0.scalar) }.map { "\"\($0.letter)\"" }
        if !letters.isEmpty {
            alternatives.append("\"\\\\\" (\(letters.joined(separator: " | "))) \(character())*")
        }
        for child in tree.children {
            let written = JSONValue.string(String(child.scalar)).text.dropFirst().dropLast()
            alternatives.append("\(Self.literal(String(written))) \(different(child.tree, name: name))")
        }
        return rule(name + "-part", alternatives.joined(separator: " | "))
    }

    static func hexadecimal(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: digits - text.count) + text
    }
}

/// Names by their first characters.
private struct NameTree {
    var isEnd = false
    var children: [(scalar: Unicode.Scalar, tree: NameTree)] = []

    mutating func insert(_ name: ArraySlice<Unicode.Scalar>) {
        guard let first = name.first else {
            isEnd = true
            return
        }
        if let index = children.firstIndex(where: { $0.scalar == first }) {
            children[index].tree.insert(name.dropFirst())
        } else {
            var tree = NameTree()
            tree.insert(name.dropFirst())
            children.append((first, tree))
        }
    }
}
