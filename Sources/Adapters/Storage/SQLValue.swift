internal import Glibc

/// One value of a row or a parameter, in the types that both databases share.
///
/// | Swift | column type on both | stored as |
/// |---|---|---|
/// | `Int64`, `Int` | `BIGINT` | integer |
/// | `Bool` | `BIGINT` | 0 or 1 |
/// | `Double` | `DOUBLE PRECISION` | IEEE 754 |
/// | `String`, JSON text | `TEXT` | UTF-8 without NUL |
/// | `[UInt8]` | `BYTEA` | bytes |
/// | ``Timestamp`` | `BIGINT` | microseconds since 1970, UTC |
public enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    /// NaN is refused when bound: SQLite would store NULL in its place.
    case real(Double)
    /// Text with a NUL character is refused when bound: PostgreSQL cannot store it.
    case text(String)
    case blob([UInt8])

    /// The value as the store keeps it; `nil` becomes `.null`.
    public init(_ value: some SQLConvertible) { self = value.sqlValue }

    public static func bool(_ flag: Bool) -> SQLValue { .integer(flag ? 1 : 0) }
    public static func int(_ whole: Int) -> SQLValue { .integer(Int64(whole)) }

    /// What kind of value this is, for error messages. Never the value itself.
    public var kind: String {
        switch self {
        case .null: "null"
        case .integer: "an integer"
        case .real: "a real"
        case .text: "text"
        case .blob: "a blob"
        }
    }

    /// Refuses what one of the databases could not keep.
    func checkPortable(position: Int) throws(StorageError) {
        switch self {
        case .real(let number) where number.isNaN:
            throw StorageError(.typeMismatch, "parameter $\(position) is not a number (NaN)")
        case .text(let text) where Self.hasNUL(text):
            throw StorageError(.typeMismatch, "parameter $\(position) is text with a NUL character")
        case .null, .integer, .real, .text, .blob:
            break
        }
    }

    /// Searched where the text lies: byte by byte it would cost more than to bind it.
    private static func hasNUL(_ text: String) -> Bool {
        let found = unsafe text.utf8.withContiguousStorageIfAvailable { bytes in
            guard let start = bytes.baseAddress else { return false }
            return unsafe memchr(start, 0, bytes.count) != nil
        }
        return found ?? text.utf8.contains(0)
    }
}

extension SQLValue: ExpressibleByNilLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .real(value) }
    public init(stringLiteral value: String) { self = .text(value) }
}
