import Grammar
import Vocabulary

/// A request that fits the model: nothing behind it checks again. There is no other door than `Admission.admit`.
struct AdmittedRequest: Sendable {
    let id: RequestID
    let model: ModelID
    /// At least one token; numbers below 0 stand for rows of `media`.
    let prompt: [Int32]
    /// Prompt and answer together fit the context unless it is shifted; 0 computes the prompt only.
    let newTokensMax: Int
    /// With the model's defaults where the request said nothing.
    let sampling: SamplingParameters
    /// UTF-8, none empty.
    let stop: [[UInt8]]
    let ignoresEnd: Bool
    let topLogprobs: Int?
    let constraint: AnswerConstraint?
    let thinking: ThinkingPlan?
    /// How sampling may adapt; `nil` when it was not asked for.
    let adaptation: AdaptationPlan?
    let scheduling: SchedulingOptions
    var cache: CacheOptions
    let isReproducible: Bool
    var lineLimits = LineLimits()
    var reports = ReportOptions()
    /// What a receipt names beside the seed.
    let identity: EngineIdentity
    /// How it goes on when its context is full; `nil` ends it there.
    var shift: ShiftPolicy?
    /// Tokens that were asked for, beyond what fits; `nil` is as many as fit.
    var newTokensAsked: Int?
    /// What it is computed with; while the request is held, none of them is removed.
    var adapters = AdapterLease.none
    /// The hash that `EngineIdentity.modelHash` gave, where there is to be a receipt.
    var modelHash: String?
    /// The prompt's images and recordings.
    var media = PromptMedia.none
    /// How far tokens may be guessed ahead.
    var speculation = SpeculationLimits()
    /// What of it stays when it is long; `nil` is all.
    var compression: CompressionPolicy?

    var scope: CacheScope {
        CacheScope(tenant: cache.scope == .shared ? nil : scheduling.tenant, adapters: adapters.key)
    }

    /// Tokens to compute, as far as one can tell: most answers are shorter than they may be.
    var expectedWork: Int { prompt.count + min(newTokensMax, Self.usualAnswer) }
    private static let usualAnswer = 256

    func receipt(seed: UInt32?) -> ReproductionReceipt? {
        guard isReproducible, let seed, let modelHash else { return nil }
        return ReproductionReceipt(
            model: modelHash, template: identity.templateHash, seed: seed, build: identity.build,
            adapters: adapters.named)
    }
}

/// What sampling adapts to.
struct AdaptationPlan: Sendable, Equatable {
    /// The user's last words, by which factual questions are told from open-ended ones.
    let prompt: String
}

/// What tells one model in one build from another.
public struct EngineIdentity: Sendable {
    /// SHA-256 of the model file, hexadecimal; computed when it is first asked for, which takes as long as reading the file.
    /// Empty when the file cannot be read, or is no longer the one that was loaded.
    public let modelHash: @Sendable () async -> String
    /// SHA-256 of the chat template; hexadecimal.
    public let templateHash: String?
    /// Versions of this program and of what computes.
    public let build: String

    public init(modelHash: @escaping @Sendable () async -> String, templateHash: String?, build: String) {
        self.modelHash = modelHash
        self.templateHash = templateHash
        self.build = build
    }

    /// For engines that give no receipts.
    public static let unknown = EngineIdentity(modelHash: { "" }, templateHash: nil, build: "")
}
