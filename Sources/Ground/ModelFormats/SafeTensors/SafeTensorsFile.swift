public import GGUF
import JSONText

/// One tensor of a SafeTensors file. Its bytes lie inside the file, and share nothing with another tensor.
public struct SafeTensor: Sendable, Equatable {
    public let name: String
    public let type: SafeTensorsType
    /// The outermost size first, as PyTorch writes it; none for a single number.
    public let shape: [UInt64]
    /// Where its data lies, in bytes from the start of the file.
    public let byteRange: Range<UInt64>
    public let elementCount: UInt64
}

/// The header of a SafeTensors file, every part of it checked.
///
/// Source: the format's description (huggingface/safetensors, README): eight bytes with the header's length, the header in
/// JSON, which may end with spaces, and the data without gaps. Differs from the reference implementation in: a header
/// of at most 32 MiB instead of 100 MB, because its JSON takes a multiple of it in memory.
public struct SafeTensorsFile: Sendable, Equatable {
    /// In the order of the file's header.
    public let tensors: [SafeTensor]
    /// `__metadata__`: texts by their names.
    public let metadata: [String: String]
    /// Where the data starts, in bytes from the start of the file.
    public let dataOffset: UInt64

    /// The header's length at most, in bytes.
    public static let headerBytesMax: UInt64 = 32 << 20
    /// Axes of a tensor at most.
    public static let axisCountMax = 16
    /// A tensor's name at most, in bytes.
    public static let nameBytesMax = 1024

    /// Reads and checks the header. Weights are not read.
    ///
    /// - Parameters:
    ///   - source: the file.
    ///   - file: its name, for errors.
    /// - Returns: the checked header.
    /// - Throws: `ModelFormatError`, which names the tensor and the offset.
    public static func read(from source: some ByteSource, named file: String) throws(ModelFormatError) -> Self {
        let lengthBytes = try source.bytes(0, count: 8, of: "header length", in: file)
        let length = lengthBytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= headerBytesMax else {
            throw ModelFormatError(
                .tooLarge, in: file, "header length", at: 0, found: "\(length) bytes",
                allowed: "at most \(headerBytesMax) bytes")
        }
        let header = try source.bytes(8, count: Int(length), of: "header", in: file)
        guard header.first == UInt8(ascii: "{") else {
            throw ModelFormatError(
                .malformed, in: file, "header", at: 8, found: "something else", allowed: "JSON that begins with '{'")
        }
        let members: [(key: String, value: JSONValue)]
        do throws(JSONSyntaxError) {
            members = try JSONValue.parse(header, membersAt: [], depthMax: 8).members ?? []
        } catch {
            throw ModelFormatError(error, in: file, "header", from: 8)
        }
        let data = 8 + length..<source.byteCount
        var reader = TensorList(file: file, data: data)
        for member in members { try reader.add(member.key, member.value) }
        try reader.checkPlaces()
        return SafeTensorsFile(tensors: reader.tensors, metadata: reader.metadata, dataOffset: data.lowerBound)
    }
}
