/// What the names of model files say, by the habits of those who publish them.
///
/// Source: the GGUF naming convention (ggml, `docs/gguf.md`): base name, size, fine tune, version, encoding, type and shard,
/// with dashes between them; and llama.cpp's `llama_split_path` for parts: `name-00001-of-00003.gguf`.
public struct FileNaming: Sendable, Equatable {
    /// Without suffix, part number and quantisation.
    public let base: String
    /// `Q4_K_M`, when the name ends with one.
    public let quantization: String?
    /// Of a model in several files: how many, and which one this is, from 0.
    public let part: Part?

    public struct Part: Sendable, Equatable {
        public let count: Int
        public let index: Int

        public init(count: Int, index: Int) {
            self.count = count
            self.index = index
        }
    }

    /// - Parameter fileName: the last component of a path.
    public init(_ fileName: String) {
        var stem = fileName
        if let dot = stem.lastIndex(of: "."), dot > stem.startIndex { stem = String(stem[..<dot]) }
        let (whole, part) = Self.part(of: stem)
        self.part = part
        (base, quantization) = Self.quantization(of: whole)
    }

    /// Whether a file's name says that it belongs to another one and reads images or recordings for it.
    public static func isProjector(_ fileName: String) -> Bool { fileName.lowercased().contains("mmproj") }

    /// `-00001-of-00003` at the end.
    private static func part(of stem: String) -> (String, Part?) {
        let words = stem.split(separator: "-", omittingEmptySubsequences: false)
        guard words.count > 3, words[words.count - 2] == "of", let count = number(words[words.count - 1]),
            let number = number(words[words.count - 3]), (1...count).contains(number)
        else { return (stem, nil) }
        return (words.dropLast(3).joined(separator: "-"), Part(count: count, index: number - 1))
    }

    /// Five digits, as `llama_split_path` writes them.
    private static func number(_ text: Substring) -> Int? {
        text.utf8.count == 5 && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }

    private static func quantization(of stem: String) -> (String, String?) {
        for separator in ["-", "."] as [Character] {
            guard let place = stem.lastIndex(of: separator), place > stem.startIndex else { continue }
            let word = stem[stem.index(after: place)...]
            guard isQuantization(word.uppercased()) else { continue }
            var base = String(stem[..<place])
            // "UD-Q4_K_XL" and "i1-Q4_K_M" are makers' marks for how it was quantised.
            for mark in ["-UD", "-i1"] where base.hasSuffix(mark) && base.count > mark.count {
                base.removeLast(mark.count)
                return (base, "\(mark.dropFirst())-\(word)")
            }
            return (base, String(word))
        }
        return (stem, nil)
    }

    /// `F16`, `BF16`, `Q8_0`, `Q4_K_M`, `IQ2_XXS`, `TQ1_0`, `MXFP4`.
    private static func isQuantization(_ word: String) -> Bool {
        if ["F32", "F16", "BF16", "FP16", "FP32", "MXFP4", "NVFP4", "MXFP4_MOE"].contains(word) { return true }
        let letters = word.prefix { $0 == "I" || $0 == "T" || $0 == "Q" }
        guard ["Q", "IQ", "TQ"].contains(letters) else { return false }
        let rest = word.dropFirst(letters.count).split(separator: "_", omittingEmptySubsequences: false)
        guard let bits = rest.first, bits.count == 1, let digit = bits.first, digit.isASCII, digit.isNumber,
            (2...4).contains(rest.count)
        else { return false }
        let words: Set<Substring> = ["0", "1", "K", "S", "M", "L", "XS", "XXS", "XL", "NL", "4", "8"]
        return rest.dropFirst().allSatisfy { words.contains($0) }
    }
}
