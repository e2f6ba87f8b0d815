extension Renderer {
    func call(_ function: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        switch function {
        case .undefined(let missing): throw missing.error
        case .macro(let macro): return .string(try call(macro, arguments))
        case .function(let name): return try checked(try Globals.call(name, arguments, self))
        case .method(let receiver, let name):
            return try checked(try Methods.call(name, of: receiver, arguments, self))
        case .joiner(let joiner):
            _ = try arguments.unnamed(0...0, of: "joiner")
            defer { joiner.isUsed = true }
            return joiner.isUsed ? joiner.separator : .string("")
        case .loop(let loop):
            guard let recursion = loop.recursion else {
                throw TemplateError.type("the loop must have the 'recursive' marker to be called recursively")
            }
            let sequence = try arguments.unnamed(1...1, of: "loop")[0]
            return .string(
                try recurse(recursion.loop, scope: recursion.scope, over: sequence, depth: loop.depth + 1))
        default: throw TemplateError.type("'\(function.typeName)' object is not callable")
        }
    }

    private func call(_ macro: Value.Macro, _ arguments: Arguments) throws(TemplateError) -> String {
        guard let scope = macro.scope else { return "" }
        let definition = macro.definition
        let values = try bind(arguments, to: definition)
        try enter()
        defer { leave() }
        return try captured(parent: scope) { () throws(TemplateError) in
            for (index, parameter) in definition.parameters.enumerated() {
                if let value = values.parameters[index] {
                    self.scope.set(parameter.id, to: value)
                } else if let initial = parameter.initial {
                    self.scope.set(parameter.id, to: try evaluate(initial))
                } else {
                    let missing = Value.Missing("parameter '\(parameter.name)' was not provided")
                    self.scope.set(parameter.id, to: .undefined(missing))
                }
            }
            for (name, value) in values.special {
                if let id = program.names.firstIndex(of: name) { self.scope.set(id, to: value) }
            }
            return try run(definition.body)
        }.text
    }

    /// Distributes arguments by the rules of jinja2's `Macro.__call__`.
    private func bind(
        _ arguments: Arguments, to definition: MacroDefinition
    ) throws(TemplateError) -> (parameters: [Value?], special: [(String, Value)]) {
        let name = definition.name ?? "caller"
        var named = arguments.named
        func take(_ name: String) -> Value? {
            guard let position = named.firstIndex(where: { $0.name == name }) else { return nil }
            return named.remove(at: position).value
        }
        var parameters: [Value?] = Array(arguments.positional.prefix(definition.parameters.count))
        for parameter in definition.parameters.dropFirst(parameters.count) { parameters.append(take(parameter.name)) }
        var special: [(String, Value)] = []
        if definition.takesCaller {
            special.append(("caller", take("caller") ?? .undefined(Value.Missing("No caller defined"))))
        }
        if definition.takesNamed {
            var rest = Dictionary()
            for (name, value) in named { rest[text: name] = value }
            special.append(("kwargs", .dictionary(rest)))
        } else if let first = named.first {
            throw TemplateError.type("macro '\(name)' takes no keyword argument '\(first.name)'")
        }
        let surplus = arguments.positional.dropFirst(definition.parameters.count)
        if definition.takesPositional {
            special.append(("varargs", .tuple(Array(surplus))))
        } else if !surplus.isEmpty {
            throw TemplateError.type(
                "macro '\(name)' takes not more than \(definition.parameters.count) argument(s)")
        }
        return (parameters, special)
    }
}
