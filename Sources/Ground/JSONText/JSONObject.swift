/// The members of a JSON object in the order in which they were written. A key that is set again keeps its first place.
///
/// Two objects are equal when they hold the same members, whatever the order.
public struct JSONObject: Sendable {
    public typealias Member = (key: String, value: JSONValue)

    private var members: [Member] = []
    /// Positions by key; only kept for larger objects, where a linear search would cost more.
    private var positions: [String: Int] = [:]
    private static let linearSearchMax = 16
    /// Room for as many members at first: most objects have few, and growing one by one costs more than the room.
    private static let firstCapacity = 4

    public init() {}

    public init(_ members: some Sequence<(String, JSONValue)>) {
        self.members.reserveCapacity(Swift.max(members.underestimatedCount, Self.firstCapacity))
        for (key, value) in members { self[key] = value }
    }

    public var keys: [String] { members.map(\.key) }
    public var count: Int { members.count }
    public var isEmpty: Bool { members.isEmpty }

    public subscript(key: String) -> JSONValue? {
        get {
            if let position = position(of: key) { members[position].value } else { nil }
        }
        set {
            switch (position(of: key), newValue) {
            case (let position?, let value?):
                members[position].value = value
            case (let position?, nil):
                members.remove(at: position)
                reindex()
            case (nil, let value?):
                if members.isEmpty { members.reserveCapacity(Self.firstCapacity) }
                members.append((key, value))
                if members.count == Self.linearSearchMax + 1 {
                    reindex()
                } else if members.count > Self.linearSearchMax {
                    positions[key] = members.count - 1
                }
            case (nil, nil):
                break
            }
        }
    }

    private func position(of key: String) -> Int? {
        if members.count > Self.linearSearchMax { return positions[key] }
        // By index: an iterator would count each member's texts and values in and out. Lengths are compared first, because
        // most names differ in them, and two texts are compared by a call.
        let length = key.utf8.count
        for place in members.indices where members[place].key.utf8.count == length && members[place].key == key {
            return place
        }
        return nil
    }

    private mutating func reindex() {
        positions.removeAll(keepingCapacity: true)
        guard members.count > Self.linearSearchMax else { return }
        for (position, member) in members.enumerated() { positions[member.key] = position }
    }
}

extension JSONObject: Sequence {
    public func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }
    public var underestimatedCount: Int { members.count }
}

extension JSONObject: Equatable {
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.allSatisfy { right[$0.key] == $0.value }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}
