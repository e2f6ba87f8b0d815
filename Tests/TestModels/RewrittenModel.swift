import Foundation
public import GGUF

/// A model file whose description was changed, for tests of kinds of models that are not at hand.
public enum RewrittenModel {
    /// Runs `body` with the path of a copy, which is removed afterwards.
    ///
    /// - Parameters:
    ///   - original: the path of a model file.
    ///   - changes: metadata to set or to replace.
    ///   - renaming: the new names of the other metadata.
    ///   - vocabularies: how often the vectors of all tokens follow each other.
    ///   - body: what to do with the copy.
    /// - Returns: what `body` gives.
    /// - Throws: what `body` throws, and when there is no such model.
    public static func withCopy<Result>(
        of original: String, changes: [String: GGUFValue], renaming: (String) -> String = { $0 },
        vocabularies: Int = 1, _ body: (String) async throws -> Result
    ) async throws -> Result {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: original))
        let file = try GGUFFile.read(from: try FileBytes(path: original))
        var writer = try GGUFWriter()
        for key in file.metadata.keys where changes[key] == nil {
            if let value = file.metadata[key] { try writer.set(renaming(key), value) }
        }
        for (key, value) in changes.sorted(by: { $0.key < $1.key }) { try writer.set(key, value) }
        for tensor in file.tensors {
            let range = Int(tensor.byteRange.lowerBound)..<Int(tensor.byteRange.upperBound)
            var (rows, dimensions) = (Array(bytes[range]), tensor.dimensions)
            if tensor.name == "token_embd.weight", vocabularies > 1 {
                rows = Array(repeatElement(rows, count: vocabularies).joined())
                dimensions[1] *= UInt64(vocabularies)
            }
            try writer.add(tensor: tensor.name, tensor.type, dimensions, bytes: rows)
        }
        let path = FileManager.default.temporaryDirectory.appending(path: "rewritten-\(UUID().uuidString).gguf")
        try Data(try writer.bytes()).write(to: path)
        defer { unlink(path.path) }
        return try await body(path.path)
    }

    /// Runs `body` with the path of a copy of a Llama model that gives images places in a plane, as Qwen2-VL does: the same
    /// numbers, which mean nothing then.
    public static func withPlanes<Result>(
        of original: String, _ body: (String) async throws -> Result
    ) async throws -> Result {
        let file = try GGUFFile.read(from: try FileBytes(path: original))
        let heads = file.metadata.ofArchitecture("attention.head_count")?.integer ?? 1
        let pairs = Int32((file.metadata.ofArchitecture("embedding_length")?.integer ?? 0) / heads / 2)
        let sections = [pairs / 4, pairs / 4 + pairs / 8, pairs - pairs / 4 - (pairs / 4 + pairs / 8), 0]
        return try await withCopy(
            of: original,
            changes: [
                "general.architecture": .string("qwen2vl"),
                "qwen2vl.rope.dimension_sections": .array(GGUFArray(sections)),
            ], renaming: { $0.hasPrefix("llama.") ? "qwen2vl." + $0.dropFirst(6) : $0 }, body)
    }

    /// Runs `body` with the path of a copy of a Llama model that has each token several times, and its logits as well.
    public static func withVocabularies(
        _ count: Int, of original: String, _ body: (String) async throws -> Void
    ) async throws {
        let metadata = try GGUFFile.read(from: try FileBytes(path: original)).metadata
        let tokens = metadata["tokenizer.ggml.tokens"]?.array?.strings ?? []
        let kinds = metadata["tokenizer.ggml.token_type"]?.array?.integers ?? []
        let texts = (0..<count).flatMap { turn in tokens.map { turn == 0 ? $0 : "\($0)#\(turn)" } }
        let ordinary: Int32 = 1
        let all = (0..<count).flatMap { turn in kinds.map { turn == 0 ? Int32($0) : ordinary } }
        try await withCopy(
            of: original,
            changes: [
                "tokenizer.ggml.tokens": .array(GGUFArray(texts)),
                "tokenizer.ggml.token_type": .array(GGUFArray(all)),
                "tokenizer.ggml.scores": .array(GGUFArray([Float](repeating: 0, count: texts.count))),
                "llama.vocab_size": .uint32(UInt32(texts.count)),
            ], vocabularies: count, body)
    }
}
