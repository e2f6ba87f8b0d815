import Inference
import Synchronization
import Vocabulary

/// What requests ask of the engine, whether it is in memory or not. What only looks at it does not wake it.
extension EngineHost: WorkerService {
    func generate(_ request: GenerationRequest) async throws -> any GenerationStream {
        try await use { try await $0.generate(request) }
    }

    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        try await use { try await $0.embed(request) }
    }

    func countTokens(of request: GenerationRequest) async throws -> Int {
        try await use { try await $0.countTokens(of: request) }
    }

    func classify(_ request: ClassificationRequest) async throws -> ClassificationResult {
        try await use { try await $0.classify(request) }
    }

    func rerank(_ request: RerankRequest) async throws -> RerankResult {
        try await use { try await $0.rerank(request) }
    }

    func tokenize(
        _ text: String, addsSpecial: Bool, parsesSpecial: Bool
    ) async throws(ServiceError) -> [TokenPiece] {
        try await ask { service throws(ServiceError) in
            try await service.tokenize(text, addsSpecial: addsSpecial, parsesSpecial: parsesSpecial)
        }
    }

    func detokenize(_ tokens: [Int32]) async throws(ServiceError) -> [UInt8] {
        try await ask { service throws(ServiceError) in try await service.detokenize(tokens) }
    }

    func applyTemplate(_ request: GenerationRequest) async throws(ServiceError) -> String {
        try await ask { service throws(ServiceError) in try await service.applyTemplate(request) }
    }

    func invalidateCache(node: UInt64) async throws(ServiceError) -> Int {
        try await ask { service throws(ServiceError) in try await service.invalidateCache(node: node) }
    }

    // MARK: Looking

    func models() async -> [ServedModel] { options.models }

    func slots() async throws(ServiceError) -> [SlotReport] {
        guard let service = residency.withLock({ $0.service }) else {
            return (0..<options.slots).map { SlotReport(index: $0, state: .idle) }
        }
        return try await service.slots()
    }

    func cache() async throws(ServiceError) -> CacheListing {
        if let service = residency.withLock({ $0.service }) { return try await service.cache() }
        if let listing = lastCache.withLock({ $0 }) { return listing }
        throw Self.lostError
    }

    func adapters() async throws(ServiceError) -> [AdapterReport] {
        guard let service = residency.withLock({ $0.service }) else { return lastAdapters.withLock { $0 ?? [] } }
        return try await service.adapters()
    }

    func ask<Result>(
        _ body: (any WorkerService) async throws(ServiceError) -> Result
    ) async throws(ServiceError) -> Result {
        do {
            return try await use { try await body($0) }
        } catch let error as ServiceError {
            throw error
        } catch {
            throw ServiceError(.internalError, "The engine failed.", detail: String(describing: error))
        }
    }
}

/// Changing adapters needs the model, and so wakes it.
extension EngineHost {
    func setAdapters(_ scales: [AdapterScale]) async throws(ServiceError) {
        try await ask { service throws(ServiceError) in try await service.setAdapters(scales) }
    }

    func loadAdapter(_ path: String, scale: Float) async throws(ServiceError) -> AdapterReport {
        try await ask { service throws(ServiceError) in try await service.loadAdapter(path, scale: scale) }
    }

    func removeAdapter(_ id: Int) async throws(ServiceError) -> AdapterReport {
        try await ask { service throws(ServiceError) in try await service.removeAdapter(id) }
    }
}

/// What slots hold goes when the model leaves memory.
extension EngineHost: SlotHolding {
    func held(bySlot slot: Int) async throws(ServiceError) -> ShelvedState {
        try await ask { service throws(ServiceError) in try await Self.slots(of: service).held(bySlot: slot) }
    }

    func hold(_ state: ShelvedState, inSlot slot: Int) async throws(ServiceError) {
        try await ask { service throws(ServiceError) in try await Self.slots(of: service).hold(state, inSlot: slot) }
    }

    func erase(slot: Int) async throws(ServiceError) -> Int {
        try await ask { service throws(ServiceError) in try await Self.slots(of: service).erase(slot: slot) }
    }

    private static func slots(of service: any WorkerService) throws(ServiceError) -> any SlotHolding {
        guard let slots = service as? any SlotHolding else {
            throw ServiceError(.notSupported, "An engine for vectors has no slots.")
        }
        return slots
    }
}
