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
    /// Computed by itself, so that nothing beside it changes its numbers.
    var isIsolated: Bool { generation.request.isReproducible }

    /// What it is computed with.
    var adapters: AdapterSet { generation.request.adapters.set }

    /// Tokens computed for it in this slot.
    var workHere: Int { computed - computedBefore }
    var isWriting: Bool { computed >= generation.promptCount }
    /// Tokens that are known and not yet computed.
    var pending: Int { generation.tokens.count - computed }
}

/// A generation that gave its slot to a more urgent one, with everything that it needs to go on exactly there.
struct ParkedSequence {
    let generation: Generation
    let computed: Int
    let state: [UInt8]
    let since: ContinuousClock.Instant
}
