/// What of a model decides how much memory it takes. Made from its file's header alone, and small enough to keep.
public struct ModelShape: Sendable, Equatable {
    /// What one layer remembers of a text.
    public enum Recall: Sendable, Equatable {
        /// Nothing: it is no attention layer, it takes another layer's cache, or the model reads whole texts at once.
        case nothing
        /// Keys and values of every position.
        case all
        /// Keys and values of the last positions of each sequence.
        case window
        /// One state of so many numbers for each sequence, however long it is.
        case state(numbers: UInt64)
        /// Keys and values of every position, and a state.
        case allAndState(numbers: UInt64)
    }

    /// One layer.
    public struct Layer: Sendable, Equatable {
        public var recall: Recall
        /// Numbers of a position's keys: heads of keys and values, times the size of one.
        public var keyWidth: UInt64
        /// Numbers of a position's values; 0 where values are computed from the keys (multi-head latent attention).
        public var valueWidth: UInt64
        /// Heads that ask.
        public var headCount: UInt64
        /// Numbers of a position's queries.
        public var queryWidth: UInt64
        /// Numbers between the two matrices of the feed-forward part, of all experts that a token visits.
        public var feedForwardWidth: UInt64
        /// Numbers of one token that are there at the same time while the feed-forward part is computed.
        public var stepWidth: UInt64
        /// Bytes of its tensors in the file.
        public var weightBytes: UInt64
        /// Of these, bytes of experts.
        public var expertBytes: UInt64

        public init(
            recall: Recall, keyWidth: UInt64, valueWidth: UInt64, headCount: UInt64, queryWidth: UInt64,
            feedForwardWidth: UInt64, stepWidth: UInt64, weightBytes: UInt64, expertBytes: UInt64 = 0
        ) {
            self.recall = recall
            self.keyWidth = keyWidth
            self.valueWidth = valueWidth
            self.headCount = headCount
            self.queryWidth = queryWidth
            self.feedForwardWidth = feedForwardWidth
            self.stepWidth = stepWidth
            self.weightBytes = weightBytes
            self.expertBytes = expertBytes
        }
    }

    /// Tensors outside the layers.
    public struct Ends: Sendable, Equatable {
        /// Bytes of the token embeddings, and of what else stands before the first layer; never on a GPU.
        public var inputBytes: UInt64
        /// Bytes of what stands behind the last layer. Where the embeddings do that work too, `isTied`, none.
        public var outputBytes: UInt64
        /// Whether the output matrix is the token embeddings'.
        public var isTied: Bool

        public init(inputBytes: UInt64, outputBytes: UInt64, isTied: Bool) {
            self.inputBytes = inputBytes
            self.outputBytes = outputBytes
            self.isTied = isTied
        }
    }

    /// The model family, as llama.cpp writes it: `llama`, `qwen3`, `bert`, `clip` for projectors.
    public var architecture: String
    public var layers: [Layer]
    public var ends: Ends
    public var embeddingWidth: UInt64
    public var vocabularySize: UInt64
    /// Tokens of context that the model was trained for; 0 when the file does not say.
    public var trainedContext: UInt64
    /// Positions that layers with a window see; 0 without.
    public var slidingWindow: UInt64
    /// Whether it can write text; otherwise it reads whole texts, and keeps nothing of them.
    public var writesText: Bool
    public var tensorCount: Int
    /// Numbers in all tensors.
    public var parameterCount: UInt64
    /// Bytes of all tensors, by the type's upper-case name.
    public var bytesByType: [String: UInt64]
    /// Bytes of the file.
    public var fileBytes: UInt64
    /// Bytes of matrices that llama.cpp copies into another order on processors with AVX2, unless that is forbidden.
    public var repackableBytes: UInt64
    /// Bytes of the texts of tokens and merges in the file, and how many texts.
    public var vocabularyBytes: UInt64
    public var vocabularyTextCount: UInt64
    /// For a projector.
    public var projection: Projection?

    /// How a projector sees an image.
    public struct Projection: Sendable, Equatable {
        /// Patches of an image at most.
        public var patches: UInt64
        public var width: UInt64
        public var feedForwardWidth: UInt64
        public var headCount: UInt64
        public var layerCount: UInt64
    }

    /// Bytes of all tensors.
    public var weightBytes: UInt64 { bytesByType.values.reduce(0, +) }

    /// Whether any layer keeps something else than keys and values of all positions: such a memory cannot be cut.
    public var hasUncuttableMemory: Bool {
        layers.contains {
            switch $0.recall {
            case .window, .state, .allAndState: true
            case .nothing, .all: false
            }
        }
    }
}
