/// The name of a field of a log line: lower case with underscores, units at the end (`elapsed_ms`).
public struct LogKey: Sendable, Hashable, ExpressibleByStringLiteral {
    public let name: String
    /// Whether what stands under it is a secret.
    let isSensitive: Bool
    /// Whether the line itself uses the name; the field is written as `field_…` then.
    let isReserved: Bool

    /// Looks at the name once, where many lines have it: keep the keys that you use often.
    public init(_ name: String) {
        self.name = name
        isSensitive = SensitiveNames.contains(name)
        isReserved =
            switch name {
            case "time", "level", "logger", "message", "request_id", "trace_id", "span_id": true
            default: false
            }
    }

    public init(stringLiteral value: String) { self.init(value) }

    public static func == (left: LogKey, right: LogKey) -> Bool { left.name == right.name }

    public func hash(into hasher: inout Hasher) { hasher.combine(name) }

    public static let error: LogKey = "error"
    public static let model: LogKey = "model"
    public static let tenant: LogKey = "tenant"
    public static let method: LogKey = "method"
    public static let path: LogKey = "path"
    public static let status: LogKey = "status"
    public static let elapsedMilliseconds: LogKey = "elapsed_ms"
    public static let byteCount: LogKey = "bytes"
    /// The address of who asks.
    public static let remote: LogKey = "remote"
    /// Who asks, and with what.
    public static let user: LogKey = "user"
    public static let key: LogKey = "key"
    public static let session: LogKey = "session"
    public static let via: LogKey = "via"
}

/// The value of a field.
public enum LogValue: Sendable, Equatable {
    case string(String)
    case integer(Int64)
    case number(Double)
    case bool(Bool)
    /// Something was there that nobody may read.
    case redacted

    /// A duration as milliseconds with three decimals.
    public static func milliseconds(_ duration: Duration) -> LogValue {
        let (seconds, attoseconds) = duration.components
        return .number((Double(seconds) * 1e6 + (Double(attoseconds) / 1e12).rounded()) / 1e3)
    }

    /// An error with all that it tells to operators (its debug description).
    public static func error(_ error: any Error) -> LogValue { .string(String(reflecting: error)) }

    public static func redacted(_ secret: Redacted<some Any>) -> LogValue { .redacted }

    /// A header's value, unless the header carries secrets.
    public static func header(_ name: String, _ value: String) -> LogValue {
        SensitiveNames.contains(name) ? .redacted : .string(value)
    }
}

extension LogValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

/// Fields in the order in which they were given. A key that is given again replaces the earlier value in its place.
public struct LogFields: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    public private(set) var pairs: [(key: LogKey, value: LogValue)] = []
    /// Room for as many at first: most lines have few, and growing one by one costs more than the room.
    private static let firstCapacity = 4

    /// Fields that tell who asks: the key or the session, and the user.
    private static let callerCount = 2

    public init() {}

    public init(dictionaryLiteral elements: (LogKey, LogValue)...) {
        // Who asks is still to be added.
        pairs.reserveCapacity(elements.count + Self.callerCount)
        for (key, value) in elements { self[key] = value }
    }

    public subscript(key: LogKey) -> LogValue? {
        get { position(of: key).map { pairs[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let position?, let value?): pairs[position].value = value
            case (let position?, nil): pairs.remove(at: position)
            case (nil, let value?):
                if pairs.isEmpty { pairs.reserveCapacity(Self.firstCapacity) }
                pairs.append((key, value))
            case (nil, nil): break
            }
        }
    }

    /// By index and length first: an iterator would count each text in and out, and two texts are compared by a call.
    private func position(of key: LogKey) -> Int? {
        let length = key.name.utf8.count
        for place in pairs.indices where pairs[place].key.name.utf8.count == length && pairs[place].key == key {
            return place
        }
        return nil
    }

    public func merging(_ others: LogFields) -> LogFields {
        if pairs.isEmpty { return others }
        if others.pairs.isEmpty { return self }
        var merged = self
        for (key, value) in others.pairs { merged[key] = value }
        return merged
    }

    public static func == (left: LogFields, right: LogFields) -> Bool {
        left.pairs.elementsEqual(right.pairs) { $0.key == $1.key && $0.value == $1.value }
    }
}
