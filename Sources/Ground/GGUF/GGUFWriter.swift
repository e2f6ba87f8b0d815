/// Writes a model file, version 3: metadata and tensors in the order in which they were added, nothing held in memory but
/// the header and the piece that is being written.
public struct GGUFWriter {
    private let alignment: UInt64
    private var metadata = GGUFMetadata()
    private var tensors: [PlannedTensor] = []
    private var names: Set<String> = []
    private var dataBytes: UInt64 = 0

    /// Gives a tensor's bytes, little endian, in as many pieces as it likes.
    public typealias TensorData = (_ emit: ([UInt8]) throws -> Void) throws -> Void

    private struct PlannedTensor {
        let name: String
        let type: TensorType
        let dimensions: [UInt64]
        let byteCount: UInt64
        let offset: UInt64
        let data: TensorData
    }

    /// - Parameter alignment: a power of two, in bytes.
    /// - Throws: `invalidAlignment`.
    public init(alignment: UInt64 = GGUFLimits.alignmentDefault) throws(GGUFError) {
        guard alignment.nonzeroBitCount == 1, alignment <= GGUFLimits().alignmentMax else {
            throw GGUFError(
                .invalidAlignment, "alignment", at: 0, found: "\(alignment)",
                allowed: "a power of two up to \(GGUFLimits().alignmentMax)")
        }
        self.alignment = alignment
        if alignment != GGUFLimits.alignmentDefault {
            _ = metadata.add("general.alignment", .uint32(UInt32(alignment)), offset: 0)
        }
    }

    /// Adds a metadata entry.
    ///
    /// - Throws: `invalidName`, `duplicateName`; the alignment is set by `init` only.
    public mutating func set(_ key: String, _ value: GGUFValue) throws(GGUFError) {
        guard key.utf8.count <= Int(GGUFLimits.keyLengthMax) else {
            throw GGUFError(
                .invalidName, "metadata key", at: 0, found: "\(key.utf8.count) bytes long", allowed: "65535")
        }
        let key = try checkedName(Array(key.utf8)[...], of: "metadata key", at: 0)
        guard key != "general.alignment", metadata.add(key, value, offset: 0) else {
            throw GGUFError(.duplicateName, key, at: 0, found: "there a second time", allowed: "once")
        }
    }

    /// Adds a tensor.
    ///
    /// - Parameters:
    ///   - name: at most 64 bytes; 63 if llama.cpp is to read it.
    ///   - type: how the numbers are stored.
    ///   - dimensions: one to four, the row's length first.
    ///   - data: called once, when the file is written.
    /// - Throws: `invalidName`, `duplicateName`, `invalidShape`.
    public mutating func add(
        tensor name: String, _ type: TensorType, _ dimensions: [UInt64], data: @escaping TensorData
    ) throws(GGUFError) {
        guard name.utf8.count <= Int(GGUFLimits.tensorNameLengthMax) else {
            throw GGUFError(.invalidName, "tensor name", at: 0, found: "\(name.utf8.count) bytes long", allowed: "64")
        }
        let name = try checkedName(Array(name.utf8)[...], of: "tensor name", at: 0)
        guard names.insert(name).inserted else {
            throw GGUFError(.duplicateName, name, at: 0, found: "there a second time", allowed: "once")
        }
        guard let size = TensorSize(dimensions, type) else {
            throw GGUFError(
                .invalidShape, name, at: 0, found: "\(dimensions) of \(type.label)",
                allowed: "one to four sizes from 1, rows in multiples of \(type.blockLength)")
        }
        let (end, overflow) = dataBytes.addingReportingOverflow(size.byteCount)
        guard !overflow else {
            throw GGUFError(.tooLarge, name, at: 0, found: "past 2^64 bytes", allowed: "less")
        }
        tensors.append(
            PlannedTensor(
                name: name, type: type, dimensions: dimensions, byteCount: size.byteCount, offset: dataBytes, data: data
            ))
        dataBytes = try end.roundedUp(to: alignment)
    }

    /// The same with bytes that are in memory.
    public mutating func add(
        tensor name: String, _ type: TensorType, _ dimensions: [UInt64], bytes: [UInt8]
    ) throws(GGUFError) {
        try add(tensor: name, type, dimensions) { emit in try emit(bytes) }
    }

    /// How long the file will be.
    ///
    /// - Throws: `tooLarge` past 2^64 bytes.
    public var byteCount: UInt64 {
        get throws(GGUFError) {
            let header = UInt64(header.count)
            return tensors.isEmpty ? header : try header.roundedUp(to: alignment) + dataBytes
        }
    }

    /// Writes the file, from its start to its end, in pieces.
    ///
    /// - Parameter sink: takes the next piece.
    /// - Throws: what `sink` and the data closures throw, and `wrongDataSize`.
    public func write(to sink: ([UInt8]) throws -> Void) throws {
        let header = self.header
        try sink(header)
        var written = UInt64(header.count)
        if !tensors.isEmpty { try pad(&written, sink) }
        for tensor in tensors {
            var given: UInt64 = 0
            try tensor.data { piece in
                given += UInt64(piece.count)
                guard given <= tensor.byteCount else { throw wrongSize(tensor, given) }
                try sink(piece)
            }
            guard given == tensor.byteCount else { throw wrongSize(tensor, given) }
            written += given
            try pad(&written, sink)
        }
    }

    /// The whole file in memory.
    public func bytes() throws -> [UInt8] {
        var bytes: [UInt8] = []
        try write { bytes += $0 }
        return bytes
    }

    private var header: [UInt8] {
        var header = Array("GGUF".utf8) + UInt32(3).littleEndianBytes
        header += UInt64(tensors.count).littleEndianBytes + UInt64(metadata.count).littleEndianBytes
        for key in metadata.keys {
            guard let value = metadata[key] else { continue }
            header += GGUFValue.string(key).littleEndianBytes + value.type.rawValue.littleEndianBytes
            header += value.littleEndianBytes
        }
        for tensor in tensors {
            header += GGUFValue.string(tensor.name).littleEndianBytes
            header += UInt32(tensor.dimensions.count).littleEndianBytes
            header += tensor.dimensions.flatMap(\.littleEndianBytes)
            header += tensor.type.rawValue.littleEndianBytes + tensor.offset.littleEndianBytes
        }
        return header
    }

    private func pad(_ written: inout UInt64, _ sink: ([UInt8]) throws -> Void) throws {
        let end = try written.roundedUp(to: alignment)
        if end > written { try sink([UInt8](repeating: 0, count: Int(end - written))) }
        written = end
    }

    private func wrongSize(_ tensor: PlannedTensor, _ given: UInt64) -> GGUFError {
        GGUFError(
            .wrongDataSize, tensor.name, at: 0, found: "\(given) bytes", allowed: "exactly \(tensor.byteCount) bytes")
    }
}
