import GGUF

/// ONNX files: what they say of themselves. They are not served.
public struct ONNXFormat: ModelFormat {
    public let format = ModelFileFormat.onnx

    public init() {}

    /// ONNX has no magic number: a file is one by its name, or when it begins as the exporters' files do, with a small
    /// `ir_version` and then another field of the model.
    public func recognises(_ item: ModelItem) throws(ModelFormatError) -> Bool {
        guard case .file(let name, let source) = item else { return false }
        if name.hasSuffix(".onnx") { return true }
        guard source.byteCount >= 16 else { return false }
        let start = try source.bytes(0, count: 3, of: "start", in: name)
        return start[0] == 0x08 && (3...32).contains(start[1]) && [0x12, 0x1A, 0x22, 0x3A, 0x42].contains(start[2])
    }

    public func summary(of item: ModelItem) throws(ModelFormatError) -> ModelFileSummary {
        guard case .file(let name, let source) = item else {
            throw ModelFormatError(.unknownFormat, in: "folder", "format", found: "a folder", allowed: "an ONNX file")
        }
        let model = try ONNXModel.read(from: source, named: name)
        var summary = ModelFileSummary(.onnx)
        summary.name = model.graphName.isEmpty ? nil : model.graphName
        summary.count(model.initializers.lazy.map { ($0.type, $0.elementCount, $0.byteCount) })
        summary.properties = properties(of: model)
        summary.license = model.metadata.first { $0.name == "license" }?.value
        return summary
    }

    private func properties(of model: ONNXModel) -> [ModelFileSummary.Property] {
        var list: [ModelFileSummary.Property] = [.init("ir_version", "\(model.irVersion)")]
        for set in model.operatorSets {
            list.append(.init("opset", "\(set.domain.isEmpty ? "ai.onnx" : set.domain) \(set.version)"))
        }
        let producer = [model.producerName, model.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
        if !producer.isEmpty { list.append(.init("producer", producer)) }
        list.append(.init("nodes", "\(model.nodeCount)"))
        for (label, values) in [("input", model.inputs), ("output", model.outputs)] {
            for value in values {
                let shape = value.shape.map { "[\($0.map(\.description).joined(separator: ", "))]" } ?? ""
                list.append(.init(label, "\(value.name): \(value.type ?? "?")\(shape)"))
            }
        }
        for file in Set(model.initializers.compactMap(\.externalFile)).sorted() {
            list.append(.init("external_data", file))
        }
        return list + model.metadata
    }
}
