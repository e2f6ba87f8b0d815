/// What a header may ask for. The defaults are several times what the largest published models need.
public struct GGUFLimits: Sendable, Equatable {
    /// The whole header, in bytes: it is what reading costs in memory. Vocabularies of 260,000 tokens with their merges
    /// take about 20 MB.
    public var headerBytesMax: UInt64 = 256 << 20
    public var metadataCountMax: UInt64 = 65_536
    public var tensorCountMax: UInt64 = 131_072
    /// Arrays within arrays. The specification allows any depth, llama.cpp none.
    public var arrayDepthMax = 4
    /// Arrays inside other arrays, in the whole header: each takes several times more memory than its 12 bytes of file.
    public var nestedArrayCountMax: UInt64 = 65_536
    /// In bytes.
    public var alignmentMax: UInt64 = 1 << 20

    /// Specification: "A key … at most 2^16 - 1 bytes long".
    public static let keyLengthMax: UInt64 = 65_535
    /// Specification: "at most 64 bytes long". llama.cpp itself takes 63, because it adds a zero.
    public static let tensorNameLengthMax: UInt64 = 64
    /// `GGML_MAX_DIMS`.
    public static let dimensionCountMax: UInt32 = 4
    /// `GGUF_DEFAULT_ALIGNMENT`, in bytes.
    public static let alignmentDefault: UInt64 = 32

    public init() {}
}
