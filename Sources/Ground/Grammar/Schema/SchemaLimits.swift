/// What a schema may cost. Chosen: far above what tools and people write, low enough that a hostile schema is refused
/// within a fraction of a second.
enum SchemaLimits {
    /// Nesting of the schema's own text.
    static let depthMax = 100
    /// Schemas within a document, rewritten ones included.
    static let nodeCountMax = 20_000
    /// Combinations of `anyOf`, `oneOf`, `if` and `dependent…` at one place.
    static let alternativeCountMax = 256
    /// Steps of expanding references and combinations, over the whole document.
    static let stepCountMax = 200_000
    /// Different values of the grammar.
    static let rulesMax = 20_000
    /// Bytes of the grammar's text.
    static let bytesMax = 4_000_000
    /// Values of one `enum`.
    static let enumCountMax = 5_000
    /// Properties of one object.
    static let propertyCountMax = 2_000
    /// The largest `minLength`, `maxLength`, `minItems`, `maxItems` that is counted out.
    static let repetitionMax = 100_000
    /// States of a rule that counts, such as properties between `minProperties` and `maxProperties`.
    static let countedStatesMax = 4_000
    /// Digits of a number's bound.
    static let digitCountMax = 40
}
