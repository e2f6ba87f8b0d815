import Configuration
import Vocabulary

extension ValueKind where Value == LogitBias {
    /// llama-server's `TOKEN+BIAS`; `inf` is a bias too.
    static var logitBias: ValueKind {
        .argument("TOKEN+BIAS or TOKEN-BIAS, such as 15043-1.5", placeholder: "TOKEN±BIAS") { text in
            guard let sign = text.firstIndex(where: { $0 == "+" || $0 == "-" }), let token = Int32(text[..<sign]),
                token >= 0, let bias = Double(text[text.index(after: sign)...]), !bias.isNaN, bias.sign == .plus
            else { return nil }
            return LogitBias(.token(token), bias: text[sign] == "-" ? -bias : bias)
        }
    }
}

extension ValueKind where Value == [SamplerKind] {
    /// `top_k;top_p`, also with dashes and with the longer names that llama-server takes.
    static var samplers: ValueKind {
        let names = SamplerKind.allCases.map(\.rawValue).joined(separator: ", ")
        return .argument("names out of \(names), separated by semicolons", placeholder: "A;B") { text in
            let parts = text.split(separator: ";").map { sampler(named: $0.trimmingSpaces) }
            let known = parts.compactMap(\.self)
            return known.count == parts.count && !known.isEmpty && known.count <= countMax ? known : nil
        }
    }

    /// One letter for each sampler.
    static var samplerLetters: ValueKind {
        let letters = String(byLetter.keys.sorted())
        return .argument("letters out of \(letters)", placeholder: "LETTERS") { text in
            let parts = text.map { byLetter[$0] }
            let known = parts.compactMap(\.self)
            return known.count == parts.count && !known.isEmpty && known.count <= countMax ? known : nil
        }
    }

    private static var countMax: Int { 64 }

    /// Source: `common_sampler_type_to_chr` of llama.cpp.
    private static var byLetter: [Character: SamplerKind] {
        [
            "d": .dry, "k": .topK, "y": .typicalP, "p": .topP, "s": .topNSigma, "m": .minP, "t": .temperature,
            "x": .xtc, "i": .infill, "e": .penalties, "a": .adaptiveP,
        ]
    }

    /// Source: `common_sampler_types_from_names` of llama.cpp, which takes `top_k`, `top-k` and `topk`.
    private static func sampler(named name: String) -> SamplerKind? {
        func plain(_ text: String) -> String { text.lowercased().filter { $0 != "-" && $0 != "_" } }
        switch plain(name) {
        case "nucleus": return .topP
        case "typ", "typical", "typicalp": return .typicalP
        case "temp": return .temperature
        case let name: return SamplerKind.allCases.first { plain($0.rawValue) == name }
        }
    }
}
