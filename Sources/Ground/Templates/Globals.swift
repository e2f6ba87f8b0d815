/// The functions that every template can call.
enum Globals {
    static let names: Set<String> = [
        "range", "dict", "namespace", "cycler", "joiner", "lipsum", "raise_exception", "strftime_now",
    ]

    static func call(_ name: String, _ arguments: Arguments, _ renderer: Renderer) throws(TemplateError) -> Value {
        switch name {
        case "range": return .range(try range(arguments, renderer))
        case "dict": return .dictionary(try dictionary(arguments, of: "dict", renderer))
        case "namespace":
            let namespace = Value.Namespace()
            namespace.attributes = try dictionary(arguments, of: "namespace", renderer)
            renderer.register(namespace)
            return .namespace(namespace)
        case "cycler":
            guard arguments.named.isEmpty, !arguments.positional.isEmpty else {
                throw TemplateError.type("at least one item has to be provided")
            }
            return .cycler(Value.Cycler(arguments.positional))
        case "joiner":
            return .joiner(Value.Joiner(try arguments.bound(to: ["sep"], of: "joiner")[0] ?? .string(", ")))
        case "raise_exception":
            let message = try arguments.bound(to: ["message"], of: name, required: 1)[0] ?? .none
            throw TemplateError(.raised, message.display)
        case "strftime_now":
            let format = try arguments.bound(to: ["format"], of: name, required: 1)[0] ?? .none
            guard let now = renderer.now else {
                throw TemplateError(.unsupported, "strftime_now needs a time, and none was given")
            }
            return .string(now.formatted(try format.requiredText("strftime() argument 1")))
        default: throw TemplateError(.unsupported, "'\(name)' is not supported: prompts do not depend on chance")
        }
    }

    private static func range(_ arguments: Arguments, _ renderer: Renderer) throws(TemplateError) -> Value.Range {
        let given = try arguments.unnamed(1...3, of: "range")
        var numbers: [Int] = []
        for value in given { numbers.append(try value.requiredInteger()) }
        let range =
            numbers.count == 1
            ? Value.Range(start: 0, stop: numbers[0], step: 1)
            : Value.Range(start: numbers[0], stop: numbers[1], step: numbers.count == 3 ? numbers[2] : 1)
        guard range.step != 0 else { throw TemplateError.value("range() arg 3 must not be zero") }
        guard range.count <= renderer.bounds.elementsMax else {
            throw TemplateError.limit(
                "range too big: the sandbox blocks ranges larger than \(renderer.bounds.elementsMax)")
        }
        return range
    }

    private static func dictionary(
        _ arguments: Arguments, of function: String, _ renderer: Renderer
    ) throws(TemplateError) -> Dictionary {
        guard arguments.positional.count <= 1 else {
            throw TemplateError.type("\(function) expected at most 1 argument, got \(arguments.positional.count)")
        }
        var result = Dictionary()
        switch arguments.positional.first {
        case .dictionary(let other): result = other
        case let pairs?:
            for pair in try renderer.elements(of: pairs) {
                let parts = try renderer.elements(of: pair)
                guard parts.count == 2 else {
                    throw TemplateError.value(
                        "dictionary update sequence element has length \(parts.count); 2 is required")
                }
                try result.set(parts[0], to: parts[1])
            }
        case nil: break
        }
        for (name, value) in arguments.named { result[text: name] = value }
        return result
    }
}
