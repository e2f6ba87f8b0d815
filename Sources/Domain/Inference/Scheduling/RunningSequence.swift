/// A generation that holds a slot: a sequence of the key-value cache, or the isolated memory.
struct RunningSequence {
    let generation: Generation
    /// The runtime's sequence.
    let slot: Int
    /// How many of the generation's tokens are computed.
    var computed: Int
    /// How many of them it had when it got its slot.
    var computedBefore = 0
    /// What it has of the prefix cache; `nil` when it is not to use it.
    var lease: CacheLease?
    /// Its reader is slow: it sits out until there is room.
    var isBlocked = false
    /// Its positions were moved, and nothing was computed since: it has no state that could be copied.
    var isMoved = false
    /// Positions that were dropped to keep to a budget. What has lost any has no lease: nobody else may find it.
    var dropped = 0
    /// Where its latest rows looked, since it was compressed last.
    var attention: ObservedAttention?
    /// Computed by itself, so that nothing beside it changes its numbers.
    var isIsolated: Bool { generation.request.isReproducible }

    /// Positions that it holds.
    var held: Int { computed - dropped }

    /// What it is computed with.
    var adapters: AdapterSet { generation.request.adapters.set }

    /// Tokens computed for it in this slot.
    var workHere: Int { computed - computedBefore }
    var isWriting: Bool { computed >= generation.promptHeld }
    /// Tokens that are known and not yet computed.
    var pending: Int { generation.tokens.count - computed }
}

/// A generation that gave its slot to a more urgent one, with everything that it needs to go on exactly there.
struct ParkedSequence {
    let generation: Generation
    let computed: Int
    /// Of these, positions that it does not hold any more.
    var dropped = 0
    let state: [UInt8]
    let since: ContinuousClock.Instant
}
