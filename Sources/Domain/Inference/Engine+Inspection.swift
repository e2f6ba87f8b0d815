public import Vocabulary

extension Engine: EngineInspecting {
    public func tokenize(_ text: String, addsSpecial: Bool, parsesSpecial: Bool) throws(ServiceError) -> [TokenPiece] {
        try admission.tokenizer.pieces(of: text, addsSpecial: addsSpecial, parsesSpecial: parsesSpecial)
    }

    public func detokenize(_ tokens: [Int32]) throws(ServiceError) -> [UInt8] {
        try admission.tokenizer.checkedBytes(of: tokens)
    }

    public func applyTemplate(_ request: GenerationRequest) throws(ServiceError) -> String {
        try admission.promptText(of: request)
    }

    public func slots() async throws(ServiceError) -> [SlotReport] { try await look().slots }

    public func cache() async throws(ServiceError) -> CacheListing { try await look().cache }

    public func invalidateCache(node: UInt64) async throws(ServiceError) -> Int {
        let answer = await withCheckedContinuation { continuation in
            if !mailbox.post(.invalidate(node, { continuation.resume(returning: $0) })) {
                continuation.resume(returning: .failure(.shuttingDown))
            }
        }
        return try answer.get()
    }

    /// Asks the engine's thread, which answers between two steps.
    private func look() async throws(ServiceError) -> EngineInspectionResult {
        let seen: EngineInspectionResult? = await withCheckedContinuation { continuation in
            if !mailbox.post(.inspect({ continuation.resume(returning: $0) })) { continuation.resume(returning: nil) }
        }
        guard let seen else { throw .shuttingDown }
        return seen
    }
}
