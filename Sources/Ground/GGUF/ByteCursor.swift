/// Walks through the header. Every read is checked against the end of the file and against the header's limit before any
/// memory is taken for it.
struct ByteCursor<Source: ByteSource> {
    private let source: Source
    private let byteCount: UInt64
    private let headerBytesMax: UInt64
    /// A piece of the file that begins at `windowStart`.
    private var window: [UInt8] = []
    private var windowStart: UInt64 = 0
    private var position = 0

    /// How much is read at once, in bytes.
    private static var windowBytes: UInt64 { 256 << 10 }

    init(_ source: Source, headerBytesMax: UInt64) {
        self.source = source
        self.headerBytesMax = headerBytesMax
        byteCount = source.byteCount
    }

    var offset: UInt64 { windowStart + UInt64(position) }
    /// Bytes up to the end of the file.
    var remaining: UInt64 { byteCount - offset }

    /// Refuses a length that the rest of the file, or of the header's limit, cannot hold. Returns it as an `Int`.
    func fitting(_ count: UInt64, of field: String, at place: UInt64? = nil) throws(GGUFError) -> Int {
        guard count <= remaining else {
            throw GGUFError(
                .truncated, field, at: place ?? offset, found: "\(count) bytes long",
                allowed: "at most \(remaining) bytes, the rest of the file")
        }
        let limit = headerBytesMax - min(headerBytesMax, offset)
        guard count <= limit, let length = Int(exactly: count) else {
            throw GGUFError(
                .tooLarge, field, at: place ?? offset, found: "\(count) bytes long",
                allowed: "at most \(limit) bytes, the rest of the header's limit of \(headerBytesMax)")
        }
        return length
    }

    mutating func bytes(_ count: UInt64, of field: String, at place: UInt64? = nil) throws(GGUFError)
        -> ArraySlice<UInt8>
    {
        let length = try fitting(count, of: field, at: place)
        if length > window.count - position { try slide(toHold: length, of: field) }
        defer { position += length }
        return window[position..<position + length]
    }

    mutating func integer<Integer: FixedWidthInteger>(_: Integer.Type, of field: String) throws(GGUFError) -> Integer {
        var value: Integer = 0
        let size = UInt64(Integer.bitWidth / 8)
        for byte in try bytes(size, of: field).reversed() { value = value << 8 | Integer(truncatingIfNeeded: byte) }
        return value
    }

    /// A length and that many bytes. An error about the length points at the length.
    mutating func text(of field: String, lengthMax: UInt64 = .max) throws(GGUFError) -> ArraySlice<UInt8> {
        let place = offset
        let length = try integer(UInt64.self, of: field)
        guard length <= lengthMax else {
            throw GGUFError(.invalidName, field, at: place, found: "\(length) bytes long", allowed: "\(lengthMax)")
        }
        return try bytes(length, of: field, at: place)
    }

    private mutating func slide(toHold length: Int, of field: String) throws(GGUFError) {
        let start = offset
        let count = Int(max(UInt64(length), min(Self.windowBytes, remaining)))
        do {
            window = try source.read(offset: start, count: count)
        } catch let error as GGUFError {
            throw error
        } catch {
            throw GGUFError(
                .unreadable, field, at: start, found: String(describing: error), allowed: "\(count) bytes")
        }
        guard window.count == count else {
            throw GGUFError(.unreadable, field, at: start, found: "\(window.count) bytes", allowed: "\(count) bytes")
        }
        windowStart = start
        position = 0
    }
}
