import GGUF
import LlamaRuntime
import Vocabulary

/// What of a file and a command line cannot go together, found before llama.cpp loads anything.
enum ModelChecks {
    /// - Throws: `ServiceError` that says what to change.
    static func check(_ file: GGUFFile, _ arguments: EngineArguments) throws(ServiceError) {
        if let (first, second) = file.duplicateTokens {
            throw ServiceError(
                .invalidValue,
                "The model file \(arguments.modelPath) cannot be used: its tokens \(first) and \(second) are the same text.",
                hint: "Convert the model again: each token needs a text of its own.")
        }
        for override in arguments.placing.metadata { try check(override, file) }
        guard arguments.computing.use == .text else { return }
        let computing = arguments.computing
        try checkCache(file, computing.keyType, computing.flashAttention, "key")
        try checkCache(file, computing.valueType, computing.flashAttention, "value")
        let isLatent = natural(file, "attention.key_length_mla") != nil
        if isLatent, computing.keyType != computing.valueType {
            throw ServiceError(
                .invalidValue,
                "This model keeps keys and values in one, so --cache-type-k \(computing.keyType.rawValue) and "
                    + "--cache-type-v \(computing.valueType.rawValue) must be the same.",
                hint: "Give both the same type.")
        }
    }

    /// llama.cpp passes over what has another type than the file's entry, with a line in its log.
    private static func check(_ override: MetadataOverride, _ file: GGUFFile) throws(ServiceError) {
        guard let value = file.metadata[override.key] else { return }
        let fits: Bool
        let type: String
        switch override.value {
        case .integer: (fits, type) = (value.integer != nil, "int")
        case .number: (fits, type) = (value.number != nil && value.integer == nil, "float")
        case .bool: (fits, type) = ({ if case .bool = value { true } else { false } }(), "bool")
        case .text: (fits, type) = (value.string != nil, "str")
        }
        guard !fits else { return }
        throw ServiceError(
            .invalidValue, "--override-kv \(override.key) has the type \(type), and the file another one.",
            hint: "Write the type that the file has: int, float, bool or str.")
    }

    /// A head must be whole blocks of the number format, or a row of all heads where attention looks at rows.
    private static func checkCache(
        _ file: GGUFFile, _ type: CacheType, _ attention: FlashAttention, _ what: String
    ) throws(ServiceError) {
        guard type.isQuantized, let length = headLength(file, what) else { return }
        let heads = natural(file, "attention.head_count_kv") ?? natural(file, "attention.head_count") ?? 1
        let counted = attention == .off ? length * heads : length
        guard counted % type.blockSize != 0 else { return }
        let unit = attention == .off ? "all heads have" : "a head has"
        throw ServiceError(
            .invalidValue,
            "The \(what)s of this model cannot be kept as \(type.rawValue): \(unit) \(counted) numbers, which are no whole "
                + "blocks of \(type.blockSize).",
            hint: "Take f16, bf16 or f32 for --cache-type-\(what == "key" ? "k" : "v").")
    }

    /// Numbers of one head; `nil` where the file does not say, or layers differ.
    private static func headLength(_ file: GGUFFile, _ what: String) -> Int? {
        if let length = natural(file, "attention.\(what)_length") { return length }
        guard let embedding = natural(file, "embedding_length"), let heads = natural(file, "attention.head_count"),
            heads > 0
        else { return nil }
        return embedding / heads
    }

    private static func natural(_ file: GGUFFile, _ key: String) -> Int? {
        file.metadata.ofArchitecture(key)?.integer.flatMap { $0 > 0 ? Int($0) : nil }
    }
}
