import GGUF

/// How far a conversion is.
public struct ConversionProgress: Sendable, Equatable {
    /// Bytes of the file that are written.
    public let bytesDone: UInt64
    /// The whole file's, known before the first is written.
    public let bytesTotal: UInt64
}

/// A checkpoint's way to a GGUF file: everything is read and checked but the weights, which stream through in pieces when
/// the file is written.
///
/// Source: `convert_hf_to_gguf.py` and gguf-py of llama.cpp, for what things are called and how they are laid out. Differs
/// from them in: a tensor that the model does not know is refused instead of dropped, and so is a number that the wanted type
/// cannot hold; the pooled vector of BERT's classifiers is kept.
public struct CheckpointConversion {
    /// "llama", "qwen2", "qwen3", "bert".
    public let architecture: String
    public let parameterCount: UInt64
    /// Of the checkpoint's tensors that will be read, in bytes.
    public let sourceBytes: UInt64
    /// Of the file that will be written, in bytes.
    public let byteCount: UInt64
    private let writer: GGUFWriter

    /// Reads and checks a checkpoint. Weights are not read yet.
    ///
    /// - Parameters:
    ///   - folder: `config.json`, `model.safetensors` or its index and shards, and the tokenizer's files.
    ///   - type: of the matrices; vectors, norms, and BERT's tables of positions and types stay in 32 bits.
    ///   - name: of the model, the folder's when `nil`.
    /// - Throws: `ModelFormatError` with the file and the field.
    public init(
        _ folder: some ModelFolder, as type: ConversionType, named name: String? = nil
    ) throws(ModelFormatError) {
        let config = try CheckpointConfig(folder)
        let tensors = try MatchedTensors(try SafeTensorsCheckpoint.read(from: folder), config).tensors
        let parameterCount = tensors.reduce(UInt64(0)) { $0 + $1.plan.elementCount }
        var metadata = ConvertedMetadata()
        metadata.describe(
            name: name ?? folder.name, license: try CheckpointText.license(in: folder), type,
            parameterCount: parameterCount, config)
        metadata.add(config, try Pooling.read(from: folder, config))
        metadata.add(try CheckpointVocabulary.read(from: folder, config), tokenTypes: config)
        metadata.add(templates: try CheckpointText.chatTemplates(in: folder))
        do throws(GGUFError) {
            var writer = try GGUFWriter()
            for (key, value) in metadata.entries { try writer.set(key, value) }
            for tensor in tensors { try tensor.add(to: &writer, as: type) }
            byteCount = try writer.byteCount
            self.writer = writer
        } catch {
            throw ModelFormatError(error, in: folder.name)
        }
        architecture = config.family.architecture
        self.parameterCount = parameterCount
        sourceBytes = tensors.reduce(0) { $0 + UInt64($1.entry?.tensor.byteRange.count ?? 0) }
    }

    /// Writes the file in pieces.
    ///
    /// - Parameters:
    ///   - sink: takes the next piece.
    ///   - proceed: told after each piece how far it is; what it throws ends the conversion.
    /// - Throws: `ModelFormatError`, and what `sink` and `proceed` throw.
    public func write(
        to sink: ([UInt8]) throws -> Void, proceed: (ConversionProgress) throws -> Void = { _ in }
    ) throws {
        var done: UInt64 = 0
        try writer.write { piece in
            try sink(piece)
            done += UInt64(piece.count)
            try proceed(ConversionProgress(bytesDone: done, bytesTotal: byteCount))
        }
    }

    /// Writes the file at a path: under another name first, which becomes this one when all of it is on the disk.
    ///
    /// - Parameters:
    ///   - path: of the new file.
    ///   - replaces: whether a file that is there makes way, instead of being an error.
    ///   - proceed: as above; a conversion that it ends leaves no file.
    /// - Throws: `ModelFormatError`, `unwritable` when there is no room; what `proceed` throws.
    public func write(
        toFile path: String, replaces: Bool = false, proceed: (ConversionProgress) throws -> Void = { _ in }
    ) throws {
        let file = try PartFile(path: path, byteCount: byteCount, replaces: replaces)
        try write(to: { try file.write($0) }, proceed: proceed)
        try file.finish()
    }
}

extension PlannedTensor {
    var elementCount: UInt64 { shape.reduce(1) { $0 * UInt64($1) } }
}

extension MatchedTensors.Match {
    /// Plans the tensor in the file that is written. Its numbers are read when it is its turn.
    func add(to writer: inout GGUFWriter, as type: ConversionType) throws(GGUFError) {
        let target = plan.isPrecise ? ConversionType.f32 : type.fitting(rowLength: plan.shape.last ?? 1)
        // ggml counts the innermost axis first.
        let dimensions = plan.shape.reversed().map(UInt64.init)
        guard let entry else {
            let bytes = plan.values.flatMap { value in
                withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
            }
            return try writer.add(tensor: plan.name, target.tensorType, dimensions, bytes: bytes)
        }
        let stream = TensorStream(entry: entry, type: self.type, target: target, rows: plan.rows)
        try writer.add(tensor: plan.name, target.tensorType, dimensions) { emit in try stream.write(emit) }
    }
}
