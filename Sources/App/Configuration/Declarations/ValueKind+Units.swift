import JSONText

extension ValueKind where Value == Duration {
    /// A duration with its unit, `250ms` to `7d`.
    public static func duration(in range: ClosedRange<Duration>) -> ValueKind {
        let bounds = "\(DurationText.render(range.lowerBound)) to \(DurationText.render(range.upperBound))"
        @Sendable func read(_ text: String) -> Duration? {
            DurationText.parse(text).flatMap { range.contains($0) ? $0 : nil }
        }
        return ValueKind(
            allowed: "a duration with a unit (ms, s, m, h, d) from \(bounds)", placeholder: "DURATION",
            schema: ["type": "string", "pattern": "^[0-9.]+(ms|s|m|h|d)$"], decode: { $0.string.flatMap(read) },
            read: { read($0) }, encode: { .string(DurationText.render($0)) })
    }
}

extension ValueKind where Value == ByteCount {
    /// A number of bytes, with or without a unit.
    public static func bytes(in range: ClosedRange<ByteCount>) -> ValueKind {
        @Sendable func read(_ text: String) -> ByteCount? { ByteCount(text).flatMap { range.contains($0) ? $0 : nil } }
        return ValueKind(
            allowed: "a size from \(range.lowerBound) to \(range.upperBound), such as 16MiB", placeholder: "SIZE",
            schema: ["type": ["string", "integer"]],
            decode: { value in
                switch value {
                case .integer(let count): read(String(count))
                case .string(let text): read(text)
                default: nil
                }
            }, read: { read($0) }, encode: { .string($0.description) })
    }
}

extension ValueKind where Value == Secret {
    static func secret(_ text: ValueKind<String>) -> ValueKind {
        ValueKind(
            allowed: text.allowed, placeholder: text.placeholder, schema: text.schema,
            decode: { text.decode($0).map { Secret($0) } }, read: { text.read($0).map { Secret($0) } },
            encode: { .string($0.revealed) })
    }
}

extension ValueKind where Value == StorageLocation {
    static var storage: ValueKind {
        @Sendable func read(_ text: String) -> StorageLocation? {
            if text.isEmpty { return .embedded }
            let isPostgres = text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
            return isPostgres ? .postgres(url: Secret(text)) : nil
        }
        return ValueKind(
            allowed: "empty (SQLite in the data directory) or a URL that begins with postgresql://",
            placeholder: "URL", schema: ["type": "string"], decode: { $0.string.flatMap(read) }, read: { read($0) },
            encode: { location in
                switch location {
                case .embedded: .null
                case .postgres(let url): .string(url.revealed)
                }
            })
    }
}

extension ValueKind where Value == [String] {
    /// A list; arguments and environment separate with commas.
    static func list(of element: ValueKind<String>, countMax: Int) -> ValueKind {
        @Sendable func check(_ elements: [String?]) -> [String]? {
            let allowed = elements.compactMap(\.self)
            return allowed.count == elements.count && allowed.count <= countMax ? allowed : nil
        }
        return ValueKind(
            allowed: "a list of at most \(countMax), each \(element.allowed)", placeholder: "A,B",
            schema: ["type": "array", "items": .object(element.schema), "maxItems": .integer(Int64(countMax))],
            decode: { $0.array.flatMap { check($0.map(element.decode)) } },
            read: { text in
                check(text.split(separator: ",").map { element.read(String($0.trimming(" "))) })
            }, encode: { .array($0.map { .string($0) }) })
    }
}

extension ValueKind where Value == [HeaderField] {
    /// A mapping of names to values; arguments and environment write `name=value,name=value`.
    static var headers: ValueKind {
        let countMax = 32
        @Sendable func field(_ name: String, _ value: String) -> HeaderField? {
            let isToken = name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
            guard !name.isEmpty, isToken, value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
            return HeaderField(name: name, value: Secret(value))
        }
        @Sendable func check(_ fields: [HeaderField?]) -> [HeaderField]? {
            let allowed = fields.compactMap(\.self)
            return allowed.count == fields.count && allowed.count <= countMax ? allowed : nil
        }
        return ValueKind(
            allowed: "at most \(countMax) header names with their values", placeholder: "NAME=VALUE,…",
            schema: ["type": "object", "additionalProperties": ["type": "string"]],
            decode: { value in
                value.object.flatMap { members in
                    check(members.map { member in member.value.string.flatMap { field(member.key, $0) } })
                }
            },
            read: { text in
                check(
                    text.split(separator: ",").map { pair in
                        let parts = pair.split(separator: "=", maxSplits: 1).map { String($0.trimming(" ")) }
                        return parts.count == 2 ? field(parts[0], parts[1]) : nil
                    })
            }, encode: { .object(JSONObject($0.map { ($0.name, .string($0.value.revealed)) })) })
    }
}

extension ValueKind {
    /// The same, but it may be left out: what is not set is `nil`, and an empty text or `null` means that.
    static func optional<Wrapped>(_ kind: ValueKind<Wrapped>) -> ValueKind where Value == Wrapped? {
        ValueKind(
            allowed: kind.allowed, placeholder: kind.placeholder, schema: kind.schema,
            decode: { kind.decode($0).map { .some($0) } }, read: { kind.read($0).map { .some($0) } },
            encode: { $0.map(kind.encode) ?? .null }, isFlag: kind.isFlag)
    }

    /// The same, or the word `auto` for `nil`.
    static func automatic<Wrapped>(_ kind: ValueKind<Wrapped>) -> ValueKind where Value == Wrapped? {
        ValueKind(
            allowed: "auto or \(kind.allowed)", placeholder: "auto|\(kind.placeholder)",
            schema: ["anyOf": [["const": "auto"], .object(kind.schema)]],
            decode: { $0 == "auto" ? .some(nil) : kind.decode($0).map { .some($0) } },
            read: { $0 == "auto" ? .some(nil) : kind.read($0).map { .some($0) } },
            encode: { $0.map(kind.encode) ?? "auto" })
    }
}

extension StringProtocol {
    /// Without `character` at both ends.
    func trimming(_ character: Character) -> SubSequence {
        let front = drop { $0 == character }
        return front[..<(front.lastIndex { $0 != character }.map { front.index(after: $0) } ?? front.startIndex)]
    }
}
