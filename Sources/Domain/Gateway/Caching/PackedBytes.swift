/// Writes numbers and texts one after the other, as `UnpackedBytes` reads them: numbers in LEB128, texts with their length
/// before them.
struct PackedBytes {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ byte: UInt8) { bytes.append(byte) }

    mutating func write(_ number: Int) {
        var rest = UInt64(bitPattern: Int64(number))
        while rest > 0x7F {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func write(_ text: String) { write(Array(text.utf8)) }

    mutating func write(_ other: [UInt8]) {
        write(other.count)
        bytes += other
    }

    mutating func write(_ number: Double) { writeFixed(number.bitPattern) }
    mutating func write(_ number: Float) { writeFixed(number.bitPattern) }

    /// A flag, and the value where there is one.
    mutating func write<Value>(_ value: Value?, _ body: (inout PackedBytes, Value) -> Void) {
        write(value == nil ? 0 as UInt8 : 1)
        if let value { body(&self, value) }
    }

    /// The number of values, and each of them.
    mutating func write<Value>(_ values: [Value], _ body: (inout PackedBytes, Value) -> Void) {
        write(values.count)
        for value in values { body(&self, value) }
    }

    private mutating func writeFixed(_ bits: some FixedWidthInteger) {
        for shift in stride(from: 0, to: bits.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
        }
    }
}

/// Reads what `PackedBytes` wrote. Everything that comes out was checked against the bytes that there are.
struct UnpackedBytes {
    /// The bytes are not what was written.
    struct Damaged: Error {}

    private let bytes: ArraySlice<UInt8>
    private var place: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        place = bytes.startIndex
    }

    var isAtEnd: Bool { place == bytes.endIndex }

    mutating func byte() throws(Damaged) -> UInt8 {
        guard place < bytes.endIndex else { throw Damaged() }
        defer { place += 1 }
        return bytes[place]
    }

    mutating func number() throws(Damaged) -> Int {
        var sum: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 64 {
            let byte = try byte()
            sum |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return Int(Int64(bitPattern: sum)) }
            shift += 7
        }
        throw Damaged()
    }

    /// How many values or bytes follow; each takes at least one byte, so there cannot be more than are left.
    private mutating func count() throws(Damaged) -> Int {
        let count = try number()
        guard count >= 0, count <= bytes.endIndex - place else { throw Damaged() }
        return count
    }

    mutating func blob() throws(Damaged) -> [UInt8] {
        let count = try count()
        defer { place += count }
        return Array(bytes[place..<(place + count)])
    }

    mutating func text() throws(Damaged) -> String {
        let count = try count()
        guard let text = String(validating: bytes[place..<(place + count)], as: UTF8.self) else { throw Damaged() }
        place += count
        return text
    }

    mutating func double() throws(Damaged) -> Double { Double(bitPattern: try fixed()) }
    mutating func float() throws(Damaged) -> Float { Float(bitPattern: try fixed()) }

    mutating func optional<Value>(
        _ body: (inout UnpackedBytes) throws(Damaged) -> Value
    ) throws(Damaged) -> Value? {
        switch try byte() {
        case 0: nil
        case 1: try body(&self)
        default: throw Damaged()
        }
    }

    mutating func list<Value>(_ body: (inout UnpackedBytes) throws(Damaged) -> Value) throws(Damaged) -> [Value] {
        let count = try count()
        var values: [Value] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try body(&self)) }
        return values
    }

    private mutating func fixed<Bits: FixedWidthInteger>() throws(Damaged) -> Bits {
        var bits: Bits = 0
        for shift in stride(from: 0, to: Bits.bitWidth, by: 8) { bits |= Bits(truncatingIfNeeded: try byte()) << shift }
        return bits
    }
}
