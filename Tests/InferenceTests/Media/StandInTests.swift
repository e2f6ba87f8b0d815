import Testing

@testable import Inference

@Suite struct StandInTests {
    private let identity = (0..<32).map { UInt8($0 * 7 + 1) }

    private func chunk(_ identity: [UInt8], rows: Int, positions: Int? = nil) -> MediaChunk {
        MediaChunk(
            identity: identity, rows: rows, positions: positions ?? rows, isCausal: true,
            handle: ScriptedMedia.Content([]))
    }

    @Test func `stand-ins are no tokens, and the same for the same content`() {
        let first = StandIn.all(for: chunk(identity, rows: 40))
        #expect(first.count == 40 && first.allSatisfy { $0 < 0 })
        #expect(StandIn.all(for: chunk(identity, rows: 40)) == first)
        #expect(first.map(StandIn.isContinuation) == [false] + [Bool](repeating: true, count: 39))
    }

    @Test func `each bit of the identity makes another list of stand-ins`() {
        let first = StandIn.all(for: chunk(identity, rows: 9))
        for bit in 0..<256 {
            var other = identity
            other[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(StandIn.all(for: chunk(other, rows: 9)) != first)
        }
    }

    @Test func `rows without a position of their own are counted`() {
        let folded = StandIn.all(for: chunk(identity, rows: 12, positions: 4))
        #expect(StandIn.foldedCount(folded) == 8)
        #expect(StandIn.foldedCount([1, 2, 3]) == 0)
        #expect(StandIn.foldedCount(StandIn.all(for: chunk(identity, rows: 12))) == 0)
    }

    @Test func `a beginning never ends within a chunk`() {
        let tokens: [Int32] =
            [1, 2] + StandIn.all(for: chunk(identity, rows: 5)) + StandIn.all(for: chunk(identity, rows: 5)) + [3]
        #expect(
            (0...tokens.count).map { StandIn.wholeCount($0, of: tokens) } == [
                0, 1, 2, 2, 2, 2, 2, 7, 7, 7, 7, 7, 12, 13,
            ])
    }

    @Test func `positions follow the rows of chunks before them`() {
        let (tokens, media) = PromptMedia.prompt(of: [
            .tokens([1, 2, 3]), .media(chunk(identity, rows: 10, positions: 4)), .tokens([4, 5]),
            .media(chunk(identity, rows: 6)), .tokens([6]),
        ])
        #expect(tokens.count == 22)
        #expect(media.spans.map(\.range) == [3..<13, 15..<21])
        #expect(media.spans.map(\.position) == [3, 9])
        #expect([0, 2, 13, 14, 21, 22].map(media.position) == [0, 2, 7, 8, 15, 16])
        #expect(media.computable(0..<22) == 0..<3)
        #expect(media.computable(3..<22) == 3..<13)
        #expect(media.computable(5..<9) == 5..<9)
        #expect(media.computable(13..<22) == 13..<15)
        #expect(media.computable(21..<40) == 21..<40)
    }
}

@Suite struct MediaCacheTests {
    /// Chunks whose first stand-ins are the same and whose others are not: a collision made by hand.
    private func alike() -> ([Int32], [Int32]) {
        var (first, second) = ([UInt8](repeating: 5, count: 32), [UInt8](repeating: 5, count: 32))
        second[10] = 6
        first[20] = 1
        func tokens(_ identity: [UInt8]) -> [Int32] {
            StandIn.all(
                for: MediaChunk(
                    identity: identity, rows: 9, positions: 9, isCausal: true, handle: ScriptedMedia.Content([])))
        }
        return (tokens(first), tokens(second))
    }

    @Test func `of chunks that begin alike nothing is common`() {
        let now = ContinuousClock.now
        let (first, second) = alike()
        #expect(first[0] == second[0] && first != second)
        var tree = PrefixTree(now: now)
        let node = tree.add([1, 2, 3, 4, 5] + first + [6], after: tree.root, scope: .shared, now: now)
        #expect(tree.match([1, 2, 3, 4, 5] + second + [6], scope: .shared).length == 5)
        #expect(tree.match([1, 2, 3, 4, 5] + first + [7], scope: .shared).length == 14)
        #expect(tree.match([1, 2, 3, 4, 5] + first.prefix(4), scope: .shared).length == 5)
        #expect(!tree.canAdd(first, after: tree.root, scope: .shared) == false)
        #expect(node.positions == 0..<15)
    }

    @Test func `a node's positions are fewer than its tokens where rows share one`() {
        let now = ContinuousClock.now
        let folded = StandIn.all(
            for: MediaChunk(
                identity: [UInt8](repeating: 9, count: 32), rows: 10, positions: 3, isCausal: true,
                handle: ScriptedMedia.Content([])))
        var tree = PrefixTree(now: now)
        let node = tree.add([1, 2] + folded + [3, 4], after: tree.root, scope: .shared, now: now)
        #expect(node.range == 0..<14 && node.positions == 0..<7)
        node.extend(by: folded + [5])
        #expect(node.positions == 0..<11)
        let head = tree.split(node, at: 12, now: now)
        #expect(head.positions == 0..<5 && node.positions == 5..<11)
        let tail = tree.add([7], after: node, scope: .shared, now: now)
        #expect(tail.positions == 11..<12)
    }
}
