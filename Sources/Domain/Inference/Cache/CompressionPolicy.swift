/// Which positions of a long sequence are dropped from the key-value cache, by how much attention they were paid. Pure.
///
/// The first positions and the latest ones always stay; of the others those to which the latest ones paid most attention, each
/// together with its neighbours. Source: SnapKV (Li et al. 2024, arXiv 2404.14469), with the first positions kept as in
/// StreamingLLM (Xiao et al. 2023, arXiv 2309.17453). Differs from SnapKV in that all layers and heads keep the same positions:
/// a cell of llama.cpp is one position of all of them.
public struct CompressionPolicy: Sendable, Equatable {
    /// By what positions are chosen.
    public enum Measure: String, Sendable, CaseIterable {
        case attention
        /// The latest ones stay, whatever they say: what attention is compared with.
        case recency
    }

    /// Positions that stay of a sequence.
    public var budget: Int
    public var measure: Measure
    /// Positions at the beginning that always stay: attention rests there when it looks for nothing.
    public static let first = 4
    /// Latest positions that always stay, and whose attention counts.
    public static let window = 32
    /// Positions to either side that a position shares its weight with.
    static let reach = 3
    /// The least budget that leaves something to choose.
    public static let budgetMin = 64

    /// - Parameters:
    ///   - budget: positions that stay; at least `budgetMin`.
    ///   - measure: by what they are chosen.
    public init(budget: Int, measure: Measure = .attention) {
        self.budget = max(Self.budgetMin, budget)
        self.measure = measure
    }

    /// How many positions a sequence may have beyond its budget before it is compressed again.
    public var slack: Int { max(Self.window, budget / 8) }

    /// Tokens of an answer whose attention is measured before the next compression.
    static let measuredMin = 8

    /// A position that a sequence holds, and how much attention was paid to it.
    public struct Weight: Sendable, Equatable {
        public var position: Int
        public var attention: Float

        public init(position: Int, attention: Float) {
            self.position = position
            self.attention = attention
        }
    }

    /// The positions that go.
    ///
    /// - Parameter held: all positions of the sequence, ascending.
    /// - Returns: ascending ranges, none of which touches another one; none when the sequence keeps to its budget.
    /// - Complexity: O(*n* log *n*) for *n* positions.
    public func dropped(of held: [Weight]) -> [Range<Int>] {
        guard held.count > budget else { return [] }
        let middle = Self.first..<max(Self.first, held.count - Self.window)
        let room = max(0, budget - Self.first - Self.window)
        let chosen: Set<Int>
        switch measure {
        case .recency: chosen = Set(middle.suffix(room))
        case .attention:
            let pooled = pooled(held)
            let byWeight = middle.sorted { (pooled[$0], $0) > (pooled[$1], $1) }
            chosen = Set(byWeight.prefix(room))
        }
        var ranges: [Range<Int>] = []
        for index in middle where !chosen.contains(index) {
            let position = held[index].position
            if let last = ranges.last, last.upperBound == position {
                ranges[ranges.count - 1] = last.lowerBound..<position + 1
            } else {
                ranges.append(position..<position + 1)
            }
        }
        return ranges
    }

    /// The largest weight near each position: what is looked at is rarely one token alone.
    private func pooled(_ held: [Weight]) -> [Float] {
        held.indices.map { index in
            let near = max(0, index - Self.reach)...min(held.count - 1, index + Self.reach)
            return held[near].reduce(0) { max($0, $1.attention.isFinite ? $1.attention : 0) }
        }
    }
}

/// The attention that the rows of one step paid, by cell of the key-value cache.
public struct ObservedAttention: Sendable, Equatable {
    /// For each cell, summed over rows, heads and layers.
    public var weights: [Float]
    /// The cells that the last row could see, ascending.
    public var visible: [Int]

    public init(weights: [Float], visible: [Int]) {
        self.weights = weights
        self.visible = visible
    }

    /// Adds what a later step of the same sequence saw.
    public mutating func add(_ later: ObservedAttention) {
        if weights.count < later.weights.count {
            weights += repeatElement(0, count: later.weights.count - weights.count)
        }
        for (cell, weight) in later.weights.enumerated() { weights[cell] += weight }
        visible = later.visible
    }

    /// The weights of a sequence's positions.
    ///
    /// - Parameter positions: those of the visible cells, in the cells' order.
    /// - Returns: by position, ascending; `nil` when there are not as many positions as cells.
    public func weights(of positions: [Int]) -> [CompressionPolicy.Weight]? {
        guard positions.count == visible.count, visible.allSatisfy({ weights.indices.contains($0) }) else { return nil }
        return zip(positions, visible).map { .init(position: $0, attention: weights[$1]) }
            .sorted { $0.position < $1.position }
    }
}
