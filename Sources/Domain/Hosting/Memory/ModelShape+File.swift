public import GGUF

extension ModelShape {
    /// The shape of a model file. What the file does not say gets llama.cpp's default; nothing is refused here, because
    /// `GGUFFile` has checked the file already.
    ///
    /// Source: `llama_model_base::load_hparams`, `llama_hparams` and the architectures' `load_arch_hparams` of llama.cpp.
    ///
    /// - Parameter file: a checked file, of a language model, an encoder or a projector.
    public init(_ file: GGUFFile) {
        let header = Header(file)
        architecture = file.metadata.architecture ?? "unknown"
        embeddingWidth = header.embeddingWidth
        vocabularySize = header.vocabularySize
        trainedContext = header.trainedContext
        slidingWindow = header.slidingWindow
        writesText = header.writesText
        tensorCount = file.tensors.count
        fileBytes = file.byteCount
        parameterCount = file.tensors.reduce(0) { $0 &+ $1.elementCount }
        var bytes: [String: UInt64] = [:]
        var repackable: UInt64 = 0
        var input: UInt64 = 0
        var output: UInt64 = 0
        var perLayer = [(all: UInt64, experts: UInt64)](repeating: (0, 0), count: header.layerCount)
        for tensor in file.tensors {
            let size = UInt64(tensor.byteRange.count)
            bytes[tensor.type.label, default: 0] &+= size
            if Self.isRepacked(tensor) { repackable &+= size }
            switch Place(tensor.name, layerCount: header.layerCount) {
            case .layer(let index):
                perLayer[index].all &+= size
                if tensor.name.contains("_exps") { perLayer[index].experts &+= size }
            case .input: input &+= size
            case .output: output &+= size
            }
        }
        bytesByType = bytes
        repackableBytes = repackable
        let isTied = !file.tensors.contains { $0.name == "output.weight" || $0.name.hasPrefix("cls.") }
        ends = Ends(inputBytes: input, outputBytes: output, isTied: isTied)
        layers = perLayer.enumerated().map { index, sizes in
            header.layer(index, weightBytes: sizes.all, expertBytes: sizes.experts)
        }
        let texts = header.vocabularyTexts
        vocabularyBytes = texts.bytes
        vocabularyTextCount = texts.count
        projection = header.projection
    }

    /// Where a tensor stands, by its name.
    private enum Place {
        case layer(Int), input, output

        init(_ name: String, layerCount: Int) {
            let parts = name.split(separator: ".", maxSplits: 2)
            if parts.count > 1, parts[0] == "blk", let index = Int(parts[1]), (0..<layerCount).contains(index) {
                self = .layer(index)
            } else {
                self = Self.inputNames.contains(String(parts.first ?? "")) ? .input : .output
            }
        }

        private static let inputNames: Set<String> = [
            "token_embd", "token_types", "position_embd", "token_embd_norm", "per_layer_token_embd", "rope_freqs",
        ]
    }

    /// Whether a matrix is copied into the order of the processor's kernels while it is loaded.
    ///
    /// Source: `ggml_repack_get_optimal_repack_type` of ggml, for x86 with AVX2. Token embeddings are looked up, not multiplied,
    /// and stay as they are.
    private static func isRepacked(_ tensor: GGUFTensor) -> Bool {
        guard tensor.dimensions.count > 1, tensor.dimensions[1].isMultiple(of: 8),
            tensor.name.hasSuffix(".weight"), !tensor.name.hasPrefix("token_embd")
        else { return false }
        switch tensor.type {
        case .q4_0, .q4K, .iq4NL, .mxfp4: return true
        default: return false
        }
    }
}
