extension Renderer {
    /// `value.name`: the attribute, or else the item of that name.
    func attribute(_ name: String, of value: Value) throws(TemplateError) -> Value {
        if case .undefined(let missing) = value { throw missing.error }
        if let attribute = Attributes.lookup(name, of: value) { return attribute }
        if case .dictionary(let dictionary) = value, let member = dictionary[.text(name)] { return member }
        return .undefined(Value.Missing("'\(value.objectName)' has no attribute '\(name)'"))
    }

    /// `value[key]`: the item, or else the attribute of that name.
    func item(_ key: Value, of value: Value) throws(TemplateError) -> Value {
        switch value {
        case .undefined(let missing): throw missing.error
        case .dictionary(let dictionary):
            if let hash = Dictionary.Key(key), let member = dictionary[hash] { return member }
        case .list(let elements), .tuple(let elements), .group(let elements):
            if let index = key.wholeNumber, let position = Self.position(index, in: elements.count) {
                return elements[position]
            }
        case .string(let text), .markup(let text):
            if let index = key.wholeNumber {
                try charge(text.utf8.count / 64)
                let scalars = text.unicodeScalars
                if let position = Self.position(index, in: scalars.count) {
                    return .string(String(scalars[scalars.index(scalars.startIndex, offsetBy: position)]))
                }
            }
        case .range(let range):
            if let index = key.wholeNumber, let position = Self.position(index, in: range.count) {
                return .integer(range.element(at: position))
            }
        default: break
        }
        if let name = key.text, let attribute = Attributes.lookup(name, of: value) { return attribute }
        return .undefined(
            Value.Missing(
                key.text.map { "'\(value.objectName)' has no attribute '\($0)'" }
                    ?? "\(value.objectName) has no element \(key.representation)"))
    }

    private static func position(_ index: Int, in count: Int) -> Int? {
        let position = index < 0 ? index + count : index
        return position >= 0 && position < count ? position : nil
    }

    func slice(_ value: Value, _ start: Value?, _ stop: Value?, _ step: Value?) throws(TemplateError) -> Value {
        switch value {
        case .undefined(let missing): throw missing.error
        case .list(let elements):
            return .list(try indices(elements.count, start, stop, step).map { elements[$0] })
        case .tuple(let elements), .group(let elements):
            return .tuple(try indices(elements.count, start, stop, step).map { elements[$0] })
        case .string(let text), .markup(let text):
            try charge(text.utf8.count / 32)
            let scalars = Array(text.unicodeScalars)
            return .string(String(scalars: try indices(scalars.count, start, stop, step).map { scalars[$0] }))
        case .range(let range):
            return .list(try indices(range.count, start, stop, step).map { .integer(range.element(at: $0)) })
        case .dictionary, .namespace: throw TemplateError.type("unhashable type: 'slice'")
        default: throw TemplateError.type("'\(value.typeName)' object is not subscriptable")
        }
    }

    /// The positions that a slice takes from `count` elements (Python's `slice.indices`).
    private func indices(
        _ count: Int, _ start: Value?, _ stop: Value?, _ step: Value?
    ) throws(TemplateError) -> [Int] {
        func whole(_ value: Value?) throws(TemplateError) -> Int? {
            guard let value, !value.isNone else { return nil }
            guard let number = value.wholeNumber else {
                throw TemplateError.type("slice indices must be integers or None or have an __index__ method")
            }
            return number
        }
        let step = try whole(step) ?? 1
        guard step != 0 else { throw TemplateError.value("slice step cannot be zero") }
        let (lower, upper) = step > 0 ? (0, count) : (-1, count - 1)
        func clamp(_ index: Int) -> Int { (index < 0 ? index + count : index).clamped(to: lower...max(lower, upper)) }
        let first = try whole(start).map(clamp) ?? (step > 0 ? lower : upper)
        let last = try whole(stop).map(clamp) ?? (step > 0 ? upper : lower)
        var result: [Int] = []
        var index = first
        while step > 0 ? index < last : index > last {
            result.append(index)
            let next = index.addingReportingOverflow(step)
            if next.overflow { break }
            index = next.partialValue
        }
        try charge(result.count / 8)
        return result
    }
}
