import GGUF
import JSONText

/// SafeTensors: one file, or a checkpoint's folder with the files that tell of the model.
public struct SafeTensorsFormat: ModelFormat {
    public let format = ModelFileFormat.safetensors

    public init() {}

    public func recognises(_ item: ModelItem) throws(ModelFormatError) -> Bool {
        switch item {
        case .folder(let folder):
            for name in [SafeTensorsCheckpoint.indexName, SafeTensorsCheckpoint.fileName] {
                if try folder.file(name) != nil { return true }
            }
            return false
        case .file(let name, let source):
            guard source.byteCount >= 9 else { return false }
            let start = try source.bytes(0, count: 9, of: "start", in: name)
            let length = start[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return start[8] == UInt8(ascii: "{") && (length <= SafeTensorsFile.headerBytesMax || isNamed(name))
        }
    }

    public func summary(of item: ModelItem) throws(ModelFormatError) -> ModelFileSummary {
        var summary = ModelFileSummary(.safetensors)
        switch item {
        case .file(let name, let source):
            let file = try SafeTensorsFile.read(from: source, named: name)
            summary.count(file.tensors.lazy.map(line))
            for (key, value) in file.metadata.sorted(by: { $0.key < $1.key }) {
                summary.properties.append(.init(key, String(value.prefix(1024))))
            }
        case .folder(let folder):
            summary.count(try SafeTensorsCheckpoint.read(from: folder).entries.lazy.map { line($0.tensor) })
            try describe(folder, in: &summary)
        }
        return summary
    }

    private func isNamed(_ name: String) -> Bool { name.hasSuffix(".safetensors") }

    private func line(_ tensor: SafeTensor) -> (label: String, elementCount: UInt64, byteCount: UInt64) {
        (tensor.type.rawValue, tensor.elementCount, UInt64(tensor.byteRange.count))
    }

    /// What the files beside the weights say. A folder without `config.json` has weights and no more.
    private func describe(_ folder: any ModelFolder, in summary: inout ModelFileSummary) throws(ModelFormatError) {
        guard let config = try CheckpointText.json("config.json", in: folder) else { return }
        func natural(_ key: String) -> Int? {
            config[key]?.integer.flatMap { $0 >= 0 ? Int($0) : nil }
        }
        summary.architecture = config["architectures"]?[0]?.string ?? config["model_type"]?.string
        summary.name = folder.name
        summary.contextLength = natural("max_position_embeddings")
        summary.embeddingLength = natural("hidden_size")
        summary.blockCount = natural("num_hidden_layers")
        summary.headCount = natural("num_attention_heads")
        summary.keyValueHeadCount = natural("num_key_value_heads") ?? summary.headCount
        summary.vocabularySize = natural("vocab_size")
        summary.chatTemplate = try CheckpointText.chatTemplates(in: folder).first?.source
        summary.license = try CheckpointText.license(in: folder)
        summary.tokenizer = try tokenizer(of: folder)
    }

    private func tokenizer(of folder: any ModelFolder) throws(ModelFormatError) -> String? {
        if let text = try CheckpointText.json("tokenizer.json", in: folder) { return text["model"]?["type"]?.string }
        if try folder.file("tokenizer.model") != nil { return "SentencePiece" }
        return try folder.file("vocab.txt") != nil ? "WordPiece" : nil
    }
}
