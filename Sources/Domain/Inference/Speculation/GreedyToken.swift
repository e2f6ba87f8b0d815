/// The likeliest token of a row of logits.
enum GreedyToken {
    /// - Parameters:
    ///   - logits: at least `count` of them.
    ///   - count: how many are looked at, at least 1.
    /// - Returns: the lowest index of the largest number; 0 where none is larger than another.
    static func best(of logits: UnsafeBufferPointer<Float>, count: Int) -> Int32 {
        var best = -Float.infinity
        var start = 0
        let width = 64
        // Whole blocks have no branch inside: nearly all blocks do not hold the largest.
        for block in stride(from: 0, to: count, by: width) {
            var largest = -Float.infinity
            for index in block..<min(block + width, count) { largest = max(largest, logits[index]) }
            if largest > best {
                best = largest
                start = block
            }
        }
        for index in start..<min(start + width, count) where logits[index] == best { return Int32(index) }
        return 0
    }

    /// How likely a token is by its row.
    static func probability(of token: Int32, in logits: UnsafeBufferPointer<Float>, count: Int) -> Double {
        let own = logits[Int(token)]
        var sum = 0.0
        for index in 0..<count { sum += Self.power(Double(logits[index] - own)) }
        return sum > 0 ? 1 / sum : 0
    }

    /// e to a number that is at most about 0, to four digits: (1 + x/1024)^1024.
    private static func power(_ number: Double) -> Double {
        guard number > -60 else { return 0 }
        var value = max(0, 1 + number / 1_024)
        for _ in 0..<10 { value *= value }
        return value
    }
}
