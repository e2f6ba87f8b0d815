public import JSONText

/// What writes JSON Schemas for an API's document: the words that all of them share.
public protocol SchemaWriting {}

extension SchemaWriting {
    public static var text: JSONValue { ["type": "string"] }
    public static var whole: JSONValue { ["type": "integer"] }
    public static var natural: JSONValue { ["type": "integer", "minimum": 0] }
    public static var number: JSONValue { ["type": "number"] }
    public static var truth: JSONValue { ["type": "boolean"] }
    public static var moment: JSONValue { ["type": "string", "format": "date-time"] }
    public static var textOrNull: JSONValue { ["type": ["string", "null"]] }
    public static var momentOrNull: JSONValue { ["type": ["string", "null"], "format": "date-time"] }
    public static var anything: JSONValue { anything("Any members.") }

    /// An object whose members somebody else decides.
    ///
    /// - Parameter description: who, or what it is.
    /// - Returns: the schema.
    public static func anything(_ description: String) -> JSONValue {
        ["type": "object", "description": .string(description)]
    }

    public static func list(of items: JSONValue) -> JSONValue { ["type": "array", "items": items] }

    /// An object with any names, whose values are all of one kind.
    public static func map(of values: JSONValue) -> JSONValue { ["type": "object", "additionalProperties": values] }

    /// What is of this kind, or `null`.
    public static func orNull(_ schema: JSONValue) -> JSONValue {
        var members = schema.object ?? JSONObject()
        if let type = members["type"] { members["type"] = [type, "null"] }
        if let names = members["enum"]?.array { members["enum"] = .array(names + [.null]) }
        return .object(members)
    }

    public static func oneOf(_ names: [String]) -> JSONValue {
        ["type": "string", "enum": .array(names.map(JSONValue.string))]
    }

    /// Whole numbers within bounds.
    public static func count(_ range: ClosedRange<Int>) -> JSONValue {
        ["type": "integer", "minimum": .whole(range.lowerBound), "maximum": .whole(range.upperBound)]
    }

    /// The schema of an object with these members, all but the optional ones required.
    public static func object(_ properties: JSONObject, optional: Set<String> = []) -> JSONValue {
        let required = properties.keys.filter { !optional.contains($0) }
        var schema: JSONObject = ["type": "object", "properties": .object(properties)]
        if !required.isEmpty { schema["required"] = .array(required.map(JSONValue.string)) }
        return .object(schema)
    }

    /// An object all of whose members may be left out.
    public static func optional(_ properties: JSONObject) -> JSONValue {
        object(properties, optional: Set(properties.keys))
    }

    /// What is sent: an object most of whose members may be left out.
    ///
    /// - Parameters:
    ///   - properties: the members.
    ///   - required: those that may not.
    /// - Returns: the schema.
    public static func body(_ properties: JSONObject, required: Set<String> = []) -> JSONValue {
        object(properties, optional: Set(properties.keys).subtracting(required))
    }
}
