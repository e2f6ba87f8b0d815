/// Which tokens of a vocabulary are allowed: one bit for each id.
public struct TokenMask: Sendable, Equatable {
    /// Bit `id % 64` of word `id / 64`. Bits beyond the vocabulary are 0.
    public private(set) var words: [UInt64]
    /// Ids are in `0 ..< tokenCount`.
    public let tokenCount: Int

    /// A mask that allows no token.
    public init(tokenCount: Int) {
        self.tokenCount = tokenCount
        words = Array(repeating: 0, count: (tokenCount + 63) / 64)
    }

    public func contains(_ token: Int32) -> Bool {
        token >= 0 && Int(token) < tokenCount && words[Int(token) >> 6] >> UInt64(token & 63) & 1 == 1
    }

    public mutating func insert(_ token: Int32) {
        guard token >= 0, Int(token) < tokenCount else { return }
        words[Int(token) >> 6] |= 1 << UInt64(token & 63)
    }

    public mutating func remove(_ token: Int32) {
        guard token >= 0, Int(token) < tokenCount else { return }
        words[Int(token) >> 6] &= ~(1 << UInt64(token & 63))
    }

    public mutating func removeAll() {
        for index in words.indices { words[index] = 0 }
    }

    /// How many tokens are allowed.
    public var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
    public var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    /// Calls a function with each allowed token, in ascending order.
    public func forEach(_ body: (Int32) -> Void) {
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                body(Int32(index * 64 + rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
    }

    /// The allowed tokens, in ascending order.
    public var tokens: [Int32] {
        var tokens: [Int32] = []
        forEach { tokens.append($0) }
        return tokens
    }

    mutating func withWords<Result>(_ body: (UnsafeMutableBufferPointer<UInt64>) -> Result) -> Result {
        words.withUnsafeMutableBufferPointer { body($0) }
    }

    mutating func copyWords(_ other: [UInt64]) { words = other }

    mutating func formUnion(_ other: TokenMask) {
        for index in words.indices where index < other.words.count { words[index] |= other.words[index] }
    }
}
