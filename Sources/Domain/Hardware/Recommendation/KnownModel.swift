public import Hosting

/// A well-known open model that can be downloaded: its shape and its licence. Facts only.
public struct KnownModel: Sendable, Equatable {
    public let name: String
    /// Where files of it are: a repository of GGUF files.
    public let repository: String
    public let licence: String
    /// What it was made for.
    public let uses: Set<UseCase>
    public let architecture: String
    /// Weights, in billions, as its makers count.
    public let billions: Double
    public let layers: Int
    public let embeddingWidth: Int
    public let headCount: Int
    public let keyValueHeadCount: Int
    public let headWidth: Int
    public let feedForwardWidth: Int
    public let vocabularySize: Int
    public let contextTokens: Int
    public let isTied: Bool
    public var experts: Experts?
    public var window: Window?
    /// The only one in which it is published, if there is only one.
    public var quantization: String?
    /// Whether it reads whole texts and writes none.
    public var isEncoder = false
    /// Billions of weights of the file beside it that reads images; 0 without.
    public var projectorBillions = 0.0

    /// A part of the feed-forward weights is chosen for each token.
    public struct Experts: Sendable, Equatable {
        public var count: Int
        public var used: Int
        /// Of one expert.
        public var feedForwardWidth: Int
    }

    /// Most layers see the last positions only.
    public struct Window: Sendable, Equatable {
        public var positions: Int
        /// Every so many layers one sees everything.
        public var period: Int
    }

    /// Weights outside the layers: the embeddings, and the output matrix where it is another one.
    var endWeights: Double { Double(vocabularySize * embeddingWidth) * (isTied ? 1 : 2) }

    /// Weights of the attention of a layer.
    private var attentionWeights: Double {
        let queries = headCount * headWidth
        let keys = keyValueHeadCount * headWidth
        return Double(embeddingWidth * (2 * queries + 2 * keys))
    }

    /// Weights of the feed-forward part of a layer, of all experts. Encoders have two matrices, the others three.
    private var feedForwardWeights: Double {
        guard let experts else { return Double((isEncoder ? 2 : 3) * embeddingWidth * feedForwardWidth) }
        return Double(experts.count * 3 * embeddingWidth * experts.feedForwardWidth)
    }

    /// Weights by the shape alone, without norms and biases. It must agree with `billions`.
    var weightsByShape: Double { endWeights + Double(layers) * (attentionWeights + feedForwardWeights) }

    /// Of its experts, the share that a token visits; 1 without.
    public var expertShare: Double { experts.map { Double($0.used) / Double($0.count) } ?? 1 }

    /// Weights that a token is multiplied with, in billions.
    public var activeBillions: Double {
        let idle = experts == nil ? 0 : Double(layers) * feedForwardWeights * (1 - expertShare)
        return billions - idle / 1e9
    }

    /// What a file of it would look like in a quantisation.
    public func shape(_ quantization: Quantization) -> ModelShape {
        let bytesPerWeight = quantization.bitsPerWeight / 8
        // Norms and biases make up the difference to the makers' count.
        let scale = billions * 1e9 / weightsByShape
        let layerBytes = (attentionWeights + feedForwardWeights) * scale * bytesPerWeight
        let expertBytes = experts == nil ? 0 : feedForwardWeights * scale * bytesPerWeight
        let ends = Double(vocabularySize * embeddingWidth) * scale * bytesPerWeight
        let width = UInt64(keyValueHeadCount * headWidth)
        let visited = experts.map { $0.used * $0.feedForwardWidth } ?? feedForwardWidth
        // As Hosting reckons it from a file: gate, input and product of a gated part, and each expert's output.
        let kept = embeddingWidth * ((experts?.used ?? 0) + 1)
        let step = isEncoder ? visited + kept + embeddingWidth : 3 * visited + kept
        let all = (0..<layers).map { index in
            ModelShape.Layer(
                recall: isEncoder
                    ? .nothing
                    : window.map { ($0.period > 0 && (index + 1) % $0.period == 0) ? .all : .window } ?? .all,
                keyWidth: width, valueWidth: width, headCount: UInt64(headCount),
                queryWidth: UInt64(headCount * headWidth), feedForwardWidth: UInt64(visited),
                stepWidth: UInt64(step), weightBytes: UInt64(layerBytes), expertBytes: UInt64(expertBytes))
        }
        return .described(
            architecture: architecture, layers: all,
            ends: ModelShape.Ends(inputBytes: UInt64(ends), outputBytes: isTied ? 0 : UInt64(ends), isTied: isTied),
            embeddingWidth: UInt64(embeddingWidth), vocabularySize: UInt64(vocabularySize),
            trainedContext: UInt64(contextTokens), slidingWindow: UInt64(window?.positions ?? 0),
            writesText: !isEncoder, tensorCount: layers * 9 + 3, parameterCount: UInt64(billions * 1e9),
            quantization: quantization.name,
            repackableBytes: UInt64(Double(layers) * layerBytes * quantization.repackedShare))
    }
}
