/// Python's `dict`: keys keep the order in which they came, and `1`, `1.0` and `True` are the same key.
struct Dictionary {
    private(set) var keys: [Value] = []
    private(set) var values: [Value] = []
    private var hashes: [Key] = []
    /// Positions by key; only kept for larger dictionaries, where a linear search would cost more.
    private var positions: [Key: Int] = [:]
    private static let linearSearchMax = 8

    /// What makes two keys the same.
    enum Key: Hashable {
        case none
        case undefined
        case integer(Int)
        case float(UInt64)
        case text(String)
        case tuple([Key])
        case object(ObjectIdentifier)

        /// `nil` for values that Python cannot hash.
        init?(_ value: Value) {
            switch value {
            case .none: self = .none
            case .undefined: self = .undefined
            case .bool(let flag): self = .integer(flag ? 1 : 0)
            case .integer(let number): self = .integer(number)
            case .float(let number):
                if let whole = Int(exactly: number) { self = .integer(whole) } else { self = .float(number.bitPattern) }
            case .string(let text), .markup(let text): self = .text(text)
            case .tuple(let elements), .group(let elements):
                var keys: [Key] = []
                for element in elements {
                    guard let key = Key(element) else { return nil }
                    keys.append(key)
                }
                self = .tuple(keys)
            case .namespace(let object): self = .object(ObjectIdentifier(object))
            case .macro(let object): self = .object(ObjectIdentifier(object))
            case .generator(let object): self = .object(ObjectIdentifier(object))
            case .loop(let object): self = .object(ObjectIdentifier(object))
            case .cycler(let object): self = .object(ObjectIdentifier(object))
            case .joiner(let object): self = .object(ObjectIdentifier(object))
            case .range(let range): self = .tuple([.integer(range.start), .integer(range.stop), .integer(range.step)])
            case .function(let name), .method(_, let name): self = .tuple([.none, .text(name)])
            case .list, .dictionary, .view: return nil
            }
        }

        static func == (left: Key, right: Key) -> Bool {
            switch (left, right) {
            case (.text(let left), .text(let right)): left.isSame(as: right)
            case (.integer(let left), .integer(let right)): left == right
            case (.float(let left), .float(let right)): left == right
            case (.tuple(let left), .tuple(let right)): left == right
            case (.object(let left), .object(let right)): left == right
            case (.none, .none), (.undefined, .undefined): true
            default: false
            }
        }

        func hash(into hasher: inout Hasher) {
            switch self {
            case .none: hasher.combine(0)
            case .undefined: hasher.combine(1)
            case .integer(let value): hasher.combine(value)
            case .float(let bits): hasher.combine(bits)
            case .text(let text): for byte in text.utf8 { hasher.combine(byte) }
            case .tuple(let keys): hasher.combine(keys)
            case .object(let identity): hasher.combine(identity)
            }
        }
    }

    var count: Int { keys.count }

    subscript(key: Key) -> Value? { position(of: key).map { values[$0] } }

    subscript(text key: String) -> Value? {
        get { self[.text(key)] }
        set {
            guard let newValue else { return }
            set(.string(key), .text(key), to: newValue)
        }
    }

    /// Sets a member. A key that is set again keeps its place and its first form.
    mutating func set(_ key: Value, to value: Value) throws(TemplateError) {
        guard let hash = Key(key) else { throw TemplateError.type("unhashable type: '\(key.typeName)'") }
        set(key, hash, to: value)
    }

    private mutating func set(_ key: Value, _ hash: Key, to value: Value) {
        if let position = position(of: hash) {
            values[position] = value
            return
        }
        keys.append(key)
        values.append(value)
        hashes.append(hash)
        if hashes.count == Self.linearSearchMax + 1 {
            for (position, hash) in hashes.enumerated() { positions[hash] = position }
        } else if hashes.count > Self.linearSearchMax {
            positions[hash] = hashes.count - 1
        }
    }

    private func position(of key: Key) -> Int? {
        hashes.count > Self.linearSearchMax ? positions[key] : hashes.firstIndex(of: key)
    }

    /// Key and value of each member as tuples.
    var items: [Value] { keys.indices.map { .tuple([keys[$0], values[$0]]) } }

    func isEqual(to other: Dictionary) -> Bool {
        guard count == other.count else { return false }
        return hashes.indices.allSatisfy { position in
            other[hashes[position]].map { $0.isEqual(to: values[position]) } ?? false
        }
    }
}
