public import Vocabulary

extension Engine: EngineInspecting {
    public func tokenize(_ text: String, addsSpecial: Bool, parsesSpecial: Bool) throws(ServiceError) -> [TokenPiece] {
        try admission.tokenizer.tokens(of: text, addsSpecial: addsSpecial, parsesSpecial: parsesSpecial).map { token in
            TokenPiece(token: token, bytes: admission.tokenizer.specialBytes(of: token))
        }
    }

    public func detokenize(_ tokens: [Int32]) throws(ServiceError) -> [UInt8] {
        let tokenizer = admission.tokenizer
        for (index, token) in tokens.enumerated() where !(0..<tokenizer.vocabularyCount).contains(Int(token)) {
            throw ServiceError(
                .invalidValue,
                "Token \(token) is not in the vocabulary; ids go from 0 to \(tokenizer.vocabularyCount - 1).",
                parameter: "tokens[\(index)]")
        }
        return tokens.flatMap(tokenizer.specialBytes)
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
