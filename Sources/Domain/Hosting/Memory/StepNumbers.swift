/// Numbers between the operations of one step over a micro batch of tokens.
///
/// llama.cpp gives the same place to what is not there at the same time (`ggml_gallocr`). The largest moment is either in
/// a layer's attention or in its feed-forward part; masks are there all the time. Beside it, the processor's threads
/// share a buffer for the inputs of a multiplication in the weights' form.
struct StepNumbers {
    /// What a processor really writes to.
    let touchedBytes: UInt64
    /// What is reserved without the logits.
    let reservedBytes: UInt64
    /// The logits of every token of a micro batch.
    let logitBytes: UInt64
    /// Of `touchedBytes`: numbers of the largest moment, masks, converted inputs, and logits of the rows that are written.
    let summands: [(what: String, bytes: UInt64)]

    init(_ shape: ModelShape, _ request: MemoryRequest, _ context: ServedContext) {
        let tokens = context.microBatch
        let matrix = context.usesFlashAttention ? 0 : Self.matrixNumbers(shape, context)
        let attention = shape.layers.map { Self.attentionWidth($0, shape) }.max() ?? 0
        let feedForward = shape.layers.map(\.stepWidth).max() ?? 0
        let moment = max(
            tokens.multipliedOrMax(by: attention).addedOrMax(matrix), tokens.multipliedOrMax(by: feedForward))
        let masks = Self.maskNumbers(shape, context).multipliedOrMax(by: context.usesFlashAttention ? 2 : 4)
        let widest = shape.layers.map { max($0.feedForwardWidth, $0.queryWidth) }.max() ?? 0
        // Values of 16 bits want the attention matrix as 16 bits, too; without a cache they are 32 bits wide.
        let converted = context.hasMemory ? matrix.multipliedOrMax(by: 2) : 0
        let inputs = tokens.multipliedOrMax(by: max(widest, shape.embeddingWidth)).multipliedOrMax(
            by: Self.inputBytes(shape))
        logitBytes = tokens.multipliedOrMax(by: shape.vocabularySize).multipliedOrMax(by: 4)
        reservedBytes = moment.multipliedOrMax(by: 4).addedOrMax(masks)
        let rows = request.use == .text ? request.parallel : 0
        let logits = rows.multipliedOrMax(by: shape.vocabularySize * 4)
        touchedBytes = reservedBytes.addedOrMax(max(converted, inputs)).addedOrMax(logits)
        summands = [
            ("numbers of the widest moment", moment.multipliedOrMax(by: 4)), ("masks", masks),
            ("inputs in the weights' form", max(converted, inputs)), ("logits", logits),
        ]
    }

    /// Of the attention of all heads of a layer to all cells.
    private static func matrixNumbers(_ shape: ModelShape, _ context: ServedContext) -> UInt64 {
        shape.layers.reduce(0) { largest, layer in
            let cells: UInt64 =
                switch layer.recall {
                case .nothing: context.hasMemory ? 0 : context.microBatch
                case .state: 0
                case .all, .allAndState: context.attendedCells
                case .window: context.attendedWindowCells
                }
            return max(largest, layer.headCount.multipliedOrMax(by: cells).multipliedOrMax(by: context.microBatch))
        }
    }

    private static func attentionWidth(_ layer: ModelShape.Layer, _ shape: ModelShape) -> UInt64 {
        2 * layer.queryWidth + layer.keyWidth + 2 * layer.valueWidth + 2 * shape.embeddingWidth
    }

    /// Of the masks that say which token sees which cell: one for all layers of a kind.
    private static func maskNumbers(_ shape: ModelShape, _ context: ServedContext) -> UInt64 {
        guard context.hasMemory else { return context.microBatch.multipliedOrMax(by: context.microBatch) }
        var cells: UInt64 = 0
        let kinds = shape.layers.map(\.recall)
        if kinds.contains(where: \.seesEverything) { cells += context.attendedCells }
        if kinds.contains(.window) { cells += context.attendedWindowCells }
        return cells.multipliedOrMax(by: context.microBatch)
    }

    /// Bytes of an input in the weights' form: 8 bits for quantised ones, 16 for 16, none of 32.
    private static func inputBytes(_ shape: ModelShape) -> UInt64 {
        let most = shape.bytesByType.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key
        return switch most {
        case "F32", nil: 0
        case "F16", "BF16": 2
        default: 1
        }
    }

    /// What an image takes on its way through a projector.
    static func ofProjector(_ projector: ModelShape, _ request: MemoryRequest) -> UInt64 {
        guard let eye = projector.projection else { return 0 }
        let widths = 6 * eye.width + 2 * eye.feedForwardWidth
        let matrix = request.flashAttention == .off ? eye.headCount.multipliedOrMax(by: eye.patches) : eye.patches
        return eye.patches.multipliedOrMax(by: widths + matrix).multipliedOrMax(by: 4)
    }
}

extension ModelShape.Recall {
    fileprivate var seesEverything: Bool {
        switch self {
        case .all, .allAndState: true
        case .nothing, .window, .state: false
        }
    }
}
