/// The members of a JSON object in the order in which they were written. A key that is set again keeps its first place.
///
/// Two objects are equal when they hold the same members, whatever the order.
public struct JSONObject: Sendable {
    public private(set) var keys: [String] = []
    private var values: [JSONValue] = []
    /// Positions by key; only kept for larger objects, where a linear search would cost more.
    private var positions: [String: Int] = [:]
    private static let linearSearchMax = 8

    public init() {}

    public init(_ members: some Sequence<(String, JSONValue)>) {
        for (key, value) in members { self[key] = value }
    }

    public var count: Int { keys.count }
    public var isEmpty: Bool { keys.isEmpty }

    public subscript(key: String) -> JSONValue? {
        get {
            if let position = position(of: key) { values[position] } else { nil }
        }
        set {
            switch (position(of: key), newValue) {
            case (let position?, let value?):
                values[position] = value
            case (let position?, nil):
                keys.remove(at: position)
                values.remove(at: position)
                reindex()
            case (nil, let value?):
                keys.append(key)
                values.append(value)
                if keys.count == Self.linearSearchMax + 1 {
                    reindex()
                } else if keys.count > Self.linearSearchMax {
                    positions[key] = keys.count - 1
                }
            case (nil, nil):
                break
            }
        }
    }

    private func position(of key: String) -> Int? {
        keys.count > Self.linearSearchMax ? positions[key] : keys.firstIndex(of: key)
    }

    private mutating func reindex() {
        positions.removeAll(keepingCapacity: true)
        guard keys.count > Self.linearSearchMax else { return }
        for (position, key) in keys.enumerated() { positions[key] = position }
    }
}

extension JSONObject: Sequence {
    public func makeIterator() -> AnyIterator<(key: String, value: JSONValue)> {
        var position = 0
        return AnyIterator {
            guard position < keys.count else { return nil }
            defer { position += 1 }
            return (keys[position], values[position])
        }
    }
}

extension JSONObject: Equatable {
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.allSatisfy { right[$0.key] == $0.value }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}
