/// Memory bandwidth of well-known accelerators, for those that no model ran on yet.
///
/// Facts from the makers' data sheets, collected in 2026; in GB/s. What is not listed is not guessed.
enum PublishedBandwidth {
    /// Longer names stand before names that begin alike.
    private static let table: [(name: String, gigabytes: Double)] = [
        ("H200", 4_800), ("H100 NVL", 3_900), ("H100 PCIe", 2_000), ("H100", 3_350), ("A100-SXM4-80GB", 2_039),
        ("A100 80GB PCIe", 1_935), ("A100", 1_555), ("L40S", 864), ("L40", 864), ("L4", 300), ("A10G", 600),
        ("A10", 600), ("A40", 696), ("T4", 320), ("V100", 900), ("RTX 5090", 1_792), ("RTX 4090", 1_008),
        ("RTX 4080", 717), ("RTX 4070 Ti", 504), ("RTX 4070", 504), ("RTX 4060 Ti", 288), ("RTX 4060", 272),
        ("RTX 3090 Ti", 1_008), ("RTX 3090", 936), ("RTX 3080", 760), ("RTX 3070", 448), ("RTX 3060", 360),
        ("MI300X", 5_300), ("MI210", 1_638), ("7900 XTX", 960), ("7900 XT", 800), ("6900 XT", 512),
    ]

    /// Bytes per second; `nil` for one that is not listed.
    static func of(_ name: String) -> Double? {
        let words = name.split { $0 == " " || $0 == "-" || $0 == "/" }.map(String.init)
        return table.first { entry in
            let wanted = entry.name.split { $0 == " " || $0 == "-" }.map(String.init)
            return words.indices.contains { start in
                words.count - start >= wanted.count
                    && zip(words[start...], wanted).allSatisfy { $0.caseInsensitivelyEquals($1) }
            }
        }
        .map { $0.gigabytes * 1e9 }
    }
}

extension String {
    fileprivate func caseInsensitivelyEquals(_ other: String) -> Bool { lowercased() == other.lowercased() }
}
