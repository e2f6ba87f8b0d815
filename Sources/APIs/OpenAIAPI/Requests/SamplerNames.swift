import JSONText
import Vocabulary

/// The names of samplers that llama-server knows: long ones, older spellings, and one letter each.
///
/// Source: `common_sampler_types_from_names` and `common_sampler_type_to_chr` in `common/sampling.cpp` of llama.cpp. It
/// ignores what it does not know; here that is an error.
enum SamplerNames {
    private static let others: [(String, SamplerKind)] = [
        ("nucleus", .topP), ("typical_p", .typicalP), ("typical", .typicalP), ("typ", .typicalP),
        ("temp", .temperature),
    ]

    /// Samplers that there were once; clients still name them, and without them the others do the same.
    private static let gone: Set<String> = ["tfs_z", "tfs", "tail_free"]

    private static let letters: [(Character, SamplerKind)] = [
        ("e", .penalties), ("d", .dry), ("s", .topNSigma), ("k", .topK), ("y", .typicalP), ("p", .topP), ("m", .minP),
        ("x", .xtc), ("t", .temperature), ("i", .infill), ("a", .adaptiveP),
    ]

    /// The order of samplers: an array of names, names joined by `;`, or a string of letters.
    static func order(_ field: JSONField) throws(JSONFieldError) -> [SamplerKind] {
        if case .string(let text) = field.value { return try order(text, field) }
        guard field.value.array != nil else {
            throw field.fail("must be an array of names or a string of letters, not \(field.value.kind)")
        }
        var kinds: [SamplerKind] = []
        for element in try field.elements(countMax: RequestBounds.samplersMax) {
            let name = try element.string()
            if gone.contains(name) { continue }
            guard let kind = kind(name) else { throw element.fail(problem(name)) }
            kinds.append(kind)
        }
        return kinds
    }

    private static func order(_ text: String, _ field: JSONField) throws(JSONFieldError) -> [SamplerKind] {
        guard text.utf8.count <= RequestBounds.samplersMax * 16 else { throw field.fail("is too long") }
        var kinds: [SamplerKind] = []
        if text.contains(";") || kind(text) != nil {
            for part in text.split(separator: ";") {
                let name = part.trimmingSpaces
                guard let kind = kind(name) else { throw field.fail(problem(name)) }
                kinds.append(kind)
            }
        } else {
            for letter in text {
                guard let kind = letters.first(where: { $0.0 == letter })?.1 else {
                    let known = letters.map { "\($0.0) \($0.1.rawValue)" }.joined(separator: ", ")
                    throw field.fail("has the unknown letter \"\(letter)\"; known are \(known)")
                }
                kinds.append(kind)
            }
        }
        guard kinds.count <= RequestBounds.samplersMax else {
            throw field.fail("has \(kinds.count) samplers, at most \(RequestBounds.samplersMax) are allowed")
        }
        return kinds
    }

    private static func kind(_ name: String) -> SamplerKind? {
        let name = name.lowercased().replacing("-", with: "_")
        return SamplerKind(rawValue: name) ?? others.first { $0.0 == name }?.1
    }

    private static func problem(_ name: String) -> String {
        let known = SamplerKind.allCases.map(\.rawValue)
        let said = "names the unknown sampler \"\(name.prefix(40))\""
        if let near = NearestName.of(name, among: known + others.map(\.0)) {
            return "\(said); did you mean \"\(near)\"?"
        }
        return "\(said); known are \(known.joined(separator: ", "))"
    }
}

extension Substring {
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
