import JSONText

extension JSONField {
    /// A word of a list; `nil` where there is none.
    func choice<Value: RawRepresentable & CaseIterable>(_ name: String) throws -> Value?
    where Value.RawValue == String {
        guard let field = try optional(name) else { return nil }
        guard let value = Value(rawValue: try field.string()) else {
            throw field.fail("must be one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return value
    }
}
