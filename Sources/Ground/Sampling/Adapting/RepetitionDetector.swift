/// Notices that written tokens repeat themselves: loops of up to 64 tokens by their period, longer ones by sequences
/// that come back. A fixed number of steps and of bytes, whatever was written.
struct RepetitionDetector: Sendable {
    /// Periods that are followed one by one.
    static let periodMax = 64
    /// Tokens that must fit a period, and twice the period at least: then the loop stands there three times.
    static let runMin = 16
    /// Tokens of a sequence that is remembered.
    static let sequenceLength = 10
    /// Times that a sequence must have come, of the last `sequencesMax`.
    static let timesMin = 3
    static let sequencesMax = 1_024

    /// How many tokens up to the end equal those one period before; by period.
    private var runs = [Int32](repeating: 0, count: Self.periodMax + 1)
    /// The last tokens, as a ring.
    private var ring = [Int32](repeating: 0, count: Self.periodMax)
    private var count = 0
    /// The sequences that ended at the last tokens, as hashes in a ring, and how often each is in it.
    private var sequences: [UInt64] = []
    private var times: [UInt64: Int] = [:]

    /// Takes the next token.
    ///
    /// - Returns: whether what was written up to and with it repeats itself.
    mutating func observe(_ token: Int32) -> Bool {
        let isLoop = follow(token)
        ring[count % Self.periodMax] = token
        count += 1
        return remember() || isLoop
    }

    private mutating func follow(_ token: Int32) -> Bool {
        var isLoop = false
        for period in 1...Self.periodMax where period <= count {
            if ring[(count - period) % Self.periodMax] == token {
                runs[period] += 1
                isLoop = isLoop || Int(runs[period]) >= max(Self.runMin, 2 * period)
            } else {
                runs[period] = 0
            }
        }
        return isLoop
    }

    private mutating func remember() -> Bool {
        guard count >= Self.sequenceLength else { return false }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for back in 1...Self.sequenceLength {
            hash = (hash ^ UInt64(bitPattern: Int64(ring[(count - back) % Self.periodMax]))) &* 0x100_0000_01B3
            hash ^= hash >> 29
        }
        // Times that overlap are the business of periods: here they count as different sequences.
        let overlaps = (1..<Self.sequenceLength).contains { Int(runs[$0]) >= Self.sequenceLength }
        if overlaps { hash = UInt64(count) }
        let place = (count - Self.sequenceLength) % Self.sequencesMax
        if place < sequences.count {
            let gone = sequences[place]
            if let left = times[gone] { times[gone] = left > 1 ? left - 1 : nil }
            sequences[place] = hash
        } else {
            sequences.append(hash)
        }
        times[hash, default: 0] += 1
        return times[hash, default: 0] >= Self.timesMin
    }
}
