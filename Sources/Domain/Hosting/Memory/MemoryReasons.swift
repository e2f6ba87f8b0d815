/// The formulas of an estimate in words, with the numbers that went in.
enum MemoryReasons {
    static func weights(_ shape: ModelShape, _ placement: LayerPlacement) -> String {
        let types = shape.bytesByType.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let shown = types.prefix(3).map { "\(bytes($0.value)) of \($0.key)" }.joined(separator: ", ")
        let more = types.count > 3 ? " and \(types.count - 3) types more" : ""
        let places =
            placement.layersOnDevices > 0
            ? "; \(placement.layersOnDevices) of \(shape.layers.count + 1) layers on devices, the output counted as one"
            : ""
        return "\(shape.tensorCount) tensors, \(shown)\(more)\(places)"
    }

    /// What each kind of layer keeps of a text.
    static func cache(_ shape: ModelShape, _ context: ServedContext) -> String {
        var kinds: [(text: String, count: Int)] = []
        for layer in shape.layers where context.cacheBytes(layer) > 0 {
            let cells = layer.recall == .window ? context.windowCells : context.cells
            let window = layer.recall == .window ? " of a window" : ""
            let text =
                "\(cells) cells\(window) × (\(layer.keyWidth) keys in \(context.keyType.rawValue) + \(layer.valueWidth) "
                + "values in \(context.valueType.rawValue))"
            if let index = kinds.firstIndex(where: { $0.text == text }) {
                kinds[index].count += 1
            } else {
                kinds.append((text, 1))
            }
        }
        return kinds.prefix(4).map { "\($0.count) layers × \($0.text)" }.joined(separator: " + ")
    }

    static func states(_ shape: ModelShape, _ context: ServedContext) -> String {
        let layers = shape.layers.count { context.stateBytes($0) > 0 }
        return "\(layers) layers × one state of 32-bit numbers for each of \(context.sequences) sequences"
    }

    static func output(_ shape: ModelShape, _ request: MemoryRequest, _ context: ServedContext) -> String {
        request.use == .text
            ? "logits that llama.cpp hands out: \(context.sequences) sequences × \(shape.vocabularySize) tokens × 4 bytes"
            : "\(context.outputRows) rows × (\(shape.vocabularySize) logits + \(shape.embeddingWidth) numbers) × 4 bytes"
    }

    static func step(_ numbers: StepNumbers, _ context: ServedContext) -> String {
        let summands = numbers.summands.filter { $0.bytes > 0 }.map { "\($0.what) \(bytes($0.bytes))" }
        return "a step of \(context.microBatch) tokens\(context.usesFlashAttention ? "" : " without flash attention"): "
            + summands.joined(separator: " + ")
    }

    /// In mebibytes, as llama.cpp's log has it.
    private static func bytes(_ count: UInt64) -> String {
        let tenths = count / 104_857 + (count % 104_857 >= 52_429 ? 1 : 0)
        return count < 104_857 ? "\(count) B" : "\(tenths / 10).\(tenths % 10) MiB"
    }
}
