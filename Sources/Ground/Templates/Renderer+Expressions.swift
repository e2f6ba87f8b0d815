extension Renderer {
    /// The value of an expression. Errors carry the place of the innermost expression at fault.
    func evaluate(_ expression: Expression) throws(TemplateError) -> Value {
        switch expression.kind {
        case .literal(let literal): return Value(literal)
        case .name(let id): return variable(id)
        default: break
        }
        try enter()
        defer { leave() }
        do {
            return try compound(expression)
        } catch {
            throw error.located(at: expression.offset)
        }
    }

    private func compound(_ expression: Expression) throws(TemplateError) -> Value {
        switch expression.kind {
        case .literal(let literal): return Value(literal)
        case .name(let id): return variable(id)
        case .list(let elements): return try checked(.list(try evaluate(elements)))
        case .tuple(let elements): return try checked(.tuple(try evaluate(elements)))
        case .dictionary(let entries): return try dictionary(entries)
        case .attribute(let base, let name): return try attribute(name, of: try evaluate(base))
        case .item(let base, let key): return try item(of: base, key)
        case .slice: throw TemplateError(.syntax, "a slice outside of brackets")
        case .call(let callee, let arguments):
            let function = try evaluate(callee)
            return try call(function, try evaluate(arguments))
        case .filter(let base, let filter): return try apply(filter, to: try evaluate(base))
        case .test(let base, let test): return .bool(try holds(test, of: try evaluate(base)))
        case .not(let operand): return .bool(!(try evaluate(operand).isTrue))
        case .negative(let operand): return try Arithmetic.negated(try evaluate(operand))
        case .positive(let operand): return try Arithmetic.positive(try evaluate(operand))
        case .arithmetic(let operation, let left, let right):
            let first = try evaluate(left)
            return try Arithmetic.apply(operation, first, try evaluate(right), self)
        case .concatenation(let operands): return try concatenation(operands)
        case .comparison(let first, let comparisons): return try comparison(first, comparisons)
        case .and(let left, let right):
            let value = try evaluate(left)
            return value.isTrue ? try evaluate(right) : value
        case .or(let left, let right):
            let value = try evaluate(left)
            return value.isTrue ? value : try evaluate(right)
        case .conditional(let test, let then, let otherwise):
            if try evaluate(test).isTrue { return try evaluate(then) }
            guard let otherwise else {
                return .undefined(Value.Missing("the inline if-expression evaluated to false and no else was given"))
            }
            return try evaluate(otherwise)
        }
    }

    private func evaluate(_ expressions: [Expression]) throws(TemplateError) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(expressions.count)
        for expression in expressions { values.append(try evaluate(expression)) }
        return values
    }

    private func dictionary(_ entries: [Expression.Entry]) throws(TemplateError) -> Value {
        var dictionary = Dictionary()
        for entry in entries {
            let key = try evaluate(entry.key)
            try dictionary.set(key, to: try evaluate(entry.value))
        }
        return try checked(.dictionary(dictionary))
    }

    private func concatenation(_ operands: [Expression]) throws(TemplateError) -> Value {
        var text = ""
        for operand in operands { text += try evaluate(operand).display }
        return .string(try checked(text))
    }

    private func item(of base: Expression, _ key: Expression) throws(TemplateError) -> Value {
        let value = try evaluate(base)
        guard case .slice(let start, let stop, let step) = key.kind else {
            return try item(try evaluate(key), of: value)
        }
        let bounds = [
            try start.map(self, evaluate), try stop.map(self, evaluate), try step.map(self, evaluate),
        ]
        return try slice(value, bounds[0], bounds[1], bounds[2])
    }

    private func comparison(
        _ first: Expression, _ comparisons: [Expression.Comparison]
    ) throws(TemplateError) -> Value {
        var left = try evaluate(first)
        for comparison in comparisons {
            let right = try evaluate(comparison.operand)
            guard try holds(comparison.relation, left, right) else { return .bool(false) }
            left = right
        }
        return .bool(true)
    }

    func holds(_ relation: Relation, _ left: Value, _ right: Value) throws(TemplateError) -> Bool {
        if let count = left.sequence?.count { try charge(count) }
        switch relation {
        case .equal: return left.isEqual(to: right)
        case .notEqual: return !left.isEqual(to: right)
        case .isIn: return try contains(right, left)
        case .isNotIn: return !(try contains(right, left))
        default: return try left.compares(relation, to: right)
        }
    }

    private func contains(_ container: Value, _ element: Value) throws(TemplateError) -> Bool {
        switch container {
        case .string(let text), .markup(let text):
            guard let part = element.text else {
                throw TemplateError.type(
                    "'in <string>' requires string as left operand, not \(element.typeName)")
            }
            try charge((text.utf8.count + part.utf8.count) / 64)
            return ByteSearch(Array(part.utf8)).first(in: Array(text.utf8), from: 0) != nil
        case .dictionary(let dictionary), .view(.keys, let dictionary):
            guard let key = Dictionary.Key(element) else {
                throw TemplateError.type("unhashable type: '\(element.typeName)'")
            }
            return dictionary[key] != nil
        case .list(let elements), .tuple(let elements), .group(let elements):
            try charge(elements.count)
            return elements.contains { $0.isEqual(to: element) }
        case .none, .bool, .integer, .float, .macro, .function, .method, .cycler, .joiner, .namespace:
            throw TemplateError.type("argument of type '\(container.typeName)' is not iterable")
        default:
            let elements = try elements(of: container)
            try charge(elements.count)
            return elements.contains { $0.isEqual(to: element) }
        }
    }

    // MARK: Filters, tests, arguments

    func apply(_ filter: FilterCall, to value: Value) throws(TemplateError) -> Value {
        guard let function = filter.function else {
            throw TemplateError(.syntax, "no filter named '\(filter.name)' found", offset: filter.offset)
        }
        let arguments = try evaluate(filter.arguments)
        do {
            return try checked(try function(self, value, arguments))
        } catch {
            throw error.located(at: filter.offset)
        }
    }

    private func holds(_ test: TestCall, of value: Value) throws(TemplateError) -> Bool {
        guard let function = test.function else {
            throw TemplateError(.syntax, "no test named '\(test.name)' found")
        }
        return try function(self, value, try evaluate(test.arguments))
    }

    func evaluate(_ written: CallArguments) throws(TemplateError) -> Arguments {
        var arguments = Arguments()
        arguments.positional = try evaluate(written.positional)
        for named in written.named { arguments.named.append((named.name, try evaluate(named.value))) }
        if let sequence = written.sequence {
            arguments.positional += try elements(of: try evaluate(sequence))
            try check(count: arguments.positional.count)
        }
        guard let mapping = written.mapping else { return arguments }
        guard case .dictionary(let dictionary) = try evaluate(mapping) else {
            throw TemplateError.type("argument after ** must be a mapping")
        }
        for position in dictionary.keys.indices {
            guard let name = dictionary.keys[position].text else {
                throw TemplateError.type("keywords must be strings")
            }
            guard !arguments.named.contains(where: { $0.name == name }) else {
                throw TemplateError.type("got multiple values for keyword argument '\(name)'")
            }
            arguments.named.append((name, dictionary.values[position]))
        }
        return arguments
    }

    /// What walking through a value gives.
    func elements(of value: Value) throws(TemplateError) -> [Value] {
        switch value {
        case .undefined: return []
        case .list(let elements), .tuple(let elements), .group(let elements): return elements
        case .string(let text), .markup(let text):
            try charge(text.utf8.count / 8)
            return text.unicodeScalars.map { .string(String($0)) }
        case .dictionary(let dictionary), .view(.keys, let dictionary): return dictionary.keys
        case .view(.values, let dictionary): return dictionary.values
        case .view(.items, let dictionary): return dictionary.items
        case .range(let range):
            try check(count: range.count)
            return range.elements
        case .generator(let generator): return generator.rest()
        default: throw TemplateError.type("'\(value.typeName)' object is not iterable")
        }
    }
}

extension Optional {
    fileprivate func map<Result>(
        _ renderer: Renderer, _ transform: (Wrapped) throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result? {
        if let self { try transform(self) } else { nil }
    }
}
