/// The tokens of a vocabulary as a tree of bytes, so that a mask looks at a common beginning once. Built once for a
/// vocabulary.
///
/// The nodes are in depth-first order in flat arrays: a node's subtree is the run of nodes behind it.
public final class TokenTrie: Sendable {
    /// Tokens of the vocabulary, also those that are in no node.
    public let tokenCount: Int
    /// Tokens that end an answer: allowed exactly when it may end.
    public let endTokens: [Int32]
    /// Tokens with bytes that do not end an answer.
    let ordinary: TokenMask

    let bytes: [UInt8]
    let depths: [UInt16]
    /// The next node that is not below this one.
    let skips: [Int32]
    /// Tokens of node `i` are `sorted[firsts[i] ..< firsts[i + 1]]`.
    let firsts: [Int32]
    /// Token ids in the order of their bytes.
    let sorted: [Int32]
    /// The longest token in bytes.
    let depthMax: Int
    private let tokens: [[UInt8]?]

    /// Bytes of the longest token that is looked at; a longer one is never allowed.
    static let tokenBytesMax = 4096

    /// - Parameters:
    ///   - tokens: the bytes of each token; `nil` for one that is never allowed, such as a control token.
    ///   - endTokens: ids of tokens that end an answer; their bytes are not looked at.
    public init(tokens: [[UInt8]?], endTokens: Set<Int32> = []) {
        tokenCount = tokens.count
        self.tokens = tokens
        self.endTokens = endTokens.sorted()
        var entries: [Entry] = []
        entries.reserveCapacity(tokens.count)
        var ordinary = TokenMask(tokenCount: tokens.count)
        for (id, bytes) in tokens.enumerated() {
            guard let bytes, !bytes.isEmpty, bytes.count <= Self.tokenBytesMax, !endTokens.contains(Int32(id)) else {
                continue
            }
            entries.append(Entry(head: Self.head(bytes), id: Int32(id)))
            ordinary.insert(Int32(id))
        }
        self.ordinary = ordinary
        entries.sort { left, right in
            guard left.head == right.head else { return left.head < right.head }
            return Self.precedes(left.id, right.id, tokens)
        }
        sorted = entries.map(\.id)
        var layout = Layout()
        for (rank, id) in sorted.enumerated() { layout.add(tokens[Int(id)] ?? [], rank: rank) }
        layout.finish(count: sorted.count)
        bytes = layout.bytes
        depths = layout.depths
        skips = layout.skips
        firsts = layout.firsts
        depthMax = layout.depthMax
    }

    /// What a token stands for; nothing if it has no bytes.
    func tokenBytes(_ token: Int32) -> [UInt8] {
        token >= 0 && Int(token) < tokens.count ? tokens[Int(token)] ?? [] : []
    }

    private struct Entry {
        /// The first eight bytes, the first one highest: most tokens are told apart by them alone.
        var head: UInt64
        var id: Int32
    }

    private static func head(_ bytes: [UInt8]) -> UInt64 {
        var head: UInt64 = 0
        for index in 0..<8 { head = head << 8 | (index < bytes.count ? UInt64(bytes[index]) : 0) }
        return head
    }

    private static func precedes(_ left: Int32, _ right: Int32, _ tokens: [[UInt8]?]) -> Bool {
        let (first, second) = (tokens[Int(left)] ?? [], tokens[Int(right)] ?? [])
        if first == second { return left < right }
        return first.lexicographicallyPrecedes(second)
    }
}

extension TokenTrie {
    /// Lays out the nodes of tokens that come in the order of their bytes.
    private struct Layout {
        var bytes: [UInt8] = []
        var depths: [UInt16] = []
        var skips: [Int32] = []
        var firsts: [Int32] = []
        var depthMax = 0
        private var path: [Int] = []
        private var previous: [UInt8] = []

        mutating func add(_ token: [UInt8], rank: Int) {
            var common = 0
            while common < min(previous.count, token.count), previous[common] == token[common] { common += 1 }
            close(to: common)
            for depth in common..<token.count {
                path.append(bytes.count)
                bytes.append(token[depth])
                depths.append(UInt16(depth + 1))
                skips.append(0)
                firsts.append(Int32(rank))
            }
            depthMax = max(depthMax, token.count)
            previous = token
        }

        mutating func finish(count: Int) {
            close(to: 0)
            firsts.append(Int32(count))
        }

        private mutating func close(to depth: Int) {
            while path.count > depth { skips[path.removeLast()] = Int32(bytes.count) }
        }
    }
}
