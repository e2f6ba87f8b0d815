#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// An IP address in its bytes. IPv4 within IPv6 (`::ffff:10.0.0.1`) is IPv4, so that one address has one form.
public struct IPAddress: Sendable, Hashable {
    /// 4 of them or 16.
    public let bytes: [UInt8]

    /// Reads the one notation that every program reads alike: `10.0.0.1`, `2001:db8::1`. No brackets, zone, octal, hexadecimal
    /// or shortened forms.
    public init?(_ text: String) {
        guard text.utf8.count <= 45 else { return nil }
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            let number = UInt32(bigEndian: four.s_addr)
            bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
            return
        }
        var six = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        bytes = six.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) ? Array(six[12...]) : six
    }

    public var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
    }
}

/// A range of addresses in CIDR notation (RFC 4632): `10.0.0.0/8`, `fd00::/8`, or one address.
public struct AddressRange: Sendable, Hashable {
    private let start: IPAddress
    private let bitCount: Int

    /// `nil` when the text is no address, or the number behind `/` is too large.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else { return nil }
        let most = address.bytes.count * 8
        guard parts.count > 1 else {
            start = address
            bitCount = most
            return
        }
        guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let bits = Int(parts[1]), bits <= most else {
            return nil
        }
        start = address
        bitCount = bits
    }

    public func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == start.bytes.count else { return false }
        let (whole, rest) = bitCount.quotientAndRemainder(dividingBy: 8)
        guard address.bytes[..<whole] == start.bytes[..<whole] else { return false }
        return rest == 0 || (address.bytes[whole] ^ start.bytes[whole]) >> UInt8(8 - rest) == 0
    }
}
