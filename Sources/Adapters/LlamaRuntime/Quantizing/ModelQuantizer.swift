import CLlama
import CLlamaShim
public import GGUF

/// Stores a model's weights in fewer bits, by llama.cpp.
///
/// The caller sends llama.cpp's log to `log` before: that is where progress and reasons come from.
public struct ModelQuantizer: Sendable {
    public struct Options: Sendable {
        public var type: QuantizationType
        public var threads: Int
        /// Whether the output weights are made smaller, too.
        public var quantizesOutput = true
        /// Instead of what the type has for the output weights.
        public var outputType: TensorType?
        /// Instead of what the type has for the token embeddings.
        public var embeddingType: TensorType?
        /// All tensors in the type's main form, instead of finer ones for those that matter.
        public var isPure = false
        public var importance: ImportanceMatrix?

        public init(type: QuantizationType, threads: Int) {
            self.type = type
            self.threads = threads
        }
    }

    /// What quantising would give.
    public struct Plan: Sendable, Equatable {
        /// Bytes of all tensors, to a hundredth of a mebibyte.
        public let tensorBytes: UInt64
        /// Whether it needs an importance matrix and has none.
        public let needsImportance: Bool
    }

    /// Bytes of rows in memory at once: the same speed as llama.cpp's 8 GiB, on machines that have less.
    private static let bufferBytes = 512 << 20

    private let log: QuantizerLog

    public init(log: QuantizerLog) { self.log = log }

    /// Looks at the header only.
    ///
    /// - Throws: `quantize` when llama.cpp cannot do it.
    public func plan(_ input: String, _ options: Options) throws(LlamaError) -> Plan {
        try run(input, "", options, isDry: true)
        guard let bytes = log.resultBytes else {
            throw LlamaError(code: .quantize, message: "llama.cpp did not tell how large the result would be")
        }
        return Plan(tensorBytes: bytes, needsImportance: log.needsImportance)
    }

    /// Does it. Blocks, with `threads` threads, until it is done. What is in `output` when this throws is worth nothing; check
    /// also a success, because not every failed write is reported.
    ///
    /// - Throws: `quantize` with llama.cpp's reason.
    public func quantize(_ input: String, to output: String, _ options: Options) throws(LlamaError) {
        try run(input, output, options, isDry: false)
    }

    private func run(_ input: String, _ output: String, _ options: Options, isDry: Bool) throws(LlamaError) {
        log.forget()
        llama_backend_init()
        var parameters = unsafe llama_model_quantize_default_params()
        unsafe parameters.nthread = Int32(options.threads)
        unsafe parameters.ftype = llama_ftype(rawValue: options.type.fileType)
        unsafe parameters.allow_requantize = true
        unsafe parameters.quantize_output_tensor = options.quantizesOutput
        unsafe parameters.pure = options.isPure
        unsafe parameters.dry_run = isDry
        unsafe parameters.max_buf_size = Self.bufferBytes
        if let type = options.outputType { unsafe parameters.output_tensor_type = ggml_type(rawValue: type.rawValue) }
        if let type = options.embeddingType {
            unsafe parameters.token_embedding_type = ggml_type(rawValue: type.rawValue)
        }
        let importance = try options.importance.map { matrix throws(LlamaError) in try HeldImportance(matrix) }
        let error = ErrorText()
        let status = unsafe nexus_llama_quantize(
            input, output, parameters, importance?.handle, error.pointer, ErrorText.size)
        guard status == 0 else {
            throw LlamaError(code: .quantize, message: error.text(or: log.failure ?? "llama.cpp could not quantise it"))
        }
    }
}

/// The numbers where llama.cpp can point at them.
@safe
private final class HeldImportance {
    let handle: OpaquePointer

    init(_ matrix: ImportanceMatrix) throws(LlamaError) {
        guard let made = unsafe nexus_llama_importance_new() else { throw Self.noMemory }
        for (name, entry) in matrix.entries {
            let means = entry.means
            guard unsafe nexus_llama_importance_add(made, name, means, means.count) else {
                unsafe nexus_llama_importance_free(made)
                throw Self.noMemory
            }
        }
        unsafe handle = made
    }

    deinit { unsafe nexus_llama_importance_free(handle) }

    private static let noMemory = LlamaError(code: .quantize, message: "there is no memory for the importance matrix")
}
