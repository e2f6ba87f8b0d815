/// How a body can be compressed, best first.
public enum ContentCoding: String, Sendable, CaseIterable {
    case brotli = "br"
    case gzip

    /// The file name ending of a file that was compressed beforehand.
    var fileSuffix: String { self == .brotli ? ".br" : ".gz" }

    /// The coding among `offered` that the client likes best; `nil` for none. On a tie the first offered wins.
    /// Source: RFC 9110, section 12.5.3.
    static func negotiate(_ acceptEncoding: [String], offered: [Self] = allCases) -> Self? {
        var wildcard: Double?
        var weights: [String: Double] = [:]
        for element in acceptEncoding {
            let (name, weight) = parse(element)
            if name == "*" { wildcard = weight } else { weights[name] = weight }
        }
        var best: (coding: Self, weight: Double)?
        for coding in offered {
            let weight = weights[coding.rawValue] ?? wildcard ?? 0
            if weight > max(0, best?.weight ?? 0) { best = (coding, weight) }
        }
        guard let best, best.weight >= weights["identity"] ?? 0 else { return nil }
        return best.coding
    }

    /// A weight that cannot be read counts as 0: better no compression than an unwanted one.
    private static func parse(_ element: String) -> (name: String, weight: Double) {
        let parts = element.split(separator: ";").map { HTTPHeaders.trimmed($0) }
        let name = parts.first?.lowercased() ?? ""
        guard let quality = parts.dropFirst().first(where: { $0.lowercased().hasPrefix("q=") }) else {
            return (name, 1)
        }
        let weight = Double(quality.dropFirst(2)) ?? 0
        return (name, (0...1).contains(weight) ? weight : 0)
    }
}
