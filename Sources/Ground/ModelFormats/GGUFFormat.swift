import GGUF

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
        let about = file.summary
        var summary = ModelFileSummary(.gguf)
        summary.architecture = about.architecture
        summary.name = about.name
        summary.quantization = about.quantization
        summary.contextLength = about.contextLength
        summary.embeddingLength = about.embeddingLength
        summary.blockCount = about.blockCount
        summary.headCount = about.headCount
        summary.keyValueHeadCount = about.keyValueHeadCount
        summary.vocabularySize = about.vocabularySize
        summary.tokenizer = about.tokenizerModel
        summary.chatTemplate = about.chatTemplate
        summary.license = file.metadata["general.license"]?.string
        summary.count(
            file.tensors.lazy.map { ($0.type.label, $0.elementCount, UInt64($0.byteRange.count)) })
        return summary
    }
}
