/// Filters on lists and dictionaries.
enum SequenceFilters {
    static let table: [String: Filter] = [
        "batch": batch, "count": length, "dictsort": dictsort, "first": first, "groupby": groupby, "items": items,
        "join": join, "last": last, "length": length, "list": list,
        "max": extreme(.greater), "min": extreme(.less),
        "reverse": reverse, "slice": slice, "sort": sort, "sum": sum, "unique": unique,
    ]

    @Sendable private static func length(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        _ = try arguments.unnamed(0...0, of: "length")
        if let text = value.text { try renderer.charge(text.utf8.count / 64) }
        guard let count = count(of: value) else {
            throw TemplateError.type("object of type '\(value.typeName)' has no len()")
        }
        return .integer(count)
    }

    /// What Python's `len` tells, or `nil` when the value has no length.
    static func count(of value: Value) -> Int? {
        switch value {
        case .undefined: 0
        case .string(let text), .markup(let text): text.length
        case .list(let elements), .tuple(let elements), .group(let elements): elements.count
        case .dictionary(let dictionary), .view(_, let dictionary): dictionary.count
        case .range(let range): range.count
        case .loop(let loop): loop.count
        default: nil
        }
    }

    @Sendable private static func list(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        _ = try arguments.unnamed(0...0, of: "list")
        return .list(try renderer.elements(of: value))
    }

    @Sendable private static func first(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        _ = try arguments.unnamed(0...0, of: "first")
        if case .generator(let generator) = value {
            return generator.next() ?? .undefined(Value.Missing("No first item, sequence was empty."))
        }
        return try renderer.elements(of: value).first
            ?? .undefined(Value.Missing("No first item, sequence was empty."))
    }

    @Sendable private static func last(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        _ = try arguments.unnamed(0...0, of: "last")
        switch value {
        case .generator: throw TemplateError.type("'\(value.typeName)' object is not reversible")
        default:
            return try renderer.elements(of: value).last
                ?? .undefined(Value.Missing("No last item, sequence was empty."))
        }
    }

    @Sendable private static func items(_: Renderer, _ value: Value, _ arguments: Arguments) throws(TemplateError)
        -> Value
    {
        _ = try arguments.unnamed(0...0, of: "items")
        switch value {
        case .undefined: return .generator(Value.Generator([]))
        case .dictionary(let dictionary): return .generator(Value.Generator(dictionary.items))
        default: throw TemplateError.type("Can only get item pairs from a mapping.")
        }
    }

    @Sendable private static func join(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        let given = try arguments.bound(to: ["d", "attribute"], of: "join")
        let path = Filters.AttributePath(given[1])
        var parts: [String] = []
        for element in try renderer.elements(of: value) { parts.append(try path.read(element, renderer).display) }
        let separator = given[0]?.display ?? ""
        try TextMethods.check(parts, joinedBy: separator, renderer)
        return .string(parts.joined(separator: separator))
    }

    @Sendable private static func reverse(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        _ = try arguments.unnamed(0...0, of: "reverse")
        if let text = value.text { return .string(String(scalars: text.unicodeScalars.reversed())) }
        switch value {
        case .generator, .undefined: return .list(try renderer.elements(of: value).reversed())
        default:
            return .generator(
                Value.Generator(try renderer.elements(of: value).reversed(), name: "\(value.typeName)_reverseiterator"))
        }
    }

    // MARK: Order

    @Sendable private static func sort(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        let given = try arguments.bound(to: ["reverse", "case_sensitive", "attribute"], of: "sort")
        let isCaseSensitive = given[1]?.isTrue ?? false
        var paths = [Filters.AttributePath(given[2])]
        if let text = given[2]?.text {
            paths = text.split(separator: ",", omittingEmptySubsequences: false).map {
                Filters.AttributePath(.string(String($0)))
            }
        }
        let elements = try renderer.elements(of: value)
        var keys: [Value] = []
        for element in elements {
            var parts: [Value] = []
            for path in paths {
                let part = try path.read(element, renderer)
                parts.append(isCaseSensitive ? part : Filters.folded(part))
            }
            keys.append(.list(parts))
        }
        try renderer.charge(elements.count * (Int.bitWidth - elements.count.leadingZeroBitCount))
        return .list(try Sorting.sorted(elements, keys: keys, descending: given[0]?.isTrue ?? false))
    }

    @Sendable private static func dictsort(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        let given = try arguments.bound(to: ["case_sensitive", "by", "reverse"], of: "dictsort")
        let by = given[1]?.text ?? "key"
        guard by == "key" || by == "value" else {
            throw TemplateError.value("You can only sort by either \"key\" or \"value\"")
        }
        guard case .dictionary(let dictionary) = value else {
            if case .undefined(let missing) = value { throw missing.error }
            throw TemplateError.type("'\(value.typeName)' object has no attribute 'items'")
        }
        let isCaseSensitive = given[0]?.isTrue ?? false
        let keys = (by == "key" ? dictionary.keys : dictionary.values).map { isCaseSensitive ? $0 : Filters.folded($0) }
        try renderer.charge(keys.count * (Int.bitWidth - keys.count.leadingZeroBitCount))
        return .list(try Sorting.sorted(dictionary.items, keys: keys, descending: given[2]?.isTrue ?? false))
    }

    private static func extreme(_ relation: Relation) -> Filter {
        { (renderer: Renderer, value: Value, arguments: Arguments) throws(TemplateError) -> Value in
            try extreme(renderer, value, arguments, relation)
        }
    }

    private static func extreme(
        _ renderer: Renderer, _ value: Value, _ arguments: Arguments, _ relation: Relation
    ) throws(TemplateError) -> Value {
        let given = try arguments.bound(to: ["case_sensitive", "attribute"], of: "min and max")
        let path = Filters.AttributePath(given[1])
        let isCaseSensitive = given[0]?.isTrue ?? false
        var best: (element: Value, key: Value)?
        for element in try renderer.elements(of: value) {
            try renderer.charge()
            let read = try path.read(element, renderer)
            let key = isCaseSensitive ? read : Filters.folded(read)
            if let current = best, !(try key.compares(relation, to: current.key)) { continue }
            best = (element, key)
        }
        return best?.element ?? .undefined(Value.Missing("No aggregated item, sequence was empty."))
    }

    @Sendable private static func unique(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        let given = try arguments.bound(to: ["case_sensitive", "attribute"], of: "unique")
        let path = Filters.AttributePath(given[1])
        let isCaseSensitive = given[0]?.isTrue ?? false
        var seen: Set<Dictionary.Key> = []
        var result: [Value] = []
        for element in try renderer.elements(of: value) {
            let read = try path.read(element, renderer)
            guard let key = Dictionary.Key(isCaseSensitive ? read : Filters.folded(read)) else {
                throw TemplateError.type("unhashable type: '\(read.typeName)'")
            }
            if seen.insert(key).inserted { result.append(element) }
        }
        return .generator(Value.Generator(result))
    }

    // MARK: Groups

    @Sendable private static func groupby(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        let given = try arguments.bound(to: ["attribute", "default", "case_sensitive"], of: "groupby", required: 1)
        let path = Filters.AttributePath(given[0])
        let isCaseSensitive = given[2]?.isTrue ?? false
        let elements = try renderer.elements(of: value)
        var keys: [Value] = []
        var pairs: [Value] = []
        for element in elements {
            let read = try path.read(element, renderer, initial: given[1])
            keys.append(isCaseSensitive ? read : Filters.folded(read))
            pairs.append(.tuple([read, keys[keys.count - 1], element]))
        }
        try renderer.charge(elements.count * (Int.bitWidth - elements.count.leadingZeroBitCount))
        var groups: [(name: Value, key: Value, members: [Value])] = []
        for pair in try Sorting.sorted(pairs, keys: keys, descending: false) {
            guard let parts = pair.sequence else { continue }
            if let last = groups.last, last.key.isEqual(to: parts[1]) {
                groups[groups.count - 1].members.append(parts[2])
            } else {
                groups.append((parts[0], parts[1], [parts[2]]))
            }
        }
        return .list(groups.map { .group([$0.name, .list($0.members)]) })
    }

    @Sendable private static func batch(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        let given = try arguments.bound(to: ["linecount", "fill_with"], of: "batch", required: 1)
        guard let count = given[0]?.number else { return .generator(Value.Generator([])) }
        var result: [Value] = []
        var row: [Value] = []
        for element in try renderer.elements(of: value) {
            if Double(row.count) == count {
                result.append(.list(row))
                row = []
            }
            row.append(element)
        }
        if !row.isEmpty {
            if let fill = given[1], !fill.isNone, Double(row.count) < count {
                try renderer.check(count: Int(exactly: count) ?? .max)
                row += [Value](repeating: fill, count: Int(count) - row.count)
            }
            result.append(.list(row))
        }
        return .generator(Value.Generator(result))
    }

    @Sendable private static func slice(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        let given = try arguments.bound(to: ["slices", "fill_with"], of: "slice", required: 1)
        let slices = try given[0]?.requiredInteger() ?? 0
        let elements = try renderer.elements(of: value)
        guard slices != 0 else { throw TemplateError.value("integer division or modulo by zero") }
        guard slices > 0 else { return .generator(Value.Generator([])) }
        try renderer.check(count: slices)
        let (size, extra) = elements.count.quotientAndRemainder(dividingBy: slices)
        var result: [Value] = []
        var start = 0
        for number in 0..<slices {
            let end = start + size + (number < extra ? 1 : 0)
            var part = Array(elements[start..<end])
            if let fill = given[1], !fill.isNone, number >= extra { part.append(fill) }
            result.append(.list(part))
            start = end
        }
        return .generator(Value.Generator(result))
    }

    @Sendable private static func sum(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        let given = try arguments.bound(to: ["attribute", "start"], of: "sum")
        let path = Filters.AttributePath(given[0])
        var total = given[1] ?? .integer(0)
        if total.text != nil { throw TemplateError.type("sum() can't sum strings [use ''.join(seq) instead]") }
        for element in try renderer.elements(of: value) {
            try renderer.charge()
            total = try Arithmetic.apply(.add, total, try path.read(element, renderer), renderer)
        }
        return total
    }
}
