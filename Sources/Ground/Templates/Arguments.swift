/// The arguments of a call, evaluated.
struct Arguments {
    var positional: [Value] = []
    var named: [(name: String, value: Value)] = []

    /// The arguments in the order of `parameters`, `nil` where none was given.
    func bound(
        to parameters: [String], of function: String, required: Int = 0
    ) throws(TemplateError) -> [Value?] {
        guard positional.count <= parameters.count else {
            throw TemplateError.type(
                "\(function)() takes at most \(parameters.count) arguments (\(positional.count) given)")
        }
        var values: [Value?] = positional
        values += [Value?](repeating: nil, count: parameters.count - positional.count)
        for (name, value) in named {
            guard let position = parameters.firstIndex(of: name) else {
                throw TemplateError.type("\(function)() got an unexpected keyword argument '\(name)'")
            }
            guard values[position] == nil else {
                throw TemplateError.type("\(function)() got multiple values for argument '\(name)'")
            }
            values[position] = value
        }
        for position in 0..<required where values[position] == nil {
            throw TemplateError.type("\(function)() missing required argument: '\(parameters[position])'")
        }
        return values
    }

    /// The arguments of a function that knows none by name.
    func unnamed(_ counts: ClosedRange<Int>, of function: String) throws(TemplateError) -> [Value] {
        guard named.isEmpty else { throw TemplateError.type("\(function)() takes no keyword arguments") }
        guard counts.contains(positional.count) else {
            throw TemplateError.type(
                "\(function)() takes \(counts.lowerBound) to \(counts.upperBound) arguments (\(positional.count) given)"
            )
        }
        return positional
    }
}

extension Value {
    /// This value where a text is needed.
    func requiredText(_ what: String) throws(TemplateError) -> String {
        if let text { return text }
        if case .undefined(let missing) = self { throw missing.error }
        throw TemplateError.type("\(what) must be str, not \(typeName)")
    }

    /// This value where a whole number is needed.
    func requiredInteger() throws(TemplateError) -> Int {
        if let wholeNumber { return wholeNumber }
        if case .undefined(let missing) = self { throw missing.error }
        throw TemplateError.type("'\(typeName)' object cannot be interpreted as an integer")
    }
}
