/// The tensors of a checkpoint, each beside its plan: all are there, of the right shape and of a type that can be read, and
/// none is left over.
struct MatchedTensors {
    struct Match {
        let plan: PlannedTensor
        /// `nil` for one that is computed.
        let entry: SafeTensorsCheckpoint.Entry?
        /// Of the numbers in the checkpoint.
        let type: NumberType
    }

    private(set) var tensors: [Match] = []

    init(_ checkpoint: SafeTensorsCheckpoint, _ config: CheckpointConfig) throws(ModelFormatError) {
        var left = try Self.byPlainName(checkpoint, config)
        let hasHead = config.className.hasSuffix("ForCausalLM") && !config.isTied
        for plan in TensorPlan(config, hasHead: hasHead).tensors {
            guard let source = plan.source else {
                tensors.append(Match(plan: plan, entry: nil, type: .f32))
                continue
            }
            guard let entry = left.removeValue(forKey: source) else {
                if plan.isOptional { continue }
                throw ModelFormatError(
                    .missing, in: SafeTensorsCheckpoint.fileName, source, found: "no such tensor",
                    allowed: "a tensor of the shape \(plan.shape)")
            }
            tensors.append(Match(plan: plan, entry: entry, type: try Self.type(of: entry, plan)))
        }
        if let (name, entry) = left.min(by: { $0.key < $1.key }) {
            throw ModelFormatError(
                .unsupportedSetting, in: entry.file, name, found: "a tensor of the shape \(entry.tensor.shape)",
                allowed: "the tensors of \(config.className) with \(config.layerCount) layers")
        }
    }

    private static func byPlainName(
        _ checkpoint: SafeTensorsCheckpoint, _ config: CheckpointConfig
    ) throws(ModelFormatError) -> [String: SafeTensorsCheckpoint.Entry] {
        var entries: [String: SafeTensorsCheckpoint.Entry] = [:]
        for entry in checkpoint.entries {
            let name = TensorPlan.plainName(entry.tensor.name, config)
            if TensorPlan.isIgnored(name, config) { continue }
            if let other = entries.updateValue(entry, forKey: name) {
                throw ModelFormatError(
                    .duplicate, in: entry.file, entry.tensor.name, found: "the same as '\(other.tensor.name)'",
                    allowed: "one of them")
            }
        }
        return entries
    }

    private static func type(
        of entry: SafeTensorsCheckpoint.Entry, _ plan: PlannedTensor
    ) throws(ModelFormatError) -> NumberType {
        guard let type = NumberType(entry.tensor.type) else {
            throw ModelFormatError(
                .unsupportedType, in: entry.file, "\(entry.tensor.name).dtype", found: entry.tensor.type.rawValue,
                allowed: "F32, F16, BF16, F64")
        }
        guard entry.tensor.shape == plan.shape.map(UInt64.init) else {
            throw ModelFormatError(
                .wrongShape, in: entry.file, entry.tensor.name, found: "\(entry.tensor.shape)",
                allowed: "\(plan.shape), by \(CheckpointConfig.fileName)")
        }
        return type
    }
}
