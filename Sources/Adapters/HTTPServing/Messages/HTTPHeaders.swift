/// Header fields in the order in which they were written. Names compare without regard to case.
public struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral, Sequence {
    public struct Field: Sendable, Equatable {
        public var name: String
        public var value: String
    }

    public private(set) var fields: [Field] = []

    public init() {}

    public init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0, value: $1) }
    }

    /// The first value of `name`. Setting replaces every value; setting `nil` removes the field.
    public subscript(name: String) -> String? {
        get {
            for place in fields.indices where Self.isEqual(fields[place].name, name) { return fields[place].value }
            return nil
        }
        set {
            if has(name) { fields.removeAll { Self.isEqual($0.name, name) } }
            if let newValue { append(name, newValue) }
        }
    }

    /// By index: an iterator would count the texts of each field in and out.
    private func has(_ name: String) -> Bool {
        for place in fields.indices where Self.isEqual(fields[place].name, name) { return true }
        return false
    }

    /// Adds a field beside those of the same name.
    public mutating func append(_ name: String, _ value: String) {
        // Nobody has fewer, and growing one by one costs more than the room.
        if fields.isEmpty { fields.reserveCapacity(Self.firstCapacity) }
        fields.append(Field(name: name, value: value))
    }

    private static let firstCapacity = 8

    /// Every value of `name`, in order.
    public func all(_ name: String) -> [String] {
        var values: [String] = []
        for place in fields.indices where Self.isEqual(fields[place].name, name) { values.append(fields[place].value) }
        return values
    }

    /// Calls `body` with every value of `name`, in order. No list of them is made.
    public func forEach<Failure: Error>(
        _ name: String, _ body: (String) throws(Failure) -> Void
    ) throws(Failure) {
        for place in fields.indices where Self.isEqual(fields[place].name, name) { try body(fields[place].value) }
    }

    /// The elements of a comma-separated list field, over all its lines, trimmed and without empty ones.
    public func list(_ name: String) -> [String] {
        all(name).flatMap { $0.split(separator: ",") }.map { String(Self.trimmed($0)) }.filter { !$0.isEmpty }
    }

    /// Whether the list field `name` holds `token`, without regard to case.
    public func contains(_ name: String, token: String) -> Bool {
        list(name).contains { Self.isEqual($0, token) }
    }

    /// Adds `token` to the list field `name` unless it is there.
    public mutating func add(_ name: String, token: String) {
        // The usual case: nobody has set the field yet.
        guard has(name) else { return append(name, token) }
        guard !contains(name, token: token) else { return }
        self[name] = (list(name) + [token]).joined(separator: ", ")
    }

    public func makeIterator() -> IndexingIterator<[Field]> { fields.makeIterator() }

    static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }

    /// ASCII letters match in both cases; all other bytes must be the same.
    static func isEqual(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        let (left, right) = (left.utf8.span, right.utf8.span)
        for place in left.indices where lowercased(left[place]) != lowercased(right[place]) { return false }
        return true
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
