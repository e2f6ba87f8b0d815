/// Where the reader takes bytes from: a file, or bytes in memory in tests.
///
/// The reader asks only for ranges inside `0 ..< byteCount`, from one thread at a time.
public protocol ByteSource {
    /// The whole size in bytes, which must not change while it is read.
    var byteCount: UInt64 { get }

    /// Exactly `count` bytes from `offset`, or an error; fewer bytes are reported as `GGUFError.Kind.unreadable`.
    func read(offset: UInt64, count: Int) throws -> [UInt8]
}

/// Bytes that are already in memory.
public struct BytesInMemory: ByteSource, Sendable {
    public let bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public var byteCount: UInt64 { UInt64(bytes.count) }

    public func read(offset: UInt64, count: Int) throws -> [UInt8] {
        guard let start = Int(exactly: offset), start <= bytes.count, count >= 0, count <= bytes.count - start else {
            throw GGUFError(.outsideFile, "source", at: offset, found: "\(count) bytes", allowed: "\(bytes.count)")
        }
        return Array(bytes[start..<start + count])
    }
}
