public import Vocabulary

/// What slots hold, for whoever keeps it elsewhere. See `SlotStoring` for what that is.
public protocol SlotHolding: Sendable {
    /// What a slot holds, as far as the prefix cache still has it; no tokens and no bytes for nothing. Waits while the slot is
    /// busy.
    ///
    /// - Throws: `invalidValue` when there is no such slot, `conflict` when what it held was compressed.
    func held(bySlot slot: Int) async throws(ServiceError) -> ShelvedState
    /// Gives a slot a state; one of nothing erases what it holds. Waits while the slot is busy.
    ///
    /// - Throws: `invalidValue` when it does not fit the model, `conflict` when there is no room for it.
    func hold(_ state: ShelvedState, inSlot slot: Int) async throws(ServiceError)
    /// Forgets what a slot holds. Waits while the slot is busy.
    ///
    /// - Returns: tokens that it held.
    func erase(slot: Int) async throws(ServiceError) -> Int
}

extension Engine: SlotHolding {
    public func held(bySlot slot: Int) async throws(ServiceError) -> ShelvedState {
        try check(slot)
        return try await order { .read(slot, $0) }
    }

    public func hold(_ state: ShelvedState, inSlot slot: Int) async throws(ServiceError) {
        try check(slot)
        if state.tokens.isEmpty, state.state.isEmpty {
            _ = try await erase(slot: slot)
            return
        }
        let known = 0..<Int32(clamping: admission.tokenizer.vocabularyCount)
        guard state.start == 0, !state.tokens.isEmpty, state.tokens.allSatisfy(known.contains) else {
            throw ServiceError(.invalidValue, "What is to be restored is not of this model.", parameter: "filename")
        }
        guard state.tokens.count <= admission.options.contextTokens else {
            throw ServiceError(
                .invalidValue,
                "What is to be restored has \(state.tokens.count) tokens, and the model's context holds "
                    + "\(admission.options.contextTokens).", hint: "Serve the model with a larger context.",
                parameter: "filename")
        }
        return try await order { .replace(slot, state, $0) }
    }

    public func erase(slot: Int) async throws(ServiceError) -> Int {
        try check(slot)
        return try await order { .erase(slot, $0) }
    }

    private func check(_ slot: Int) throws(ServiceError) {
        try admission.checkSlot(slot, parameter: "id_slot")
    }

    /// Asks the engine's thread, which answers between two steps.
    private func order<Value: Sendable>(
        _ order: (@escaping @Sendable (Result<Value, ServiceError>) -> Void) -> SlotOrder
    ) async throws(ServiceError) -> Value {
        let answer: Result<Value, ServiceError> = await withCheckedContinuation { continuation in
            if !mailbox.post(.slot(order { continuation.resume(returning: $0) })) {
                continuation.resume(returning: .failure(.shuttingDown))
            }
        }
        return try answer.get()
    }
}

/// Something to be done with what a slot holds, as soon as the slot is free.
enum SlotOrder: Sendable {
    typealias Answer<Value> = @Sendable (Result<Value, ServiceError>) -> Void

    case read(Int, Answer<ShelvedState>)
    case replace(Int, ShelvedState, Answer<Void>)
    case erase(Int, Answer<Int>)

    var slot: Int {
        switch self {
        case .read(let slot, _): slot
        case .replace(let slot, _, _): slot
        case .erase(let slot, _): slot
        }
    }

    func refuse(_ error: ServiceError) {
        switch self {
        case .read(_, let answer): answer(.failure(error))
        case .replace(_, _, let answer): answer(.failure(error))
        case .erase(_, let answer): answer(.failure(error))
        }
    }
}
