public import GGUF

/// What a LoRA adapter's file says, checked against the model that it is for.
///
/// llama.cpp checks some of this itself, believes the rest, and ends the process for a value of another type than it
/// expects. Nothing of a file that fails here reaches it.
///
/// Source: `llama_adapter_lora_init_impl` of llama.cpp. Differs from it in: the types, inner sizes and numbers of tensors
/// are checked, adapters that wait for certain tokens ("aLoRA") are refused.
public struct AdapterFile: Sendable, Equatable {
    /// Divided by the rank it is the strength at scale 1; 0 takes the scale as it is.
    public let alpha: Float
    /// The largest rank of a pair.
    public let rank: Int
    /// Tensors of the model that it changes.
    public let pairCount: Int
    /// Tensors of norms, which llama.cpp leaves out.
    public let skippedCount: Int
    /// What it is for, in the words of whoever made it; empty without.
    public let taskName: String
    /// What prompts for it are to begin with; empty without.
    public let promptPrefix: String

    /// Larger ranks are damage, not training.
    public static let rankMax: UInt64 = 16_384
    /// The types that adapters are written in, and that llama.cpp multiplies with everywhere.
    private static let types: Set<TensorType> = [.f32, .f16, .bf16, .q8_0]

    /// - Parameters:
    ///   - adapter: the adapter's file.
    ///   - model: the file of the model that it is to change.
    /// - Throws: `adapter`, with what does not fit.
    public init(_ adapter: GGUFFile, for model: GGUFFile) throws(LlamaError) {
        try Self.demand("general.type", of: adapter, "adapter")
        try Self.demand("adapter.type", of: adapter, "lora")
        guard let architecture = model.metadata.architecture else {
            throw Self.refusal("the model does not say its architecture")
        }
        try Self.demand("general.architecture", of: adapter, architecture)
        alpha = try Self.alpha(of: adapter)
        guard adapter.metadata["adapter.alora.invocation_tokens"] == nil else {
            throw Self.refusal(
                "it is to work from certain tokens of a prompt on (aLoRA), and adapters work on whole prompts here; "
                    + "take one that was trained without adapter.alora.invocation_tokens")
        }
        var pairs: [String: Pair] = [:]
        var skippedCount = 0
        for tensor in adapter.tensors {
            if let base = tensor.name.dropping(suffix: ".lora_a") {
                pairs[base, default: Pair()].a = tensor
            } else if let base = tensor.name.dropping(suffix: ".lora_b") {
                pairs[base, default: Pair()].b = tensor
            } else if tensor.name.hasSuffix("_norm.weight") {
                skippedCount += 1
            } else {
                throw Self.refusal("its tensor \(tensor.name) is no part of a LoRA")
            }
        }
        guard !pairs.isEmpty else { throw Self.refusal("it has no tensors") }
        let bases = Dictionary(model.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var rank: UInt64 = 0
        for (name, pair) in pairs.sorted(by: { $0.key < $1.key }) {
            guard let base = bases[name] else { throw Self.refusal("the model has no tensor \(name)") }
            // llama.cpp would use the pair for the output too, where its sizes do not fit, and end the process.
            guard name != Pair.lookup || bases["output.weight"] != nil else {
                throw Self.refusal("it changes \(name), which this model uses for its output too")
            }
            rank = max(rank, try pair.rank(for: base))
        }
        self.rank = Int(rank)
        pairCount = pairs.count
        self.skippedCount = skippedCount
        taskName = Self.note("adapter.lora.task_name", of: adapter)
        promptPrefix = Self.note("adapter.lora.prompt_prefix", of: adapter)
    }

    /// Reads and checks a file, with all its numbers.
    ///
    /// - Parameters:
    ///   - path: the adapter's file.
    ///   - model: the file of the model that it is to change.
    /// - Throws: `adapter`, with what is damaged or does not fit.
    public init(path: String, for model: GGUFFile) throws(LlamaError) {
        let header: GGUFFile
        let bytes: FileBytes
        do {
            bytes = try FileBytes(path: path)
            header = try GGUFFile.read(from: bytes)
        } catch {
            throw LlamaError(code: .adapter, message: "\(error)")
        }
        try self.init(header, for: model)
        for tensor in header.tensors {
            let areFinite: Bool
            do {
                areFinite = try FiniteWeights(tensor.type)?.hold(in: tensor, of: bytes) ?? true
            } catch {
                throw LlamaError(code: .adapter, message: "\(error)")
            }
            guard areFinite else {
                throw Self.refusal("\(tensor.name) has numbers that are infinite or none: the file is damaged")
            }
        }
    }

    /// Texts that only people read are cut, as in llama-server, which keeps a kilobyte.
    private static func note(_ key: String, of file: GGUFFile) -> String {
        String(file.metadata[key]?.string?.prefix(1_024) ?? "")
    }

    private static func demand(_ key: String, of file: GGUFFile, _ wanted: String) throws(LlamaError) {
        guard let found = file.metadata[key]?.string else { throw refusal("it has no text in \(key)") }
        guard found == wanted else { throw refusal("its \(key) is '\(found.prefix(64))', not '\(wanted)'") }
    }

    private static func alpha(of file: GGUFFile) throws(LlamaError) -> Float {
        guard let value = file.metadata["adapter.lora.alpha"] else { return 0 }
        guard case .float32(let alpha) = value, alpha.isFinite else {
            throw refusal("its adapter.lora.alpha is no finite number of 32 bits")
        }
        return alpha
    }

    fileprivate static func refusal(_ reason: String) -> LlamaError {
        LlamaError(code: .adapter, message: "The adapter does not fit: \(reason).")
    }

    /// The two tensors whose product is added to one of the model's.
    private struct Pair {
        var a: GGUFTensor?
        var b: GGUFTensor?

        static let lookup = "token_embd.weight"

        /// Checks both against the model's tensor.
        func rank(for base: GGUFTensor) throws(LlamaError) -> UInt64 {
            guard let a, let b else { throw refusal("of the pair for \(base.name) one half is missing") }
            for tensor in [a, b] where !types.contains(tensor.type) {
                throw refusal("\(tensor.name) is \(tensor.type.label), not F32, F16, BF16 or Q8_0")
            }
            // Rows of embeddings are looked up by token, so that there A and B change places.
            let isLookup = base.name == Self.lookup
            let (input, output) = isLookup ? (a.size(1), b.size(1)) : (a.size(0), b.size(1))
            let wanted = isLookup ? (base.size(1), base.size(0)) : (base.size(0), base.size(1))
            let ranks = (isLookup ? a.size(0) : a.size(1), b.size(0))
            guard base.dimensions.count >= 2, (input, output) == wanted,
                (a.size(2), a.size(3)) == (base.size(2), base.size(3)),
                (b.size(2), b.size(3)) == (base.size(2), base.size(3))
            else {
                throw refusal(
                    "\(base.name) is \(base.shape) in the model, and its pair is \(a.shape) and \(b.shape)")
            }
            guard ranks.0 == ranks.1, (1...rankMax).contains(ranks.0) else {
                throw refusal("the pair for \(base.name) has the ranks \(ranks.0) and \(ranks.1)")
            }
            return ranks.0
        }
    }
}

extension GGUFTensor {
    /// One size; 1 beyond the last.
    fileprivate func size(_ index: Int) -> UInt64 { index < dimensions.count ? dimensions[index] : 1 }
    fileprivate var shape: String { dimensions.map(String.init).joined(separator: " x ") }
}

extension String {
    fileprivate func dropping(suffix: String) -> String? {
        hasSuffix(suffix) && count > suffix.count ? String(dropLast(suffix.count)) : nil
    }
}
