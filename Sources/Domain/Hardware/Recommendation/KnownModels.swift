extension KnownModel {
    /// Well-known open models, as of 2026-11. Shapes are those of the `config.json` that their makers publish.
    ///
    /// A list like this is old on the day it is made: the catalogue's own models always come besides.
    public static let all: [KnownModel] = qwen + llama + google + others + embedders

    private static let talk: Set<UseCase> = [.chat, .writing, .translation, .longDocuments]
    private static let able: Set<UseCase> = [.chat, .writing, .translation, .longDocuments, .toolUse, .code]
    private static let thinking: Set<UseCase> = [
        .chat, .writing, .translation, .longDocuments, .toolUse, .code, .reasoning,
    ]

    private static let qwen: [KnownModel] = [
        qwen25("0.5B", 0.494, 24, 896, 14, 2, 64, 4_864, 151_936, isTied: true),
        qwen25("1.5B", 1.54, 28, 1_536, 12, 2, 128, 8_960, 151_936, isTied: true),
        qwen25("3B", 3.09, 36, 2_048, 16, 2, 128, 11_008, 151_936, isTied: true, licence: "Qwen Research"),
        qwen25("7B", 7.62, 28, 3_584, 28, 4, 128, 18_944, 152_064),
        qwen25("14B", 14.77, 48, 5_120, 40, 8, 128, 13_824, 152_064),
        qwen25("32B", 32.76, 64, 5_120, 40, 8, 128, 27_648, 152_064),
        qwen25("72B", 72.71, 80, 8_192, 64, 8, 128, 29_568, 152_064, licence: "Qwen"),
        qwen25("Coder-1.5B", 1.54, 28, 1_536, 12, 2, 128, 8_960, 151_936, isTied: true, uses: [.code]),
        qwen25("Coder-7B", 7.62, 28, 3_584, 28, 4, 128, 18_944, 152_064, uses: [.code]),
        qwen25("Coder-14B", 14.77, 48, 5_120, 40, 8, 128, 13_824, 152_064, uses: [.code]),
        qwen25("Coder-32B", 32.76, 64, 5_120, 40, 8, 128, 27_648, 152_064, uses: [.code]),
        qwen3("0.6B", 0.596, 28, 1_024, 16, 8, 3_072, isTied: true),
        qwen3("1.7B", 1.72, 28, 2_048, 16, 8, 6_144, isTied: true),
        qwen3("4B", 4.02, 36, 2_560, 32, 8, 9_728, isTied: true),
        qwen3("8B", 8.19, 36, 4_096, 32, 8, 12_288),
        qwen3("14B", 14.77, 40, 5_120, 40, 8, 17_408),
        qwen3("32B", 32.76, 64, 5_120, 64, 8, 25_600),
        qwen3("30B-A3B", 30.53, 48, 2_048, 32, 4, 6_144, experts: Experts(count: 128, used: 8, feedForwardWidth: 768)),
        qwen3(
            "235B-A22B", 235.09, 94, 4_096, 64, 4, 12_288,
            experts: Experts(count: 128, used: 8, feedForwardWidth: 1_536)),
        KnownModel(
            name: "Qwen2.5-VL-7B-Instruct", repository: "ggml-org/Qwen2.5-VL-7B-Instruct-GGUF", licence: "Apache-2.0",
            uses: [.vision, .chat], architecture: "qwen2vl", billions: 7.62, layers: 28, embeddingWidth: 3_584,
            headCount: 28, keyValueHeadCount: 4, headWidth: 128, feedForwardWidth: 18_944, vocabularySize: 152_064,
            contextTokens: 128_000, isTied: false, projectorBillions: 0.68),
    ]

    private static let llama: [KnownModel] = [
        llama(
            "Llama-3.2-1B-Instruct", "bartowski/Llama-3.2-1B-Instruct-GGUF", 1.24, 16, 2_048, 32, 64, 8_192,
            isTied: true),
        llama(
            "Llama-3.2-3B-Instruct", "bartowski/Llama-3.2-3B-Instruct-GGUF", 3.21, 28, 3_072, 24, 128, 8_192,
            isTied: true),
        llama("Llama-3.1-8B-Instruct", "bartowski/Meta-Llama-3.1-8B-Instruct-GGUF", 8.03, 32, 4_096, 32, 128, 14_336),
        llama("Llama-3.3-70B-Instruct", "bartowski/Llama-3.3-70B-Instruct-GGUF", 70.55, 80, 8_192, 64, 128, 28_672),
        llama(
            "DeepSeek-R1-Distill-Llama-8B", "bartowski/DeepSeek-R1-Distill-Llama-8B-GGUF", 8.03, 32, 4_096, 32, 128,
            14_336, licence: "MIT (from Llama 3.1 Community)", uses: [.reasoning]),
    ]

    private static let google: [KnownModel] = [
        gemma3("1b", 1.0, 26, 1_152, 4, 1, 256, 6_912, context: 32_768, window: 512, projector: 0),
        gemma3("4b", 3.88, 34, 2_560, 8, 4, 256, 10_240),
        gemma3("12b", 11.77, 48, 3_840, 16, 8, 256, 15_360),
        gemma3("27b", 27.01, 62, 5_376, 32, 16, 128, 21_504),
    ]

    private static let others: [KnownModel] = [
        KnownModel(
            name: "gpt-oss-20b", repository: "ggml-org/gpt-oss-20b-GGUF", licence: "Apache-2.0", uses: thinking,
            architecture: "gpt-oss", billions: 20.91, layers: 24, embeddingWidth: 2_880, headCount: 64,
            keyValueHeadCount: 8, headWidth: 64, feedForwardWidth: 2_880, vocabularySize: 201_088,
            contextTokens: 131_072, isTied: false, experts: Experts(count: 32, used: 4, feedForwardWidth: 2_880),
            window: Window(positions: 128, period: 2), quantization: "MXFP4"),
        KnownModel(
            name: "gpt-oss-120b", repository: "ggml-org/gpt-oss-120b-GGUF", licence: "Apache-2.0", uses: thinking,
            architecture: "gpt-oss", billions: 116.83, layers: 36, embeddingWidth: 2_880, headCount: 64,
            keyValueHeadCount: 8, headWidth: 64, feedForwardWidth: 2_880, vocabularySize: 201_088,
            contextTokens: 131_072, isTied: false, experts: Experts(count: 128, used: 4, feedForwardWidth: 2_880),
            window: Window(positions: 128, period: 2), quantization: "MXFP4"),
        plain(
            "Mistral-7B-Instruct-v0.3", "bartowski/Mistral-7B-Instruct-v0.3-GGUF", "Apache-2.0", talk.union([.toolUse]),
            "llama", 7.25, 32, 4_096, 32, 8, 128, 14_336, 32_768, context: 32_768),
        plain(
            "Mistral-Nemo-Instruct-2407", "bartowski/Mistral-Nemo-Instruct-2407-GGUF", "Apache-2.0",
            talk.union([.toolUse]), "llama", 12.25, 40, 5_120, 32, 8, 128, 14_336, 131_072, context: 131_072),
        plain(
            "Mistral-Small-24B-Instruct-2501", "bartowski/Mistral-Small-24B-Instruct-2501-GGUF", "Apache-2.0", able,
            "llama", 23.57, 40, 5_120, 32, 8, 128, 32_768, 131_072, context: 32_768),
        plain(
            "phi-4", "bartowski/phi-4-GGUF", "MIT", [.chat, .writing, .reasoning, .code], "phi3", 14.66, 40, 5_120, 40,
            10, 128, 17_920, 100_352, context: 16_384),
        plain(
            "Phi-3.5-mini-instruct", "bartowski/Phi-3.5-mini-instruct-GGUF", "MIT", talk.union([.reasoning]), "phi3",
            3.82, 32, 3_072, 32, 32, 96, 8_192, 32_064, context: 131_072),
        plain(
            "SmolLM2-1.7B-Instruct", "HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF", "Apache-2.0", [.chat, .writing],
            "llama", 1.71, 24, 2_048, 32, 32, 64, 8_192, 49_152, context: 8_192, isTied: true),
    ]

    private static let embedders: [KnownModel] = [
        embedder(
            "all-MiniLM-L6-v2", "second-state/All-MiniLM-L6-v2-Embedding-GGUF", "Apache-2.0", 0.0227, 6, 384, 12, 1_536,
            30_522, 512),
        embedder(
            "mxbai-embed-large-v1", "mixedbread-ai/mxbai-embed-large-v1", "Apache-2.0", 0.335, 24, 1_024, 16, 4_096,
            30_522, 512),
        embedder("bge-m3", "gpustack/bge-m3-GGUF", "MIT", 0.568, 24, 1_024, 16, 4_096, 250_002, 8_192),
        embedder(
            "bge-reranker-v2-m3", "gpustack/bge-reranker-v2-m3-GGUF", "Apache-2.0", 0.568, 24, 1_024, 16, 4_096,
            250_002, 8_192, uses: [.reranking]),
        qwen3(
            "Embedding-0.6B", 0.596, 28, 1_024, 16, 8, 3_072, isTied: true, uses: [.embeddings], context: 32_768),
        qwen3("Embedding-4B", 4.02, 36, 2_560, 32, 8, 9_728, isTied: true, uses: [.embeddings]),
    ]

    // MARK: Families

    private static func qwen25(
        _ size: String, _ billions: Double, _ layers: Int, _ width: Int, _ heads: Int, _ keyValueHeads: Int,
        _ headWidth: Int, _ feedForward: Int, _ vocabulary: Int, isTied: Bool = false, licence: String = "Apache-2.0",
        uses: Set<UseCase>? = nil
    ) -> KnownModel {
        KnownModel(
            name: "Qwen2.5-\(size)-Instruct", repository: "Qwen/Qwen2.5-\(size)-Instruct-GGUF", licence: licence,
            uses: uses ?? able, architecture: "qwen2", billions: billions, layers: layers, embeddingWidth: width,
            headCount: heads, keyValueHeadCount: keyValueHeads, headWidth: headWidth, feedForwardWidth: feedForward,
            vocabularySize: vocabulary, contextTokens: 32_768, isTied: isTied)
    }

    private static func qwen3(
        _ size: String, _ billions: Double, _ layers: Int, _ width: Int, _ heads: Int, _ keyValueHeads: Int,
        _ feedForward: Int, isTied: Bool = false, experts: Experts? = nil, uses: Set<UseCase>? = nil,
        context: Int = 40_960
    ) -> KnownModel {
        KnownModel(
            name: "Qwen3-\(size)", repository: "Qwen/Qwen3-\(size)-GGUF", licence: "Apache-2.0", uses: uses ?? thinking,
            architecture: experts == nil ? "qwen3" : "qwen3moe", billions: billions, layers: layers,
            embeddingWidth: width, headCount: heads, keyValueHeadCount: keyValueHeads, headWidth: 128,
            feedForwardWidth: feedForward, vocabularySize: 151_936, contextTokens: context, isTied: isTied,
            experts: experts)
    }

    private static func llama(
        _ name: String, _ repository: String, _ billions: Double, _ layers: Int, _ width: Int, _ heads: Int,
        _ headWidth: Int, _ feedForward: Int, isTied: Bool = false, licence: String = "Llama 3 Community",
        uses: Set<UseCase>? = nil
    ) -> KnownModel {
        KnownModel(
            name: name, repository: repository, licence: licence, uses: uses ?? able, architecture: "llama",
            billions: billions, layers: layers, embeddingWidth: width, headCount: heads, keyValueHeadCount: 8,
            headWidth: headWidth, feedForwardWidth: feedForward, vocabularySize: 128_256, contextTokens: 131_072,
            isTied: isTied)
    }

    private static func gemma3(
        _ size: String, _ billions: Double, _ layers: Int, _ width: Int, _ heads: Int, _ keyValueHeads: Int,
        _ headWidth: Int, _ feedForward: Int, context: Int = 131_072, window: Int = 1_024, projector: Double = 0.42
    ) -> KnownModel {
        KnownModel(
            name: "gemma-3-\(size)-it", repository: "ggml-org/gemma-3-\(size)-it-GGUF", licence: "Gemma",
            uses: projector > 0 ? talk.union([.vision]) : talk, architecture: "gemma3", billions: billions,
            layers: layers, embeddingWidth: width, headCount: heads, keyValueHeadCount: keyValueHeads,
            headWidth: headWidth, feedForwardWidth: feedForward, vocabularySize: 262_144, contextTokens: context,
            isTied: true, window: Window(positions: window, period: 6), projectorBillions: projector)
    }

    private static func plain(
        _ name: String, _ repository: String, _ licence: String, _ uses: Set<UseCase>, _ architecture: String,
        _ billions: Double, _ layers: Int, _ width: Int, _ heads: Int, _ keyValueHeads: Int, _ headWidth: Int,
        _ feedForward: Int, _ vocabulary: Int, context: Int, isTied: Bool = false
    ) -> KnownModel {
        KnownModel(
            name: name, repository: repository, licence: licence, uses: uses, architecture: architecture,
            billions: billions, layers: layers, embeddingWidth: width, headCount: heads,
            keyValueHeadCount: keyValueHeads, headWidth: headWidth, feedForwardWidth: feedForward,
            vocabularySize: vocabulary, contextTokens: context, isTied: isTied)
    }

    private static func embedder(
        _ name: String, _ repository: String, _ licence: String, _ billions: Double, _ layers: Int, _ width: Int,
        _ heads: Int, _ feedForward: Int, _ vocabulary: Int, _ context: Int, uses: Set<UseCase> = [.embeddings]
    ) -> KnownModel {
        KnownModel(
            name: name, repository: repository, licence: licence, uses: uses, architecture: "bert", billions: billions,
            layers: layers, embeddingWidth: width, headCount: heads, keyValueHeadCount: heads,
            headWidth: width / heads, feedForwardWidth: feedForward, vocabularySize: vocabulary,
            contextTokens: context, isTied: true, isEncoder: true)
    }
}
