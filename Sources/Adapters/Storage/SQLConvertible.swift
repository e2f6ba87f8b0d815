/// A Swift type that can be a parameter and can be read from a column.
///
/// A type with a raw value that is convertible (an enum of strings, an identifier) conforms with an empty extension.
public protocol SQLConvertible: Sendable {
    /// What a column must hold, for error messages: "an integer".
    static var sqlKind: String { get }
    /// `nil` when the value is of another kind or out of range.
    init?(sqlValue: SQLValue)
    var sqlValue: SQLValue { get }
}

extension Int64: SQLConvertible {
    public static var sqlKind: String { "an integer" }
    public init?(sqlValue: SQLValue) {
        guard case .integer(let whole) = sqlValue else { return nil }
        self = whole
    }
    public var sqlValue: SQLValue { .integer(self) }
}

extension Int: SQLConvertible {
    public static var sqlKind: String { "an integer" }
    public init?(sqlValue: SQLValue) {
        guard case .integer(let whole) = sqlValue else { return nil }
        self.init(exactly: whole)
    }
    public var sqlValue: SQLValue { .integer(Int64(self)) }
}

extension Bool: SQLConvertible {
    public static var sqlKind: String { "0 or 1" }
    public init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .integer(0): self = false
        case .integer(1): self = true
        case .null, .integer, .real, .text, .blob: return nil
        }
    }
    public var sqlValue: SQLValue { .bool(self) }
}

extension Double: SQLConvertible {
    public static var sqlKind: String { "a real" }
    /// A whole number is taken too when a `Double` can hold it exactly: `SUM` and `AVG` differ between the databases.
    public init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .real(let number): self = number
        case .integer(let whole): self.init(exactly: whole)
        case .null, .text, .blob: return nil
        }
    }
    public var sqlValue: SQLValue { .real(self) }
}

extension String: SQLConvertible {
    public static var sqlKind: String { "text" }
    public init?(sqlValue: SQLValue) {
        guard case .text(let text) = sqlValue else { return nil }
        self = text
    }
    public var sqlValue: SQLValue { .text(self) }
}

extension [UInt8]: SQLConvertible {
    public static var sqlKind: String { "a blob" }
    public init?(sqlValue: SQLValue) {
        guard case .blob(let bytes) = sqlValue else { return nil }
        self = bytes
    }
    public var sqlValue: SQLValue { .blob(self) }
}

extension Optional: SQLConvertible where Wrapped: SQLConvertible {
    public static var sqlKind: String { "\(Wrapped.sqlKind) or null" }
    public init?(sqlValue: SQLValue) {
        if case .null = sqlValue {
            self = .none
        } else if let value = Wrapped(sqlValue: sqlValue) {
            self = .some(value)
        } else {
            return nil
        }
    }
    public var sqlValue: SQLValue { self?.sqlValue ?? .null }
}

extension SQLConvertible where Self: RawRepresentable, RawValue: SQLConvertible {
    public static var sqlKind: String { "\(RawValue.sqlKind) that is a valid \(Self.self)" }
    public init?(sqlValue: SQLValue) {
        guard let raw = RawValue(sqlValue: sqlValue) else { return nil }
        self.init(rawValue: raw)
    }
    public var sqlValue: SQLValue { rawValue.sqlValue }
}

/// A moment, as the store keeps it: whole microseconds since 1970-01-01T00:00:00Z, in a `BIGINT`.
///
/// One integer sorts, compares and indexes the same on both databases; text is made at the API's edge.
public struct Timestamp: RawRepresentable, SQLConvertible, Hashable, Comparable {
    /// Microseconds since 1970, UTC, without leap seconds.
    public let rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }
    public init(microseconds: Int64) { rawValue = microseconds }

    public static func < (earlier: Timestamp, later: Timestamp) -> Bool { earlier.rawValue < later.rawValue }
}
