extension Value {
    /// Python's `==`, which never fails.
    func isEqual(to other: Value) -> Bool {
        if let left = text, let right = other.text { return left.isSame(as: right) }
        if let left = wholeNumber, let right = other.wholeNumber { return left == right }
        if let left = number, let right = other.number { return left == right }
        switch (self, other) {
        case (.none, .none), (.undefined, .undefined): return true
        case (.list(let left), .list(let right)): return Self.areEqual(left, right)
        case (.tuple(let left), .tuple(let right)), (.group(let left), .group(let right)),
            (.tuple(let left), .group(let right)), (.group(let left), .tuple(let right)):
            return Self.areEqual(left, right)
        case (.dictionary(let left), .dictionary(let right)): return left.isEqual(to: right)
        case (.range(let left), .range(let right)):
            return left.count == right.count
                && (left.count == 0 || left.start == right.start && (left.count == 1 || left.step == right.step))
        case (.view(let leftKind, let left), .view(let rightKind, let right)):
            guard leftKind == rightKind, leftKind != .values, left.count == right.count else { return false }
            if leftKind == .items { return left.isEqual(to: right) }
            return left.keys.allSatisfy { key in Dictionary.Key(key).map { right[$0] != nil } ?? false }
        default: return isSameObject(as: other)
        }
    }

    private static func areEqual(_ left: [Value], _ right: [Value]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { $0.isEqual(to: $1) }
    }

    /// Whether both are one object. Exact for everything with an identity; lists, texts and numbers are values here and
    /// count as one object when they are equal and of one type.
    func isSameObject(as other: Value) -> Bool {
        switch (self, other) {
        case (.none, .none): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.float(let left), .float(let right)): left == right
        case (.string(let left), .string(let right)): left.isSame(as: right)
        case (.namespace(let left), .namespace(let right)): left === right
        case (.macro(let left), .macro(let right)): left === right
        case (.generator(let left), .generator(let right)): left === right
        case (.loop(let left), .loop(let right)): left === right
        case (.cycler(let left), .cycler(let right)): left === right
        case (.joiner(let left), .joiner(let right)): left === right
        case (.undefined(let left), .undefined(let right)): left === right
        case (.function(let left), .function(let right)): left == right
        case (.list(let left), .list(let right)): Self.areEqual(left, right)
        case (.tuple(let left), .tuple(let right)): Self.areEqual(left, right)
        case (.dictionary(let left), .dictionary(let right)): left.isEqual(to: right)
        default: false
        }
    }

    /// Python's `<`, `<=`, `>` and `>=`.
    func compares(_ relation: Relation, to other: Value) throws(TemplateError) -> Bool {
        if case .undefined(let missing) = self { throw missing.error }
        if case .undefined(let missing) = other { throw missing.error }
        if let left = wholeNumber, let right = other.wholeNumber { return relation.holds(left, right) }
        if let left = number, let right = other.number { return relation.holds(left, right) }
        if let left = text, let right = other.text {
            if left.isSame(as: right) { return relation == .lessOrEqual || relation == .greaterOrEqual }
            return left.precedes(right) == (relation == .less || relation == .lessOrEqual)
        }
        switch (self, other) {
        case (.list(let left), .list(let right)): return try Self.compare(relation, left, right)
        case (.tuple, .tuple), (.group, .group), (.tuple, .group), (.group, .tuple):
            return try Self.compare(relation, sequence ?? [], other.sequence ?? [])
        default:
            throw TemplateError.type(
                "'\(relation.sign)' not supported between instances of '\(typeName)' and '\(other.typeName)'")
        }
    }

    private static func compare(
        _ relation: Relation, _ left: [Value], _ right: [Value]
    ) throws(TemplateError) -> Bool {
        for (first, second) in zip(left, right) where !first.isEqual(to: second) {
            return try first.compares(relation, to: second)
        }
        return relation.holds(left.count, right.count)
    }
}

extension Relation {
    func holds<Number: Comparable>(_ left: Number, _ right: Number) -> Bool {
        switch self {
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        case .equal: left == right
        case .notEqual: left != right
        case .isIn, .isNotIn: false
        }
    }

    var sign: String {
        switch self {
        case .less: "<"
        case .lessOrEqual: "<="
        case .greater: ">"
        case .greaterOrEqual: ">="
        case .equal: "=="
        case .notEqual: "!="
        case .isIn: "in"
        case .isNotIn: "not in"
        }
    }
}
