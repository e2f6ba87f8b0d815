public import JSONText

/// A value of a YAML text together with the place where it was written.
public struct YAMLNode: Sendable {
    public indirect enum Content: Sendable {
        /// `null`, a boolean, a number or a string; never an array or an object.
        case scalar(JSONValue)
        case sequence([YAMLNode])
        /// In the order in which they were written; no key occurs twice.
        case mapping([Member])
    }

    /// One entry of a mapping.
    public struct Member: Sendable {
        public let key: String
        public let keyPosition: TextPosition
        public let value: YAMLNode
    }

    public let content: Content
    public let position: TextPosition
    /// How many nodes this is with everything below it, aliases counted as what they stand for.
    let size: Int

    init(_ content: Content, at position: TextPosition, size: Int) {
        self.content = content
        self.position = position
        self.size = size
    }

    /// The same value without positions.
    public var json: JSONValue {
        switch content {
        case .scalar(let value): value
        case .sequence(let elements): .array(elements.map(\.json))
        case .mapping(let members): .object(JSONObject(members.map { ($0.key, $0.value.json) }))
        }
    }

    /// The value of the member `key`, or `nil` when this is no mapping or has no such member.
    public subscript(key: String) -> YAMLNode? {
        guard case .mapping(let members) = content else { return nil }
        return members.first { $0.key == key }?.value
    }
}
