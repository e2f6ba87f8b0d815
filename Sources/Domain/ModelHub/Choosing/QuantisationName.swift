/// What the name of a GGUF file tells: the quantisation, and which part of how many it is.
///
/// Differs from llama.cpp's `get_gguf_split_info` in that only words that are a quantisation count as one.
struct GGUFName: Sendable, Equatable {
    /// The path without the mark of its part and without `.gguf`.
    let stem: String
    /// Upper case: `Q4_K_M`, `UD-IQ2_XXS`; `nil` where the name tells none.
    let quantisation: String?
    /// Counts from 1.
    let part: Int
    let partCount: Int

    /// `nil` for what is no GGUF file.
    init?(path: String) {
        guard path.lowercased().hasSuffix(".gguf") else { return nil }
        var stem = path.dropLast(5)
        var part = 1
        var partCount = 1
        // model-00001-of-00003.gguf: the form that llama.cpp's gguf-split writes.
        let words = stem.split(separator: "-", omittingEmptySubsequences: false)
        if words.count >= 4, words[words.count - 2] == "of", let number = Self.partNumber(words[words.count - 3]),
            let count = Self.partNumber(words[words.count - 1]), (1...count).contains(number)
        {
            (part, partCount) = (number, count)
            stem = stem.dropLast("-00001-of-00003".count)
        }
        self.stem = String(stem)
        self.part = part
        self.partCount = partCount
        quantisation = Self.quantisation(in: stem.split(separator: "/").last ?? stem)
    }

    private static func partNumber(_ word: Substring) -> Int? {
        guard word.utf8.count == 5, word.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(word)
    }

    /// The last word of a name that is a quantisation, with `UD-` before it where the name has that.
    static func quantisation(in name: Substring) -> String? {
        let words = name.split { $0 == "-" || $0 == "." }
        guard let index = words.lastIndex(where: { isQuantisation($0.uppercased()) }) else { return nil }
        let word = words[index].uppercased()
        return index > 0 && words[index - 1].uppercased() == "UD" ? "UD-\(word)" : word
    }

    /// `Q4_K_M`, `Q8_0`, `IQ2_XXS`, `TQ1_0`, `MXFP4`, `MXFP4_MOE`, `F16`, `FP16`, `BF16`, `F32`.
    static func isQuantisation(_ word: String) -> Bool {
        if ["F16", "FP16", "BF16", "F32", "FP32"].contains(word) { return true }
        for prefix in ["IQ", "TQ", "Q", "MXFP", "NVFP"] where word.hasPrefix(prefix) {
            let rest = word.dropFirst(prefix.count)
            let bits = rest.prefix { $0.isASCII && $0.isNumber }
            guard (1...2).contains(bits.count) else { continue }
            let tail = rest.dropFirst(bits.count)
            return tail.isEmpty
                || tail.hasPrefix("_")
                    && tail.utf8.allSatisfy { $0 == 0x5F || (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
        }
        return false
    }

    /// What is taken when nothing is said, best first: four bits, as Ollama and llama.cpp do, then what is near.
    static let preferences = [
        "Q4_K_M", "UD-Q4_K_XL", "Q4_K_L", "Q4_K_S", "IQ4_NL", "IQ4_XS", "Q4_1", "Q4_0", "MXFP4", "MXFP4_MOE", "Q5_K_M",
        "UD-Q5_K_XL", "Q5_K_L", "Q5_K_S", "Q5_1", "Q5_0", "Q6_K", "Q6_K_L", "UD-Q6_K_XL", "Q8_0", "UD-Q8_K_XL",
        "Q3_K_M", "UD-Q3_K_XL", "Q3_K_L", "Q3_K_XL", "Q3_K_S", "IQ3_M", "IQ3_S", "IQ3_XS", "IQ3_XXS", "F16", "FP16",
        "BF16", "F32", "FP32", "Q2_K", "Q2_K_L", "UD-Q2_K_XL", "Q2_K_S", "IQ2_M", "IQ2_S", "IQ2_XS", "IQ2_XXS",
        "TQ2_0", "TQ1_0", "IQ1_M", "IQ1_S",
    ]
}
