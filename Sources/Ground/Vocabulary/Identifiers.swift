/// The name under which a model is served, as clients write it in `model`.
public struct ModelID: Sendable, Hashable, CustomStringConvertible {
    public let name: String
    public init(_ name: String) { self.name = name }
    public var description: String { name }
}

/// Identifies one request from the first log line to the last event. Clients may send their own.
public struct RequestID: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    /// Longest id that is accepted from outside.
    public static let lengthMax = 128

    /// An id from outside: 1 to 128 letters, digits, `-`, `_`, `.` or `:`; anything else is refused with `nil`, because
    /// the id goes into headers and logs as it is.
    public init?(_ text: String) {
        let isAllowed = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: ":"):
                true
            default: false
            }
        }
        guard isAllowed, (1...Self.lengthMax).contains(text.utf8.count) else { return nil }
        self.text = text
    }

    /// A fresh id, `req_…`, sortable by time, for the given Unix time.
    public init(millisecondsSinceEpoch: Int64, using random: inout some RandomNumberGenerator) {
        text = "req_" + sortableSuffix(millisecondsSinceEpoch: millisecondsSinceEpoch, using: &random)
    }

    public var description: String { text }
}

/// 26 characters of Crockford's base 32: 48 bits of time, then 80 random bits, so that ids sort by time.
///
/// Source: the ULID specification, in lower case.
public func sortableSuffix(
    millisecondsSinceEpoch: Int64, using random: inout some RandomNumberGenerator
) -> String {
    // Two draws: each of 64 bits has twelve times five.
    var bits: UInt64 = random.next()
    let more: UInt64 = random.next()
    return String(unsafeUninitializedCapacity: 26) { bytes in
        for place in 0..<10 {
            bytes[place] = sortableDigit(UInt64(bitPattern: millisecondsSinceEpoch) >> (45 - 5 * place))
        }
        for place in 10..<26 {
            if place == 22 { bits = more }
            bytes[place] = sortableDigit(bits)
            bits >>= 5
        }
        return 26
    }
}

/// The lowest five bits as a digit of Crockford's base 32, in lower case.
private func sortableDigit(_ bits: UInt64) -> UInt8 {
    let value = UInt8(truncatingIfNeeded: bits & 31)
    // Without i, l, o and u.
    switch value {
    case 0..<10: return UInt8(ascii: "0") + value
    case 10..<18: return UInt8(ascii: "a") + value - 10
    case 18..<20: return UInt8(ascii: "j") + value - 18
    case 20..<22: return UInt8(ascii: "m") + value - 20
    case 22..<27: return UInt8(ascii: "p") + value - 22
    default: return UInt8(ascii: "v") + value - 27
    }
}

/// Who a request is for: a team, a customer, a user. Queue shares and cached prompts are kept apart by it.
public struct TenantID: Sendable, Hashable, CustomStringConvertible {
    public let name: String
    public init(_ name: String) { self.name = name }
    public var description: String { name }

    /// Requests that name no tenant are one tenant together.
    public static let none = TenantID("")
}

/// A person, or a program that acts for itself: `usr_…`.
public struct UserID: Sendable, Hashable, CustomStringConvertible {
    public let text: String
    public init(_ text: String) { self.text = text }
    public var description: String { text }
}
