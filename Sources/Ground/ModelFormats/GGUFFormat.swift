public import GGUF

/// GGUF files, by the reader of the GGUF module.
public struct GGUFFormat: ModelFormat {
    public let format = ModelFileFormat.gguf

    public init() {}

    public func recognises(_ item: ModelItem) throws(ModelFormatError) -> Bool {
        guard case .file(let name, let source) = item, source.byteCount >= 4 else { return false }
        return try source.bytes(0, count: 4, of: "magic", in: name) == Array("GGUF".utf8)
    }

    public func summary(of item: ModelItem) throws(ModelFormatError) -> ModelFileSummary {
        guard case .file(let name, let source) = item else {
            throw ModelFormatError(.unknownFormat, in: "folder", "format", found: "a folder", allowed: "a GGUF file")
        }
        let file: GGUFFile
        do throws(GGUFError) {
            file = try GGUFFile.read(from: source)
        } catch {
            throw ModelFormatError(error, in: name)
        }
        return ModelFileSummary(file)
    }
}

extension ModelFileSummary {
    /// What a GGUF header tells.
    public init(_ file: GGUFFile) {
        let about = file.summary
        self.init(.gguf)
        architecture = about.architecture
        name = about.name
        quantization = about.quantization
        contextLength = about.contextLength
        embeddingLength = about.embeddingLength
        blockCount = about.blockCount
        headCount = about.headCount
        keyValueHeadCount = about.keyValueHeadCount
        vocabularySize = about.vocabularySize
        tokenizer = about.tokenizerModel
        chatTemplate = about.chatTemplate
        license = file.metadata["general.license"]?.string
        count(
            file.tensors.lazy.map { ($0.type.label, $0.elementCount, UInt64($0.byteRange.count)) })
    }
}
