/// Makes a grammar's element of a regular expression.
struct RegexLowering {
    /// Whether the text stands in a JSON string, where some characters are written as escapes.
    var isInsideJSON: Bool

    /// The whole text matches.
    func whole(_ node: RegexNode) throws(GrammarError) -> Element { try edge(node, before: nil, after: nil) }

    /// The text contains a match.
    func contained(_ node: RegexNode) throws(GrammarError) -> Element {
        let any = Element.repetition(element(of: .all), min: 0, max: nil)
        return try edge(node, before: any, after: any)
    }

    /// A part at an edge of the expression, where `^` and `$` can be.
    ///
    /// - Parameters:
    ///   - node: the part.
    ///   - before: what may stand before it, unless it begins with `^`; `nil` if this is not the expression's beginning, or nothing may.
    ///   - after: the same for its end.
    private func edge(_ node: RegexNode, before: Element?, after: Element?) throws(GrammarError) -> Element {
        try edge(node, Edge(isOpen: true, filler: before), Edge(isOpen: true, filler: after))
    }

    private struct Edge {
        /// Whether an anchor may stand here.
        var isOpen: Bool
        /// What stands here unless there is an anchor.
        var filler: Element?

        static let inner = Edge(isOpen: false)
    }

    private func edge(_ node: RegexNode, _ before: Edge, _ after: Edge) throws(GrammarError) -> Element {
        switch node {
        case .group(let inner, _) where inner.hasAnchor: return try edge(inner, before, after)
        case .choice(let branches):
            var parts: [Element] = []
            for branch in branches { parts.append(try edge(branch, before, after)) }
            return .either(parts)
        case .sequence(let parts): return try edge(parts, before, after)
        default: return try edge([node], before, after)
        }
    }

    private func edge(_ parts: [RegexNode], _ before: Edge, _ after: Edge) throws(GrammarError) -> Element {
        var (parts, before, after) = (parts[...], before, after)
        while before.isOpen, parts.first == .start {
            parts.removeFirst()
            before.filler = nil
        }
        while after.isOpen, parts.last == .end {
            parts.removeLast()
            after.filler = nil
        }
        var elements: [Element] = []
        for (index, part) in zip(parts.indices, parts) {
            let (isFirst, isLast) = (index == parts.startIndex, index == parts.endIndex - 1)
            let isEdge = part.isGroup && part.hasAnchor
            // A group with anchors of its own says itself what may stand beside it.
            if isFirst, !isEdge || !before.isOpen, let filler = before.filler { elements.append(filler) }
            if isEdge {
                elements.append(try edge(part, isFirst ? before : .inner, isLast ? after : .inner))
            } else {
                elements.append(try inner(part))
            }
            if isLast, !isEdge || !after.isOpen, let filler = after.filler { elements.append(filler) }
        }
        if parts.isEmpty { elements = [before.filler ?? after.filler].compactMap(\.self) }
        return Self.joined(elements)
    }

    private func inner(_ node: RegexNode) throws(GrammarError) -> Element {
        switch node {
        case .set(let set): return element(of: set)
        case .group(let part, _): return try inner(part)
        case .repetition(let part, let min, let max): return .repetition(try inner(part), min: min, max: max)
        case .sequence(let parts):
            var elements: [Element] = []
            for part in parts { elements.append(try inner(part)) }
            return Self.joined(elements)
        case .choice(let parts):
            var elements: [Element] = []
            for part in parts { elements.append(try inner(part)) }
            return .either(elements)
        case .start, .end:
            throw GrammarError(
                .unsupported, "\(node == .start ? "^" : "$") in the middle of an expression cannot be enforced.")
        }
    }

    /// Neighbouring characters become one literal.
    private static func joined(_ elements: [Element]) -> Element {
        var parts: [Element] = []
        for element in elements {
            if case .literal(let bytes) = element, case .literal(let before)? = parts.last {
                parts[parts.count - 1] = .literal(before + bytes)
            } else {
                parts.append(element)
            }
        }
        return .joined(parts)
    }

    private func element(of set: ScalarSet) -> Element {
        guard isInsideJSON else { return Self.plain(set) }
        var ways: [Element] = []
        let raw = set.subtracting(Self.escaped)
        if !raw.isEmpty { ways.append(Self.plain(raw)) }
        for (scalar, letter) in Self.shortEscapes where set.contains(scalar) {
            ways.append(.literal([UInt8(ascii: "\\"), letter]))
        }
        for high in UInt32(0)...1 {
            let low = (UInt32(0)...15).filter { digit in
                let scalar = high << 4 | digit
                return set.contains(scalar) && !Self.shortEscapes.contains { $0.scalar == scalar }
            }
            guard !low.isEmpty else { continue }
            let digits = low.flatMap { digit -> [ClosedRange<UInt32>] in
                digit < 10 ? [0x30 + digit...0x30 + digit] : [0x37 + digit...0x37 + digit, 0x57 + digit...0x57 + digit]
            }
            ways.append(.sequence([.literal(Array("\\u00\(high)".utf8)), .characters(ScalarSet(digits))]))
        }
        return .either(ways)
    }

    private static func plain(_ set: ScalarSet) -> Element {
        if let only = set.only, Unicode.Scalar(only) != nil { return .literal(ScalarSet.bytes(only)) }
        return .characters(set)
    }

    /// Characters that cannot stand as they are in a JSON string: RFC 8259, section 7.
    private static let escaped = ScalarSet([0...0x1F, 0x22...0x22, 0x5C...0x5C])
    private static let shortEscapes: [(scalar: UInt32, letter: UInt8)] = [
        (0x22, UInt8(ascii: "\"")), (0x5C, UInt8(ascii: "\\")), (0x08, UInt8(ascii: "b")), (0x0C, UInt8(ascii: "f")),
        (0x0A, UInt8(ascii: "n")), (0x0D, UInt8(ascii: "r")), (0x09, UInt8(ascii: "t")),
    ]
}

extension RegexNode {
    fileprivate var isGroup: Bool {
        if case .group = self { true } else { false }
    }
}
