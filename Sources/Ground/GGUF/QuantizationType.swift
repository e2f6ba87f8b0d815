/// A way to store a whole model's weights, as users name it: "Q4_K_M". Most of its tensors have one ``TensorType``, some a finer one.
///
/// Source: `llama_ftype` of llama.cpp, and which of them its quantiser refuses without an importance matrix.
public struct QuantizationType: Sendable, Hashable, CustomStringConvertible {
    /// Upper case: "Q4_K_M".
    public let label: String
    /// `general.file_type`.
    public let fileType: UInt32
    /// Whether its result would be garbage without an importance matrix.
    public let needsImportance: Bool

    private init(_ label: String, _ fileType: UInt32, needsImportance: Bool = false) {
        self.label = label
        self.fileType = fileType
        self.needsImportance = needsImportance
    }

    /// The type of that name, in capitals or not. Short names mean the middle size: "Q4_K" is "Q4_K_M".
    public init?(_ name: String) {
        let upper = name.uppercased()
        let full = Self.shortNames[upper] ?? upper
        guard let found = Self.all.first(where: { $0.label == full }) else { return nil }
        self = found
    }

    public var description: String { label }

    private static let shortNames = ["Q3_K": "Q3_K_M", "Q4_K": "Q4_K_M", "Q5_K": "Q5_K_M"]

    /// From the largest to the smallest.
    public static let all: [QuantizationType] = [
        QuantizationType("F32", 0), QuantizationType("BF16", 32), QuantizationType("F16", 1),
        QuantizationType("Q8_0", 7), QuantizationType("Q6_K", 18), QuantizationType("Q5_1", 9),
        QuantizationType("Q5_K_M", 17), QuantizationType("Q5_K_S", 16), QuantizationType("Q5_0", 8),
        QuantizationType("Q4_1", 3), QuantizationType("Q4_K_M", 15), QuantizationType("Q4_K_S", 14),
        QuantizationType("Q4_0", 2), QuantizationType("IQ4_NL", 25), QuantizationType("IQ4_XS", 30),
        QuantizationType("Q3_K_L", 13), QuantizationType("Q3_K_M", 12), QuantizationType("IQ3_M", 27),
        QuantizationType("IQ3_S", 26), QuantizationType("Q3_K_S", 11), QuantizationType("IQ3_XS", 22),
        QuantizationType("IQ3_XXS", 23, needsImportance: true), QuantizationType("Q2_K", 10),
        QuantizationType("Q2_K_S", 21, needsImportance: true), QuantizationType("IQ2_M", 29, needsImportance: true),
        QuantizationType("IQ2_S", 28, needsImportance: true), QuantizationType("IQ2_XS", 20, needsImportance: true),
        QuantizationType("IQ2_XXS", 19, needsImportance: true), QuantizationType("IQ1_M", 31, needsImportance: true),
        QuantizationType("IQ1_S", 24, needsImportance: true),
    ]
}
