/// The fields of a header in their order; names are compared without regard to case (RFC 9110, section 5.1).
public struct FetchHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    public struct Field: Sendable, Equatable {
        public var name: String
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public private(set) var fields: [Field]

    public init(_ fields: [Field] = []) { self.fields = fields }

    public init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }

    /// The first value of a name. Setting replaces every field of that name; none removes them.
    public subscript(name: String) -> String? {
        get { fields.first { Self.isSame($0.name, name) }?.value }
        set {
            remove(name)
            if let newValue { add(name, newValue) }
        }
    }

    /// Every value of a name, in order: `Set-Cookie` may come many times.
    public func values(_ name: String) -> [String] {
        fields.filter { Self.isSame($0.name, name) }.map(\.value)
    }

    public mutating func add(_ name: String, _ value: String) {
        // Most headers have no more, and growing one by one costs more than the room.
        if fields.isEmpty { fields.reserveCapacity(8) }
        fields.append(Field(name: name, value: value))
    }

    public mutating func remove(_ name: String) { fields.removeAll { Self.isSame($0.name, name) } }

    static func isSame(_ one: String, _ other: String) -> Bool {
        // Most names differ in their lengths.
        guard one.utf8.count == other.utf8.count else { return false }
        // By index: an iterator over two sequences costs several times as much.
        let (one, other) = (one.utf8.span, other.utf8.span)
        for place in one.indices where lowercased(one[place]) != lowercased(other[place]) { return false }
        return true
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}

extension FetchHeaders {
    /// Reads one line of a response's header, without its end. Lines without a colon are nobody's field and give none.
    static func field(ofLine line: UnsafeRawBufferPointer) -> Field? {
        guard let colon = unsafe line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return nil }
        let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var (start, end) = (colon + 1, line.count)
        while start < end, unsafe isSpace(line[start]) { start += 1 }
        while end > start, unsafe isSpace(line[end - 1]) { end -= 1 }
        return unsafe Field(
            name: String(decoding: line[..<colon], as: UTF8.self),
            value: String(decoding: line[start..<end], as: UTF8.self))
    }
}
