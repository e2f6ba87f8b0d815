/// Filters that run other filters or tests over the elements of a sequence.
enum ChoiceFilters {
    static let table: [String: Filter] = [
        "map": map, "select": choice(keeps: true, byAttribute: false),
        "reject": choice(keeps: false, byAttribute: false),
        "selectattr": choice(keeps: true, byAttribute: true),
        "rejectattr": choice(keeps: false, byAttribute: true),
    ]

    private static func choice(keeps: Bool, byAttribute: Bool) -> Filter {
        { (renderer: Renderer, value: Value, arguments: Arguments) throws(TemplateError) -> Value in
            try choose(renderer, value, arguments, keeps: keeps, byAttribute: byAttribute)
        }
    }

    @Sendable private static func map(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        guard value.isTrue else { return .generator(Value.Generator([])) }
        var result: [Value] = []
        if arguments.positional.isEmpty, let attribute = arguments.named.first(where: { $0.name == "attribute" })?.value
        {
            let initial = arguments.named.first { $0.name == "default" }?.value
            if let other = arguments.named.first(where: { $0.name != "attribute" && $0.name != "default" }) {
                throw TemplateError.type("Unexpected keyword argument '\(other.name)'")
            }
            let path = Filters.AttributePath(attribute)
            for element in try renderer.elements(of: value) {
                result.append(try path.read(element, renderer, initial: initial))
            }
            return .generator(Value.Generator(result))
        }
        guard let name = arguments.positional.first else {
            throw TemplateError.type("map requires a filter argument")
        }
        let elements = try renderer.elements(of: value)
        guard !elements.isEmpty else { return .generator(Value.Generator([])) }
        guard let function = name.text.flatMap({ Filters.table[$0] }) else {
            throw TemplateError.type("no filter named '\(name.display)'")
        }
        var rest = arguments
        rest.positional.removeFirst()
        for element in elements {
            try renderer.enter()
            defer { renderer.leave() }
            result.append(try renderer.checked(try function(renderer, element, rest)))
        }
        return .generator(Value.Generator(result))
    }

    private static func choose(
        _ renderer: Renderer, _ value: Value, _ arguments: Arguments, keeps: Bool, byAttribute: Bool
    ) throws(TemplateError) -> Value {
        guard value.isTrue else { return .generator(Value.Generator([])) }
        var rest = arguments
        var path = Filters.AttributePath(nil)
        let elements = try renderer.elements(of: value)
        if byAttribute {
            guard let attribute = rest.positional.first else {
                throw TemplateError.type("Missing parameter for attribute name")
            }
            path = Filters.AttributePath(attribute)
            rest.positional.removeFirst()
        }
        var test: ValueTest?
        if let name = rest.positional.first {
            guard let found = name.text.flatMap({ ValueTests.table[$0] }) else {
                if elements.isEmpty { return .generator(Value.Generator([])) }
                throw TemplateError.type("no test named '\(name.display)'")
            }
            test = found
            rest.positional.removeFirst()
        }
        var result: [Value] = []
        for element in elements {
            try renderer.charge()
            let subject = try path.read(element, renderer)
            let holds = try test?(renderer, subject, rest) ?? subject.isTrue
            if holds == keeps { result.append(element) }
        }
        return .generator(Value.Generator(result))
    }
}
