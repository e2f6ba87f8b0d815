public import Hosting

/// A model that could be recommended: one that is here, or a known one that could be downloaded.
public struct Offer: Sendable, Equatable {
    public enum Origin: Sendable, Equatable {
        /// In the catalogue, under this name.
        case catalogue(String)
        /// In a repository of a hub.
        case hub(repository: String)
    }

    /// One file of it.
    public struct Variant: Sendable, Equatable {
        public var quantization: Quantization
        public var shape: ModelShape
        /// Of the file and of what belongs to it.
        public var fileBytes: UInt64

        public init(quantization: Quantization, shape: ModelShape, fileBytes: UInt64) {
            self.quantization = quantization
            self.shape = shape
            self.fileBytes = fileBytes
        }
    }

    public var name: String
    public var origin: Origin
    public var licence: String?
    public var uses: Set<UseCase>
    /// In billions.
    public var parameters: Double
    /// Of these, how many a token is multiplied with.
    public var activeParameters: Double
    /// Of its experts, the share that a token visits; 1 without.
    public var expertShare: Double
    /// Tokens of context that it was trained for; 0 when unknown.
    public var contextTokens: Int
    /// From the best to the smallest.
    public var variants: [Variant]
    /// Bytes of the projector beside it, which reads images.
    public var projectorBytes: UInt64
    /// What is in that file, where it is here.
    public var projector: ModelShape?

    public init(
        name: String, origin: Origin, licence: String? = nil, uses: Set<UseCase>, parameters: Double,
        activeParameters: Double, expertShare: Double = 1, contextTokens: Int, variants: [Variant],
        projectorBytes: UInt64 = 0, projector: ModelShape? = nil
    ) {
        self.name = name
        self.origin = origin
        self.licence = licence
        self.uses = uses
        self.parameters = parameters
        self.activeParameters = activeParameters
        self.expertShare = expertShare
        self.contextTokens = contextTokens
        self.variants = variants
        self.projectorBytes = projectorBytes
        self.projector = projector
    }

    /// A model of the list, in the quantisations that are commonly published.
    public init(_ known: KnownModel) {
        // Projectors are published in F16.
        let projector = UInt64(known.projectorBillions * 2e9)
        let quantizations =
            known.quantization.flatMap { Quantization.named($0) }.map { [$0] }
            ?? (known.isEncoder ? ["F16", "Q8_0"].compactMap { Quantization.named($0) } : Quantization.common)
        self.init(
            name: known.name, origin: .hub(repository: known.repository), licence: known.licence, uses: known.uses,
            parameters: known.billions, activeParameters: known.activeBillions, expertShare: known.expertShare,
            contextTokens: known.contextTokens,
            variants: quantizations.map { quantization in
                let shape = known.shape(quantization)
                return Variant(
                    quantization: quantization, shape: shape, fileBytes: shape.fileBytes + projector)
            },
            projectorBytes: projector)
    }

    /// Billions of weights that its ability is compared by: the geometric mean of all and of those that take part.
    ///
    /// A rule of thumb for models with experts; the number of weights itself says little of ability between families.
    var effectiveParameters: Double { (parameters * activeParameters).squareRoot() }
}
