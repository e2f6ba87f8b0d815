/// What may stand after `|`.
typealias Filter = @Sendable (Renderer, Value, Arguments) throws(TemplateError) -> Value

/// The filters by name: those of jinja2 that make sense for text without chance.
enum Filters {
    static let table: [String: Filter] = TextFilters.table.merging(SequenceFilters.table) { first, _ in first }
        .merging(ChoiceFilters.table) { first, _ in first }
        .merging(ValueFilters.table) { first, _ in first }
        .merging(refused) { first, _ in first }

    private static let refused: [String: Filter] = [
        "random": refusal(of: "random"), "pprint": refusal(of: "pprint"), "urlize": refusal(of: "urlize"),
    ]

    private static func refusal(of name: String) -> Filter {
        { (renderer: Renderer, value: Value, arguments: Arguments) throws(TemplateError) -> Value in
            throw TemplateError(.unsupported, "the filter '\(name)' is not supported")
        }
    }

    /// Reads the attribute that filters name by `attribute=`: `"a.b"`, `"a.0"` or a number.
    struct AttributePath {
        private let parts: [Value]

        init(_ attribute: Value?) {
            switch attribute {
            case nil, .some(.none): parts = []
            case .string(let path), .markup(let path):
                parts = path.split(separator: ".", omittingEmptySubsequences: false).map { part in
                    let isNumber = !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
                    return isNumber ? .integer(Int(part) ?? .max) : .string(String(part))
                }
            case let other?: parts = [other]
            }
        }

        func read(_ item: Value, _ renderer: Renderer, initial: Value? = nil) throws(TemplateError) -> Value {
            var value = item
            for part in parts {
                try renderer.charge()
                value = try renderer.item(part, of: value)
                if value.isUndefined, let initial, !initial.isNone { value = initial }
            }
            return value
        }
    }

    /// What a comparison that ignores case compares.
    static func folded(_ value: Value) -> Value { value.text.map { .string($0.lowercased()) } ?? value }
}
