import Testing

@testable import Inference

@Suite struct EmbeddingQueueTests {
    private func entry(_ key: UInt64, _ lengths: [Int], deadline: ContinuousClock.Instant? = nil)
        -> EmbeddingQueue.Entry
    {
        EmbeddingQueue.Entry(
            key: key, sequences: lengths.map { [Int32](repeating: Int32(key), count: $0) }, deadline: deadline)
    }

    private func places(_ pieces: [EmbeddingQueue.Piece]) -> [[Int]] { pieces.map { [Int($0.key), $0.index] } }

    @Test func `requests take turns, so that one text does not wait for a thousand`() {
        var queue = EmbeddingQueue()
        queue.add(entry(1, [Int](repeating: 10, count: 1_000)))
        queue.add(entry(2, [10]))
        queue.add(entry(3, [10, 10]))
        #expect(places(queue.batch(tokensMax: 50, sequencesMax: 64)) == [[1, 0], [2, 0], [3, 0], [1, 1], [3, 1]])
        #expect(places(queue.batch(tokensMax: 20, sequencesMax: 64)) == [[1, 2], [1, 3]])
    }

    @Test func `a batch keeps to both bounds, and to neither with a text that is too long for any`() {
        var queue = EmbeddingQueue()
        queue.add(entry(1, [3, 3, 3, 100, 3]))
        #expect(queue.batch(tokensMax: 7, sequencesMax: 64).map(\.tokens.count) == [3, 3])
        #expect(queue.batch(tokensMax: 50, sequencesMax: 64).map(\.tokens.count) == [3])
        #expect(queue.batch(tokensMax: 50, sequencesMax: 64).map(\.tokens.count) == [100])
        queue.add(entry(2, [1, 1, 1]))
        #expect(queue.batch(tokensMax: 50, sequencesMax: 2).count == 2)
        #expect(queue.batch(tokensMax: 50, sequencesMax: 2).count == 2)
        #expect(queue.batch(tokensMax: 50, sequencesMax: 2).isEmpty)
    }

    @Test func `every text is taken once, in its request's order`() {
        var queue = EmbeddingQueue()
        for key in 1...20 { queue.add(entry(UInt64(key), (0..<key).map { 1 + ($0 * 7 + key) % 13 })) }
        var seen: [UInt64: [Int]] = [:]
        while true {
            let batch = queue.batch(tokensMax: 32, sequencesMax: 5)
            if batch.isEmpty { break }
            #expect(batch.reduce(0) { $0 + $1.tokens.count } <= 32 && batch.count <= 5)
            for piece in batch { seen[piece.key, default: []].append(piece.index) }
        }
        for key in 1...20 { #expect(seen[UInt64(key)] == Array(0..<key)) }
    }

    @Test func `what is removed or too late is known, and never taken`() {
        var queue = EmbeddingQueue()
        let now = ContinuousClock.now
        queue.add(entry(1, [1, 1], deadline: now + .seconds(1)))
        queue.add(entry(2, [1], deadline: now + .seconds(3)))
        queue.add(entry(3, [1]))
        queue.add(entry(4, []))
        #expect(queue.expired(now) == [] && queue.expired(now + .seconds(2)) == [1])
        queue.remove(1)
        queue.remove(9)
        #expect(places(queue.batch(tokensMax: 9, sequencesMax: 9)) == [[2, 0], [3, 0]])
        #expect(queue.expired(now + .seconds(9)) == [])
    }
}
