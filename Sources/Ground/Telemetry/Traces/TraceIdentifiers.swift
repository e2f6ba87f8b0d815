/// Names a trace: 128 random bits, not all zero.
public struct TraceID: Sendable, Hashable {
    public let high: UInt64
    public let low: UInt64

    /// `nil` for zero, which W3C Trace Context declares invalid.
    public init?(high: UInt64, low: UInt64) {
        guard high != 0 || low != 0 else { return nil }
        self.high = high
        self.low = low
    }

    /// A fresh id. `random` gives 64 random bits.
    public init(random: () -> UInt64) {
        high = random()
        low = nonZero(random)
    }

    /// 32 lower-case hexadecimal digits.
    public var hex: String { paddedHex(high, low) }

    init?(hex: Substring) {
        guard hex.utf8.count == 32, let high = strictHex(hex.prefix(16)), let low = strictHex(hex.suffix(16)) else {
            return nil
        }
        self.init(high: high, low: low)
    }
}

/// Names a span in its trace: 64 random bits, not all zero.
public struct SpanID: Sendable, Hashable {
    public let bits: UInt64

    public init?(_ bits: UInt64) {
        guard bits != 0 else { return nil }
        self.bits = bits
    }

    public init(random: () -> UInt64) { bits = nonZero(random) }

    /// 16 lower-case hexadecimal digits.
    public var hex: String { paddedHex(bits) }

    init?(hex: Substring) {
        guard hex.utf8.count == 16, let bits = strictHex(hex) else { return nil }
        self.init(bits)
    }
}

/// A generator that answers zero is asked a few times, then replaced by 1: an id must not be zero.
private func nonZero(_ random: () -> UInt64) -> UInt64 {
    for _ in 0..<4 {
        let bits = random()
        if bits != 0 { return bits }
    }
    return 1
}

/// The numbers as 16 hexadecimal digits each, one after another.
private func paddedHex(_ numbers: UInt64...) -> String {
    String(unsafeUninitializedCapacity: 16 * numbers.count) { digits in
        for (position, bits) in numbers.enumerated() { writeHex(bits, to: digits, at: 16 * position) }
        return 16 * numbers.count
    }
}

/// Writes a number as 16 hexadecimal digits.
func writeHex(_ bits: UInt64, to text: UnsafeMutableBufferPointer<UInt8>, at start: Int) {
    for place in 0..<16 {
        let digit = UInt8(truncatingIfNeeded: bits >> UInt64(60 - 4 * place)) & 0xF
        text[start + place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
    }
}

/// A number from lower-case hexadecimal digits only: no sign, no upper case, at most 16 digits.
func strictHex(_ digits: Substring) -> UInt64? {
    guard (1...16).contains(digits.utf8.count) else { return nil }
    var value: UInt64 = 0
    for byte in digits.utf8 {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
        default: return nil
        }
    }
    return value
}
