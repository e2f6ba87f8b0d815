import CLlama
import CLlamaShim

/// A model in memory: weights and vocabulary.
///
/// `Sendable`: after loading, llama.cpp never changes a model or its vocabulary, and documents both as safe to read from
/// any thread. The pointers are freed in `deinit`, when nobody can hold them any more.
@safe
public final class LlamaModel: Sendable {
    // Unsafe only to the compiler: the pointers are constants, and llama.cpp reads what they point to from any thread.
    nonisolated(unsafe) let handle: OpaquePointer
    nonisolated(unsafe) private let vocabulary: OpaquePointer

    /// How the file comes into memory.
    public enum LoadMode: Sendable {
        case automatic, read, mapped, locked, mappedAndLocked, direct

        var value: llama_load_mode {
            switch self {
            case .automatic: LLAMA_LOAD_MODE_AUTO
            case .read: LLAMA_LOAD_MODE_NONE
            case .mapped: LLAMA_LOAD_MODE_MMAP
            case .locked: LLAMA_LOAD_MODE_MLOCK
            case .mappedAndLocked: LLAMA_LOAD_MODE_MMAP_MLOCK
            case .direct: LLAMA_LOAD_MODE_DIRECT_IO
            }
        }
    }

    public struct Options: Sendable {
        /// Layers to keep on a GPU; `nil` lets llama.cpp decide.
        public var gpuLayers: Int32?
        public var loadMode = LoadMode.mapped
        /// Tensors whose rows may stay in the file until they are asked for.
        public var lazyMode = LazyMode.auto
        public var placement = ModelPlacement()
        /// What is to be taken instead of what the file says.
        public var metadata: [MetadataOverride] = []
        /// Whether every number of the weights is looked at while loading.
        public var checksTensors = false
        /// Whether weights may be brought into the form that kernels read fastest.
        public var repacks = true
        /// Leaves out the memory that a GPU reads directly, so that other forms of weights can be used.
        public var avoidsHostBuffers = false
        /// The workers on other machines that it may be spread over.
        public var servers: RPCServers?
        public init() {}
    }

    /// The workers that it is spread over.
    let servers: RPCServers?

    /// Loads a GGUF file. Check it with the `GGUF` module first: llama.cpp believes what a file says.
    public init(path: String, options: Options = Options()) throws(LlamaError) {
        llama_backend_init()
        var parameters = unsafe llama_model_default_params()
        if let gpuLayers = options.gpuLayers { unsafe parameters.n_gpu_layers = gpuLayers }
        unsafe parameters.load_mode = options.loadMode.value
        unsafe parameters.lazy_mode = options.lazyMode.value
        unsafe parameters.check_tensors = options.checksTensors
        unsafe parameters.use_extra_bufts = options.repacks
        unsafe parameters.no_host = options.avoidsHostBuffers
        unsafe parameters.split_mode = options.placement.split.value
        unsafe parameters.main_gpu = Int32(clamping: options.placement.mainGPU)
        let error = ErrorText()
        let placed = unsafe options.placement.load(path, parameters, metadata: options.metadata, error)
        try options.servers?.check()
        guard let loaded = unsafe placed else {
            throw LlamaError(code: .load, message: error.text(or: "llama.cpp could not load \(path)"))
        }
        guard let vocabulary = unsafe llama_model_get_vocab(loaded) else {
            unsafe llama_model_free(loaded)
            throw LlamaError(code: .load, message: "the model has no vocabulary")
        }
        unsafe self.handle = loaded
        unsafe self.vocabulary = vocabulary
        servers = options.servers
    }

    deinit { unsafe llama_model_free(handle) }

    /// Tokens that one sequence was trained for.
    public var trainedContextTokens: Int { Int(unsafe llama_model_n_ctx_train(handle)) }
    public var layerCount: Int { Int(unsafe llama_model_n_layer(handle)) }
    /// Heads of attention in a layer.
    public var headCount: Int { Int(unsafe llama_model_n_head(handle)) }
    /// Positions that attention looks back in layers with a sliding window; 0 without.
    public var slidingWindow: Int { Int(unsafe llama_model_n_swa(handle)) }
    /// Whether its memory is a key-value cell for each position, which can be shared and forgotten piece by piece.
    /// Recurrent models and those with a sliding window can only go on from where they are.
    public var memoryIsCells: Bool {
        unsafe !llama_model_is_recurrent(handle) && !llama_model_is_hybrid(handle) && slidingWindow == 0
    }
    /// Whether all that it remembers is one state of fixed size, whatever the length of a sequence.
    public var isRecurrent: Bool { unsafe llama_model_is_recurrent(handle) && !llama_model_is_hybrid(handle) }
    public var vocabularyCount: Int { Int(unsafe llama_vocab_n_tokens(vocabulary)) }
    public var hasDecoder: Bool { unsafe llama_model_has_decoder(handle) && !llama_model_has_encoder(handle) }

    /// The chat template that the file carries, as Jinja source.
    public var chatTemplate: String? {
        guard let text = unsafe llama_model_chat_template(handle, nil) else { return nil }
        return unsafe String(cString: text)
    }

    /// Whether this token ends an answer.
    public func isEndOfGeneration(_ token: Int32) -> Bool { unsafe llama_vocab_is_eog(vocabulary, token) }

    /// The tokens of begin and end of a text, where the vocabulary has them.
    public var beginToken: Int32? { Self.present(unsafe llama_vocab_bos(vocabulary)) }
    public var endToken: Int32? { Self.present(unsafe llama_vocab_eos(vocabulary)) }
    /// Whether the vocabulary asks for a begin token before each text.
    public var addsBeginToken: Bool { unsafe llama_vocab_get_add_bos(vocabulary) }

    /// The texts of all control tokens, such as `<|im_start|>`. Walks the whole vocabulary.
    public func controlTexts() -> [String] {
        (0..<Int32(vocabularyCount)).compactMap { token in
            guard unsafe llama_vocab_is_control(vocabulary, token) else { return nil }
            let text = String(decoding: piece(token, special: true), as: UTF8.self)
            return text.isEmpty ? nil : text
        }
    }

    private static func present(_ token: Int32) -> Int32? { token < 0 ? nil : token }

    /// The tokens of a text.
    ///
    /// - Parameters:
    ///   - text: UTF-8, at most 2^31 - 1 bytes.
    ///   - addsSpecial: puts begin and end tokens around it where the vocabulary wants them.
    ///   - parsesSpecial: reads texts such as `<|im_start|>` as the control tokens that they name.
    /// - Returns: ids of the vocabulary; none for an empty text without special tokens.
    /// - Throws: `tokenize` when the text has characters outside a vocabulary without byte tokens.
    public func tokenize(_ text: String, addsSpecial: Bool, parsesSpecial: Bool) throws(LlamaError) -> [Int32] {
        let bytes = text.utf8.map(CChar.init(bitPattern:))
        guard let length = Int32(exactly: bytes.count), length < .max / 2 else {
            throw LlamaError(code: .tokenize, message: "the text has more than 2^30 bytes")
        }
        let error = ErrorText()
        var tokens = [Int32](repeating: 0, count: bytes.count / 2 + 16)
        for _ in 0..<2 {
            let count = unsafe nexus_llama_tokenize(
                vocabulary, bytes, length, &tokens, Int32(tokens.count), addsSpecial, parsesSpecial, error.pointer,
                ErrorText.size)
            if count >= 0 { return Array(tokens.prefix(Int(count))) }
            if count == NEXUS_LLAMA_THREW_STATUS { break }
            tokens = [Int32](repeating: 0, count: Int(-count))
        }
        throw LlamaError(
            code: .tokenize, message: error.text(or: "the text has characters outside the model's vocabulary"))
    }

    /// The bytes that a token stands for; they need not be whole characters. Control tokens stand for nothing unless
    /// `special` is set.
    public func piece(_ token: Int32, special: Bool = false) -> [UInt8] {
        guard token >= 0, token < vocabularyCount else { return [] }
        var capacity = 64
        for _ in 0..<2 {
            let (count, bytes) = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { room in
                let count = unsafe nexus_llama_piece(
                    vocabulary, token, room.baseAddress, Int32(room.count), special)
                return unsafe (Int(count), count > 0 ? Array(UnsafeRawBufferPointer(room)[..<Int(count)]) : [])
            }
            if count >= 0 { return bytes }
            if count == Int(NEXUS_LLAMA_THREW_STATUS) { return [] }
            capacity = -count
        }
        return []
    }
}

/// The shim's status for an exception; the macro is an expression that Swift does not import.
let NEXUS_LLAMA_THREW_STATUS = Int32.min
