import Foundation
import GGUF
import Hardware
import Hosting

/// What a model file's header tells that recommendations and measurements need.
struct ModelFileFacts: Sendable {
    let shape: ModelShape
    let summary: ModelSummary
    let expertShare: Double
    let licence: String?

    /// - Throws: `GGUFError`, or what the system says of the file.
    init(path: String) throws {
        let file = try GGUFFile.read(from: FileBytes(path: path))
        shape = ModelShape(file)
        summary = file.summary
        licence = file.metadata["general.license"]?.string
        let all = file.metadata.ofArchitecture("expert_count")?.integer ?? 0
        let used = file.metadata.ofArchitecture("expert_used_count")?.integer ?? 0
        expertShare = all > 0 && (1...all).contains(used) ? Double(used) / Double(all) : 1
    }

    var cost: TokenCost { TokenCost(shape, expertShare: expertShare) }

    /// What such a file is good for, by its kind alone: what it was trained for is not in it.
    ///
    /// - Parameters:
    ///   - name: of the model; words such as `coder` in it count.
    ///   - hasProjector: whether a file beside it reads images.
    /// - Returns: what it may be recommended for.
    func uses(name: String, hasProjector: Bool) -> Set<UseCase> {
        guard shape.writesText else {
            return name.lowercased().contains("rerank") ? [.reranking] : [.embeddings]
        }
        let lower = name.lowercased()
        if lower.contains("embed") { return [.embeddings] }
        if lower.contains("rerank") { return [.reranking] }
        if lower.contains("coder") || lower.contains("code") { return [.code] }
        var uses: Set<UseCase> = [.chat, .writing, .translation, .longDocuments, .code]
        if let template = summary.chatTemplate {
            if template.contains("tools") { uses.insert(.toolUse) }
            if template.contains("think") { uses.insert(.reasoning) }
        }
        if hasProjector { uses.insert(.vision) }
        return uses
    }

    /// The model as it could be recommended.
    func offer(name: String, projector: ModelShape?) -> Offer {
        let label = summary.quantization ?? "unknown"
        // What is not in the table of losses is taken for what the nearest number of bits loses.
        let bits = shape.parameterCount > 0 ? Double(shape.weightBytes) * 8 / Double(shape.parameterCount) : 16
        let quantization =
            Quantization.named(label)
            ?? Quantization.nearest(bitsPerWeight: bits, named: label)
        let parameters = Double(shape.parameterCount) / 1e9
        let active = shape.weightBytes > 0 ? parameters * cost.weightBytes / Double(shape.weightBytes) : parameters
        return Offer(
            name: name, origin: .catalogue(name), licence: licence,
            uses: uses(name: name, hasProjector: projector != nil), parameters: parameters,
            activeParameters: expertShare < 1 ? active : parameters, expertShare: expertShare,
            contextTokens: Int(clamping: shape.trainedContext),
            variants: [
                Offer.Variant(
                    quantization: quantization, shape: shape, fileBytes: shape.fileBytes + (projector?.fileBytes ?? 0))
            ], projectorBytes: projector?.fileBytes ?? 0, projector: projector)
    }
}
