import GGUF

/// Walks through a protobuf file without holding it: fields of a message one after the other, long ones skipped by
/// their length. Every length is checked against the message that it stands in.
///
/// Source: the wire format (protobuf.dev, "Encoding").
struct ProtobufCursor {
    let file: String
    private let source: any ByteSource
    /// A piece of the file that begins at `windowStart`.
    private var window: [UInt8] = []
    private var windowStart: UInt64 = 0
    private(set) var offset: UInt64
    /// Fields that may still be read: what a hostile file of tiny ones costs.
    private var fieldsLeft: Int

    private static let windowBytes: UInt64 = 64 << 10
    /// Fields in all messages that are looked into. Models with a million nodes are below it.
    static let fieldCountMax = 8_000_000

    init(_ source: any ByteSource, file: String, fieldCountMax: Int = fieldCountMax) {
        self.source = source
        self.file = file
        fieldsLeft = fieldCountMax
        offset = 0
    }

    var wholeFile: Range<UInt64> { 0..<source.byteCount }

    /// A field: its number, and its value or where its bytes lie.
    struct Field {
        let number: UInt64
        let value: Value
        /// Where the field begins, for errors.
        let offset: UInt64

        enum Value: Equatable {
            case varint(UInt64)
            case bytes(Range<UInt64>)
            case fixed32(UInt32)
            case fixed64(UInt64)
        }
    }

    /// Calls `take` with each field of the message that lies in `range`. It may read other ranges with this cursor.
    mutating func fields(
        of name: String, in range: Range<UInt64>,
        _ take: (inout ProtobufCursor, Field) throws(ModelFormatError) -> Void
    ) throws(ModelFormatError) {
        var next = range.lowerBound
        while next < range.upperBound {
            offset = next
            let field = try field(of: name, end: range.upperBound)
            next = offset
            try take(&self, field)
        }
    }

    private mutating func field(of name: String, end: UInt64) throws(ModelFormatError) -> Field {
        let start = offset
        guard fieldsLeft > 0 else {
            throw ModelFormatError(
                .tooLarge, in: file, name, at: start, found: "more fields", allowed: "at most \(Self.fieldCountMax)")
        }
        fieldsLeft -= 1
        let tag = try varint(of: name, end: end)
        guard tag >> 3 > 0, tag <= UInt64(UInt32.max) else {
            throw ModelFormatError(
                .malformed, in: file, name, at: start, found: "field number \(tag >> 3)", allowed: "1 to 2^29 - 1")
        }
        let value: Field.Value
        switch tag & 7 {
        case 0: value = .varint(try varint(of: name, end: end))
        case 1: value = .fixed64(try fixed(8, of: name, end: end))
        case 5: value = .fixed32(UInt32(truncatingIfNeeded: try fixed(4, of: name, end: end)))
        case 2:
            let length = try varint(of: name, end: end)
            guard length <= end - offset else {
                throw ModelFormatError(
                    .truncated, in: file, name, at: start, found: "a field of \(length) bytes",
                    allowed: "at most \(end - offset), the rest of the message")
            }
            value = .bytes(offset..<offset + length)
            offset += length
        default:
            throw ModelFormatError(
                .malformed, in: file, name, at: start, found: "wire type \(tag & 7)", allowed: "0, 1, 2, 5")
        }
        return Field(number: tag >> 3, value: value, offset: start)
    }

    /// The varints of a packed field, or the one of a field that is not packed.
    mutating func varints(_ field: Field, of name: String, countMax: Int) throws(ModelFormatError) -> [UInt64] {
        switch field.value {
        case .varint(let value): return [value]
        case .bytes(let range):
            var values: [UInt64] = []
            let back = offset
            offset = range.lowerBound
            while offset < range.upperBound {
                guard values.count < countMax else {
                    throw ModelFormatError(
                        .tooLarge, in: file, name, at: field.offset, found: "more than \(countMax) numbers",
                        allowed: "at most \(countMax)")
                }
                values.append(try varint(of: name, end: range.upperBound))
            }
            offset = back
            return values
        case .fixed32, .fixed64: throw wrongKind(field, name, "a varint")
        }
    }

    func varint(_ field: Field, of name: String) throws(ModelFormatError) -> UInt64 {
        guard case .varint(let value) = field.value else { throw wrongKind(field, name, "a varint") }
        return value
    }

    /// Where the bytes of a message, a text or a packed field lie.
    func range(_ field: Field, of name: String) throws(ModelFormatError) -> Range<UInt64> {
        guard case .bytes(let range) = field.value else { throw wrongKind(field, name, "bytes with a length") }
        return range
    }

    func bytes(_ field: Field, of name: String, max: Int) throws(ModelFormatError) -> [UInt8] {
        let range = try range(field, of: name)
        guard range.count <= max else {
            throw ModelFormatError(
                .tooLarge, in: file, name, at: field.offset, found: "\(range.count) bytes",
                allowed: "at most \(max) bytes")
        }
        return try source.bytes(range.lowerBound, count: range.count, of: name, in: file)
    }

    func text(_ field: Field, of name: String, max: Int) throws(ModelFormatError) -> String {
        guard let text = String(validating: try bytes(field, of: name, max: max), as: UTF8.self) else {
            throw ModelFormatError(
                .malformed, in: file, name, at: field.offset, found: "not UTF-8", allowed: "UTF-8 text")
        }
        return text
    }

    private func wrongKind(_ field: Field, _ name: String, _ allowed: String) -> ModelFormatError {
        ModelFormatError(
            .malformed, in: file, name, at: field.offset, found: "field \(field.number) of another kind",
            allowed: allowed)
    }

    private mutating func varint(of name: String, end: UInt64) throws(ModelFormatError) -> UInt64 {
        let start = offset
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let byte = UInt64(try byte(of: name, end: end))
            // The tenth byte has one bit of the 64.
            guard shift < 63 || byte <= 1 else { break }
            value |= (byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw ModelFormatError(
            .malformed, in: file, name, at: start, found: "a number of more than 64 bits", allowed: "at most 64 bits")
    }

    private mutating func fixed(_ count: UInt64, of name: String, end: UInt64) throws(ModelFormatError) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(try byte(of: name, end: end)) << (8 * index) }
        return value
    }

    private mutating func byte(of name: String, end: UInt64) throws(ModelFormatError) -> UInt8 {
        guard offset < end else {
            throw ModelFormatError(
                .truncated, in: file, name, at: offset, found: "the end", allowed: "more bytes of the message")
        }
        if offset < windowStart || offset - windowStart >= UInt64(window.count) {
            let count = Int(min(Self.windowBytes, source.byteCount - offset))
            window = try source.bytes(offset, count: count, of: name, in: file)
            windowStart = offset
        }
        defer { offset += 1 }
        return window[Int(offset - windowStart)]
    }
}
