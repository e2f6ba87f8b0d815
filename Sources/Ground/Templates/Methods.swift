/// The methods of Python's built-in types that the sandbox allows.
enum Methods {
    static func call(
        _ name: String, of receiver: Value, _ arguments: Arguments, _ renderer: Renderer
    ) throws(TemplateError) -> Value {
        switch receiver {
        case .string(let text), .markup(let text):
            try renderer.charge(text.utf8.count / 32)
            return try TextMethods.call(name, text, arguments, renderer)
        case .list(let elements), .tuple(let elements), .group(let elements):
            if name == "copy" { return receiver }
            return try sequence(name, elements, arguments, renderer)
        case .range(let range): return try sequence(name, range.elements, arguments, renderer)
        case .dictionary(let dictionary): return try self.dictionary(name, dictionary, arguments)
        case .loop(let loop): return try loop.call(name, arguments.unnamed(0...1000, of: name))
        case .cycler(let cycler):
            _ = try arguments.unnamed(0...0, of: name)
            guard name == "next" else {
                cycler.position = 0
                return .none
            }
            defer { cycler.position = (cycler.position + 1) % cycler.items.count }
            return cycler.items[cycler.position]
        case .float(let number):
            _ = try arguments.unnamed(0...0, of: name)
            return .bool(number.isFinite && number == number.rounded())
        case .integer, .bool:
            _ = try arguments.unnamed(0...0, of: name)
            let magnitude = (receiver.wholeNumber ?? 0).magnitude
            return .integer(UInt.bitWidth - magnitude.leadingZeroBitCount)
        default: throw TemplateError.type("'\(receiver.typeName)' object has no method '\(name)'")
        }
    }

    private static func sequence(
        _ name: String, _ elements: [Value], _ arguments: Arguments, _ renderer: Renderer
    ) throws(TemplateError) -> Value {
        try renderer.charge(elements.count)
        if name == "count" {
            let value = try arguments.unnamed(1...1, of: name)[0]
            return .integer(elements.count { $0.isEqual(to: value) })
        }
        let given = try arguments.unnamed(1...3, of: name)
        let start = given.count > 1 ? try given[1].requiredInteger() : 0
        let end = given.count > 2 ? try given[2].requiredInteger() : elements.count
        let span = Span(start, end, in: elements.count)
        guard span.isValid, let found = elements[span.range].firstIndex(where: { $0.isEqual(to: given[0]) }) else {
            throw TemplateError.value("\(given[0].representation) is not in list")
        }
        return .integer(found)
    }

    private static func dictionary(
        _ name: String, _ dictionary: Dictionary, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        if name == "get" {
            let given = try arguments.unnamed(1...2, of: "get")
            guard let key = Dictionary.Key(given[0]) else {
                throw TemplateError.type("unhashable type: '\(given[0].typeName)'")
            }
            return dictionary[key] ?? (given.count > 1 ? given[1] : .none)
        }
        _ = try arguments.unnamed(0...0, of: name)
        return Value.DictionaryView(rawValue: name).map { .view($0, dictionary) } ?? .dictionary(dictionary)
    }

    /// The part of a sequence that optional start and end positions of Python's methods mean.
    struct Span {
        let start: Int
        let end: Int

        init(_ start: Int, _ end: Int, in count: Int) {
            func clamp(_ index: Int) -> Int { index < 0 ? max(0, index + count) : index }
            self.start = clamp(start)
            self.end = min(clamp(end), count)
        }

        var isValid: Bool { start <= end }
        var range: Swift.Range<Int> { start..<max(start, end) }
    }
}
