/// A format that model files come in.
public enum ModelFileFormat: String, Sendable, Hashable, CaseIterable {
    case gguf
    case safetensors
    case onnx
}

/// What a model file or folder tells of itself, whatever its format. Absent is `nil`, never a guess.
public struct ModelFileSummary: Sendable, Equatable {
    public let format: ModelFileFormat
    /// "llama", "qwen2", "bert" in GGUF; the class of `config.json` beside SafeTensors ("LlamaForCausalLM").
    public var architecture: String?
    public var name: String?
    /// Numbers in all tensors.
    public var parameterCount: UInt64 = 0
    /// Bytes of all tensors.
    public var tensorBytes: UInt64 = 0
    /// How the numbers are stored, the most bytes first.
    public var tensorTypes: [TypeShare] = []
    /// "Q4_K_M", "F16", "BF16": the file's own word, else the type that most bytes have.
    public var quantization: String?
    /// The context in tokens that the model was trained for.
    public var contextLength: Int?
    public var embeddingLength: Int?
    public var blockCount: Int?
    public var headCount: Int?
    public var keyValueHeadCount: Int?
    public var vocabularySize: Int?
    /// How text becomes tokens: "llama", "gpt2", "bert" in GGUF, "BPE", "WordPiece", "SentencePiece" in a checkpoint.
    public var tokenizer: String?
    /// Jinja source.
    public var chatTemplate: String?
    /// As the model's author wrote it: "apache-2.0".
    public var license: String?
    /// What only this format has, in the file's order: ONNX's producer, inputs and outputs.
    public var properties: [Property] = []

    public init(_ format: ModelFileFormat) { self.format = format }

    /// One type of numbers, and how much of the file it is.
    public struct TypeShare: Sendable, Equatable {
        /// Upper-case name: "Q4_K", "BF16".
        public let label: String
        public let tensorCount: Int
        public let byteCount: UInt64
    }

    public struct Property: Sendable, Equatable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Adds the tensors up: parameters, bytes, types, and the type of most bytes where the file has no word of its own.
    mutating func count(_ tensors: some Sequence<(label: String, elementCount: UInt64, byteCount: UInt64)>) {
        var shares: [String: TypeShare] = [:]
        for tensor in tensors {
            // Wrapping: real files are far from 2^64, and a sparse one that is not must not stop the reader.
            parameterCount &+= tensor.elementCount
            tensorBytes &+= tensor.byteCount
            let before = shares[tensor.label]
            shares[tensor.label] = TypeShare(
                label: tensor.label, tensorCount: (before?.tensorCount ?? 0) + 1,
                byteCount: (before?.byteCount ?? 0) &+ tensor.byteCount)
        }
        tensorTypes = shares.values.sorted { ($1.byteCount, $0.label) < ($0.byteCount, $1.label) }
        if quantization == nil { quantization = tensorTypes.first?.label }
    }
}
