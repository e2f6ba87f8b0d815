/// Walks through a file; every read is checked against its end.
struct ByteReader {
    let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var remaining: Int { bytes.count - offset }
    var isAtEnd: Bool { remaining == 0 }

    mutating func byte() throws(MediaFileError) -> UInt8 {
        guard remaining > 0 else { throw .cutOff }
        offset += 1
        return bytes[offset - 1]
    }

    mutating func skip(_ count: Int) throws(MediaFileError) {
        guard count >= 0, count <= remaining else { throw .cutOff }
        offset += count
    }

    mutating func bigEndian(_ count: Int) throws(MediaFileError) -> Int {
        var value = 0
        for _ in 0..<count { value = value << 8 | Int(try byte()) }
        return value
    }

    mutating func littleEndian(_ count: Int) throws(MediaFileError) -> Int {
        var value = 0
        for place in 0..<count { value |= Int(try byte()) << (8 * place) }
        return value
    }

    /// The next bytes as a text of ASCII.
    mutating func name(_ count: Int) throws(MediaFileError) -> String {
        guard count <= remaining else { throw .cutOff }
        offset += count
        return String(decoding: bytes[offset - count..<offset], as: UTF8.self)
    }
}
