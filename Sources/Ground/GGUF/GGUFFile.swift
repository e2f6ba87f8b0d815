/// The header of a model file, every part of it checked: what it says about itself, and where its tensors lie.
///
/// Source: the GGUF specification (ggml, `docs/gguf.md`), versions 2 and 3, little endian. Differs from llama.cpp's own
/// reader in: tensors may stand in any order and with gaps, arrays may be nested, names must not hold control characters.
public struct GGUFFile: Sendable, Equatable {
    public let version: UInt32
    /// Size of the whole file in bytes.
    public let byteCount: UInt64
    public let metadata: GGUFMetadata
    /// In the order of the file's directory.
    public let tensors: [GGUFTensor]
    /// Tensor data starts at multiples of this, in bytes.
    public let alignment: UInt64
    /// Where the tensor data starts, in bytes from the start of the file. At the end of the file when there is none.
    public let dataOffset: UInt64

    /// Reads and checks the header. Weights are not read.
    ///
    /// - Parameters:
    ///   - source: the file.
    ///   - limits: what the header may ask for.
    /// - Returns: the checked header.
    /// - Throws: `GGUFError`, which names the field and its offset.
    public static func read(from source: some ByteSource, limits: GGUFLimits = GGUFLimits()) throws(GGUFError) -> Self {
        var cursor = ByteCursor(source, headerBytesMax: limits.headerBytesMax)
        let head = try FileHead(&cursor, limits: limits)
        let metadata = try GGUFMetadata(&cursor, count: head.metadataCount, limits: limits)
        let alignment = try Self.alignment(metadata, limits: limits)
        let entries = try TensorEntry.all(&cursor, count: head.tensorCount)
        let dataOffset = entries.isEmpty ? cursor.offset : try cursor.offset.roundedUp(to: alignment)
        let layout = DataLayout(start: dataOffset, alignment: alignment, byteCount: source.byteCount)
        return GGUFFile(
            version: head.version, byteCount: source.byteCount, metadata: metadata,
            tensors: try layout.tensors(entries), alignment: alignment, dataOffset: dataOffset)
    }

    private static func alignment(_ metadata: GGUFMetadata, limits: GGUFLimits) throws(GGUFError) -> UInt64 {
        let key = "general.alignment"
        guard let entry = metadata.entry(key) else { return GGUFLimits.alignmentDefault }
        guard case .uint32(let value) = entry.value, value.nonzeroBitCount == 1, value <= limits.alignmentMax else {
            throw GGUFError(
                .invalidAlignment, key, at: entry.offset,
                found: entry.value.integer.map { "\(entry.value.type) \($0)" } ?? "\(entry.value.type)",
                allowed: "a uint32, a power of two up to \(limits.alignmentMax)")
        }
        return UInt64(value)
    }
}

/// The first 24 bytes.
struct FileHead {
    let version: UInt32
    let tensorCount: UInt64
    let metadataCount: UInt64

    /// Key length 8, key 1, type 4, value 1.
    private static let metadataBytesMin: UInt64 = 14
    /// Name length 8, name 1, dimension count 4, one dimension 8, type 4, offset 8.
    private static let tensorBytesMin: UInt64 = 33

    init(_ cursor: inout ByteCursor<some ByteSource>, limits: GGUFLimits) throws(GGUFError) {
        let magic = Array(try cursor.bytes(4, of: "magic"))
        guard magic == Array("GGUF".utf8) else {
            let hex = magic.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
            throw GGUFError(.notGGUF, "magic", at: 0, found: hex, allowed: "47 47 55 46 (GGUF)")
        }
        version = try cursor.integer(UInt32.self, of: "version")
        guard version & 0xFFFF != 0 || version == 0 else {
            throw GGUFError(.bigEndian, "version", at: 4, found: "\(version.byteSwapped) big endian", allowed: "2, 3")
        }
        guard (2...3).contains(version) else {
            throw GGUFError(.unsupportedVersion, "version", at: 4, found: "\(version)", allowed: "2, 3")
        }
        tensorCount = try Self.count(
            &cursor, of: "tensor count", max: limits.tensorCountMax, bytesMin: Self.tensorBytesMin)
        metadataCount = try Self.count(
            &cursor, of: "metadata count", max: limits.metadataCountMax, bytesMin: Self.metadataBytesMin)
    }

    private static func count(
        _ cursor: inout ByteCursor<some ByteSource>, of field: String, max: UInt64, bytesMin: UInt64
    ) throws(GGUFError) -> UInt64 {
        let place = cursor.offset
        let count = try cursor.integer(UInt64.self, of: field)
        let countMax = min(max, cursor.remaining / bytesMin)
        guard count <= countMax else {
            throw GGUFError(.tooLarge, field, at: place, found: "\(count)", allowed: "at most \(countMax)")
        }
        return count
    }
}
