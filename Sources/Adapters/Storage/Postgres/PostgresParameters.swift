/// Parameters as libpq sends them: all in binary, so that lengths and not terminators say where they end.
/// <https://www.postgresql.org/docs/15/libpq-exec.html#LIBPQ-PQEXECPARAMS>
struct PostgresParameters {
    /// Types by their fixed object identifiers (`pg_type.dat`); 0 lets the server infer the type of a NULL.
    private(set) var types: [UInt32] = []
    private(set) var lengths: [Int32] = []
    /// Where each value begins in `bytes`; `nil` for NULL.
    private(set) var offsets: [Int?] = []
    private(set) var bytes: [UInt8] = []

    init(_ values: [SQLValue]) {
        for value in values { append(value) }
        bytes.append(0)  // an empty value at the end still needs an address
    }

    private mutating func append(_ value: SQLValue) {
        let start = bytes.count
        switch value {
        case .null:
            types.append(0)
        case .integer(let whole):
            types.append(PostgresType.int8)
            appendBigEndian(UInt64(bitPattern: whole))
        case .real(let number):
            types.append(PostgresType.float8)
            appendBigEndian(number.bitPattern)
        case .text(let text):
            types.append(PostgresType.text)
            bytes.append(contentsOf: text.utf8)
        case .blob(let blob):
            types.append(PostgresType.bytea)
            bytes.append(contentsOf: blob)
        }
        lengths.append(Int32(clamping: bytes.count - start))
        offsets.append(value == .null ? nil : start)
    }

    private mutating func appendBigEndian(_ bits: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
        }
    }
}

/// The types that values are read from and written as; their numbers never change (`pg_type.dat`).
enum PostgresType {
    static let bool: UInt32 = 16
    static let bytea: UInt32 = 17
    static let int8: UInt32 = 20
    static let int2: UInt32 = 21
    static let int4: UInt32 = 23
    static let text: UInt32 = 25
    static let oid: UInt32 = 26
    static let float4: UInt32 = 700
    static let float8: UInt32 = 701
    static let numeric: UInt32 = 1700

    /// A value from its text form.
    ///
    /// `numeric`, which `SUM` and `AVG` give, becomes an integer when it has no fraction digits, else a real, as SQLite
    /// would answer. Types outside the portable subset stay text.
    static func value(type: UInt32, text: UnsafeBufferPointer<UInt8>) -> SQLValue {
        switch type {
        case bool:
            return .bool(unsafe text.first == UInt8(ascii: "t"))
        case int2, int4, int8, oid:
            let digits = unsafe String(decoding: text, as: UTF8.self)
            return Int64(digits).map { .integer($0) } ?? .text(digits)
        case float4, float8, numeric:
            let digits = unsafe String(decoding: text, as: UTF8.self)
            if type == numeric, let whole = Int64(digits) { return .integer(whole) }
            return Double(digits).map { .real($0) } ?? .text(digits)
        case bytea:
            return unsafe blob(hex: text)
        default:
            return .text(unsafe String(decoding: text, as: UTF8.self))
        }
    }

    /// The bytes of `\x0123…`, the form that PostgreSQL sends since version 9.
    private static func blob(hex text: UnsafeBufferPointer<UInt8>) -> SQLValue {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        var index = 2
        while index + 1 < text.count {
            bytes.append(unsafe digit(text[index]) << 4 | digit(text[index + 1]))
            index += 2
        }
        return .blob(bytes)
    }

    private static func digit(_ character: UInt8) -> UInt8 {
        character <= UInt8(ascii: "9") ? character - UInt8(ascii: "0") : (character | 0x20) - UInt8(ascii: "a") + 10
    }
}
