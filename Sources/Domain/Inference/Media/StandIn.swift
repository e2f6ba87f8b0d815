/// What stands in the list of tokens for each row of an image or a recording: a number below 0, which is no token.
///
/// Made from the chunk's identity, so that the prefix cache finds the same content again and takes no other for it. Each has
/// 29 bits of it, which are all 256 after nine rows. Two more bits say where a chunk begins, so that nobody ever shares a
/// part of one, and which rows move the position on.
enum StandIn {
    /// Not the first row of its chunk.
    private static let continuation: UInt32 = 1 << 30
    /// The position after this row is one more than before it.
    private static let advance: UInt32 = 1 << 29
    private static let bits = 29
    /// Chunks of fewer rows have too few bits to be told apart: prompts with one are not kept.
    static let rowsMin = 5

    /// The stand-ins of a chunk, one for each row.
    static func all(for chunk: MediaChunk) -> [Int32] {
        (0..<chunk.rows).map { row in
            var value = payload(chunk.identity, row) | 1 << 31
            if row > 0 { value |= continuation }
            // The last rows move on: a position that lies within a chunk is never asked for.
            if chunk.rows - row <= chunk.positions { value |= advance }
            return Int32(bitPattern: value)
        }
    }

    /// Bits of the identity, from `row * 29` on, turned round and round.
    private static func payload(_ identity: [UInt8], _ row: Int) -> UInt32 {
        let first = row * bits
        var value: UInt32 = 0
        for offset in 0..<bits {
            let bit = (first + offset) % 256
            value = value << 1 | UInt32(identity[bit >> 3] >> (7 - UInt8(bit & 7)) & 1)
        }
        return value
    }

    static func isStandIn(_ token: Int32) -> Bool { token < 0 }

    /// Whether a chunk goes on with this row.
    static func isContinuation(_ token: Int32) -> Bool {
        token < 0 && UInt32(bitPattern: token) & continuation != 0
    }

    /// How many of some tokens do not move the position on.
    static func foldedCount(_ tokens: some Sequence<Int32>) -> Int {
        var count = 0
        for token in tokens where token < 0 && UInt32(bitPattern: token) & advance == 0 { count += 1 }
        return count
    }

    /// The longest beginning of some tokens, not longer than `count`, that ends within no chunk.
    ///
    /// - Parameters:
    ///   - count: how many of the tokens are wanted.
    ///   - tokens: prompt and answer.
    /// - Returns: `count`, or where the chunk begins that it would cut.
    static func wholeCount(_ count: Int, of tokens: [Int32]) -> Int {
        var whole = min(count, tokens.count)
        while whole > 0, whole < tokens.count, isContinuation(tokens[whole]) { whole -= 1 }
        return whole
    }
}
