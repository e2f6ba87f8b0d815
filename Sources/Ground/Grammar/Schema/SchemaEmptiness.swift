import JSONText

/// Proofs that no value satisfies something. "No proof" never means "there is one".
extension SchemaCompiler {
    /// Makes sure that what an alternative excludes does not happen: by proof, or by asking for the opposite as well.
    mutating func settle(
        _ alternative: SchemaAlternative, all: Conjunction, depth: Int
    ) throws(GrammarError) -> [SchemaAlternative] {
        var opposites: [Int] = []
        for exclusion in alternative.exclusions where try !isDisjoint(alternative, from: exclusion.node) {
            guard depth < 8, let opposite = try negation(of: exclusion.node) else {
                throw refusal(of: exclusion)
            }
            opposites.append(opposite)
        }
        if opposites.isEmpty { return [alternative] }
        var start = alternative
        start.exclusions = []
        var result: [SchemaAlternative] = []
        for next in try alternatives(from: start, adding: opposites, all: all) {
            result += try settle(next, all: all + opposites, depth: depth + 1)
        }
        return result
    }

    private func refusal(of exclusion: SchemaAlternative.Exclusion) -> GrammarError {
        let reason =
            switch exclusion.keyword {
            case "oneOf": "values may match more than one of its branches, use 'anyOf' or make them differ"
            case "if": "whether a value fails its condition cannot be told in advance"
            default: "what it forbids cannot be written as what is allowed"
            }
        return GrammarError(
            .unsupported, "'\(exclusion.keyword)' cannot be enforced here: \(reason).", place: exclusion.place)
    }

    /// Whether no value that is written for `alternative` satisfies `other`.
    private mutating func isDisjoint(_ alternative: SchemaAlternative, from other: Int) throws(GrammarError) -> Bool {
        // Only listed members are written when there are no others: what demands another one cannot match.
        var writes: Set<String>?
        for case .object(let object) in try merge(alternative, infersTypes: true) where object.extras.isEmpty {
            writes = Set(object.members.map(\.name))
        }
        var start = alternative
        start.exclusions = []
        let both = try alternatives(from: start, adding: [other], all: [])
        for candidate in both where try !isEmpty(candidate, writes: writes, depth: 0) { return false }
        return true
    }

    private mutating func isEmpty(
        _ alternative: SchemaAlternative, writes: Set<String>?, depth: Int
    ) throws(GrammarError) -> Bool {
        for shape in try merge(alternative, infersTypes: false)
        where try !isEmpty(shape, writes: writes, depth: depth) { return false }
        return true
    }

    private mutating func isEmpty(_ shape: SchemaShape, writes: Set<String>?, depth: Int) throws(GrammarError) -> Bool {
        switch shape {
        case .any, .null, .boolean: return false
        case .values(let values): return values.isEmpty
        case .number(let number): return number.isEmpty
        case .string(let string): return string.isEmpty
        case .array(let array):
            if let most = array.countMax, most < array.countMin { return true }
            for place in array.first.prefix(array.countMin) where try isEmpty(place, depth: depth + 1) { return true }
            guard array.countMin > array.first.count, let rest = array.rest else { return false }
            return try isEmpty(rest, depth: depth + 1)
        case .object(let object):
            for member in object.members where member.isRequired {
                if let writes, !writes.contains(member.name) { return true }
                if try isEmpty(member.value, depth: depth + 1) { return true }
            }
            return object.countMax.map { $0 < max(object.countMin, object.members.count(where: \.isRequired)) } ?? false
        }
    }

    /// Whether nothing satisfies all of `conjunction`, as far as a few levels tell.
    mutating func isEmpty(_ conjunction: Conjunction, depth: Int) throws(GrammarError) -> Bool {
        if conjunction.isEmpty || depth > 4 { return false }
        if let known = emptyKnown[conjunction] { return known }
        var result = true
        for alternative in try alternatives(of: conjunction)
        where try !isEmpty(alternative, writes: nil, depth: depth) {
            result = false
            break
        }
        // A shallow look may miss an emptiness that a deeper one finds, so only proofs are kept.
        if result { emptyKnown[conjunction] = true }
        return result
    }
}
