import Foundation
public import GGUF

/// Models made from another one: with fewer layers, or with weights by chance. For draft models.
public enum CutModel {
    /// Runs `body` with the path of a copy, which is removed afterwards.
    ///
    /// - Parameters:
    ///   - original: the path of a model file of the architecture LLaMA.
    ///   - layers: layers to keep, from the first.
    ///   - scramble: changes the bytes of each matrix; norms stay as they are.
    ///   - body: what to do with the copy.
    /// - Returns: what `body` gives.
    /// - Throws: what `body` throws, and when there is no such model.
    public static func withCopy<Result>(
        of original: String, layers: Int, scramble: ([UInt8], TensorType) -> [UInt8] = { bytes, _ in bytes },
        _ body: (String) async throws -> Result
    ) async throws -> Result {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: original))
        let file = try GGUFFile.read(from: try FileBytes(path: original))
        var writer = try GGUFWriter()
        for key in file.metadata.keys {
            guard let value = file.metadata[key] else { continue }
            try writer.set(key, key == "llama.block_count" ? .uint32(UInt32(layers)) : value)
        }
        for tensor in file.tensors where layer(of: tensor.name) ?? 0 < layers {
            let range = Int(tensor.byteRange.lowerBound)..<Int(tensor.byteRange.upperBound)
            let whole = Array(bytes[range])
            try writer.add(
                tensor: tensor.name, tensor.type, tensor.dimensions,
                bytes: tensor.dimensions.count > 1 ? scramble(whole, tensor.type) : whole)
        }
        let path = FileManager.default.temporaryDirectory.appending(path: "cut-\(UUID().uuidString).gguf")
        try Data(try writer.bytes()).write(to: path)
        defer { unlink(path.path) }
        return try await body(path.path)
    }

    /// `blk.3.attn_q.weight` is of layer 3.
    private static func layer(of name: String) -> Int? {
        let parts = name.split(separator: ".")
        return parts.count > 1 && parts[0] == "blk" ? Int(parts[1]) : nil
    }
}
