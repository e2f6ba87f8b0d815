/// How a model's weights may be stored, with what that costs in bits and in quality.
public struct Quantization: Sendable, Equatable {
    /// "Q4_K_M".
    public let name: String
    /// Bits of a weight, on average over a whole file.
    public let bitsPerWeight: Double
    /// How much larger perplexity becomes: 0.03 is three percent.
    public let loss: Double
    /// Of a layer's bytes, the share that llama.cpp copies into another order for processors with AVX2.
    ///
    /// Source: the types that `llama_tensor_get_type` gives to a layer's matrices, and those that ggml's CPU backend repacks
    /// (Q4_0, Q4_K, IQ4_NL, MXFP4); reckoned for Llama-3-8B.
    public var repackedShare = 0.0

    /// From the most bits to the fewest.
    ///
    /// Sources: bits from the sizes, losses from the perplexities that llama.cpp's `quantize --help` tells of
    /// Llama-3-8B (8.03 billion weights; 6.2332 unquantised). Smaller models lose more.
    public static let all: [Quantization] = [
        Quantization(name: "F16", bitsPerWeight: 16, loss: 0),
        listed("Q8_0", gibibytes: 7.96, perplexity: 0.0026),
        listed("Q6_K", gibibytes: 6.14, perplexity: 0.0217),
        listed("Q5_K_M", gibibytes: 5.33, perplexity: 0.0569),
        listed("Q5_K_S", gibibytes: 5.21, perplexity: 0.1049),
        listed("Q4_K_M", gibibytes: 4.58, perplexity: 0.1754, repackedShare: 0.8),
        listed("Q4_K_S", gibibytes: 4.37, perplexity: 0.2689, repackedShare: 0.95),
        listed("Q3_K_L", gibibytes: 4.03, perplexity: 0.5562),
        listed("Q3_K_M", gibibytes: 3.74, perplexity: 0.6569, repackedShare: 0.4),
        listed("Q3_K_S", gibibytes: 3.41, perplexity: 1.6321),
        listed("Q2_K", gibibytes: 2.96, perplexity: 3.5199),
    ]

    /// Those that publishers of GGUF files offer nearly always; what is recommended for download is one of them.
    public static let common = ["Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q3_K_M", "Q2_K"].compactMap { named($0) }

    /// By name, in any case; types that are not in the list have their nearest relation's loss, or none.
    public static func named(_ name: String) -> Quantization? {
        let wanted = name.uppercased()
        if let exact = all.first(where: { $0.name == wanted }) { return exact }
        switch wanted {
        case "F32": return Quantization(name: "F32", bitsPerWeight: 32, loss: 0)
        case "BF16": return Quantization(name: "BF16", bitsPerWeight: 16, loss: 0)
        case "Q4_0": return listed("Q4_0", gibibytes: 4.34, perplexity: 0.4685, repackedShare: 1)
        case "Q4_1": return listed("Q4_1", gibibytes: 4.78, perplexity: 0.4511)
        case "Q5_0": return listed("Q5_0", gibibytes: 5.21, perplexity: 0.1316)
        case "Q5_1": return listed("Q5_1", gibibytes: 5.65, perplexity: 0.1062)
        // Models that were trained in it lose nothing. 17 bytes for 32 weights.
        case "MXFP4": return Quantization(name: "MXFP4", bitsPerWeight: 4.25, loss: 0, repackedShare: 0.95)
        default: return nil
        }
    }

    private static func listed(
        _ name: String, gibibytes: Double, perplexity: Double, repackedShare: Double = 0
    ) -> Quantization {
        Quantization(
            name: name, bitsPerWeight: gibibytes * 8 * 1_073_741_824 / 8.03e9, loss: perplexity / 6.2332,
            repackedShare: repackedShare)
    }
}

extension Quantization {
    /// One under another name: that of the list with the nearest number of bits.
    ///
    /// - Parameters:
    ///   - bitsPerWeight: of the file.
    ///   - name: as the file calls it.
    /// - Returns: with the loss of that one.
    public static func nearest(bitsPerWeight: Double, named name: String) -> Quantization {
        let closest = all.min { abs($0.bitsPerWeight - bitsPerWeight) < abs($1.bitsPerWeight - bitsPerWeight) }
        return Quantization(name: name, bitsPerWeight: bitsPerWeight, loss: closest?.loss ?? 0)
    }
}
