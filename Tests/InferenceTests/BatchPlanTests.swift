import Testing
import Vocabulary

@testable import Inference

@Suite struct BatchPlanTests {
    private func job(_ key: UInt64, _ lengths: [Int]) -> EmbeddingJob {
        EmbeddingJob(
            key: key, sequences: lengths.map { [Int32](repeating: Int32(key), count: $0) },
            scheduling: SchedulingOptions(), arrived: .now, answer: { _ in })
    }

    /// What a plan takes of jobs in a room, batch by batch.
    private func batches(
        _ jobs: [EmbeddingJob], tokensMax: Int, sequencesMax: Int
    ) throws -> [[BatchPlan.Piece]] {
        let room = WaitingRoom<EmbeddingJob>(waitingMax: 100, slots: 0)
        for job in jobs { try room.enter(job, mayWait: true) }
        var rests: [UInt64: BatchPlan.Rest] = [:]
        var batches: [[BatchPlan.Piece]] = []
        while true {
            var plan = BatchPlan(tokensMax: tokensMax, sequencesMax: sequencesMax)
            let now = ContinuousClock.now
            while let (job, isAlone) = room.nextPart(now).next,
                let part = plan.take(
                    from: job, &rests[job.key, default: BatchPlan.Rest(tokens: job.expectedWork)], isAlone: isAlone)
            {
                room.takePart(of: job.key, part, now)
            }
            if plan.pieces.isEmpty { return batches }
            batches.append(plan.pieces)
        }
    }

    private func places(_ pieces: [BatchPlan.Piece]) -> [[Int]] { pieces.map { [Int($0.key), $0.index] } }

    @Test func `requests take turns, so that one text does not wait for a thousand`() throws {
        let jobs = [job(1, [Int](repeating: 10, count: 1_000)), job(2, [10]), job(3, [10, 10])]
        let batches = try batches(jobs, tokensMax: 50, sequencesMax: 64)
        #expect(places(batches[0]) == [[1, 0], [2, 0], [3, 0], [1, 1], [3, 1]])
        #expect(places(batches[1]) == (2..<7).map { [1, $0] })
        #expect(batches.count == 201)
    }

    @Test func `a batch keeps to both bounds, and to neither with a text that is too long for any`() throws {
        let long = try batches([job(1, [3, 3, 3, 100, 3])], tokensMax: 7, sequencesMax: 64)
        #expect(long.map { $0.map(\.tokens.count) } == [[3, 3], [3], [100], [3]])
        let short = try batches([job(2, [1, 1, 1, 1, 1])], tokensMax: 50, sequencesMax: 2)
        #expect(short.map(\.count) == [2, 2, 1])
    }

    @Test func `every text is taken once, in its request's order`() throws {
        let jobs = (1...20).map { key in job(UInt64(key), (0..<key).map { 1 + ($0 * 7 + key) % 13 }) }
        var seen: [UInt64: [Int]] = [:]
        for batch in try batches(jobs, tokensMax: 32, sequencesMax: 5) {
            #expect(batch.reduce(0) { $0 + $1.tokens.count } <= 32 && batch.count <= 5)
            for piece in batch { seen[piece.key, default: []].append(piece.index) }
        }
        for key in 1...20 { #expect(seen[UInt64(key)] == Array(0..<key)) }
    }
}

@Suite struct TextEndsTests {
    @Test(
        arguments: [
            // The special tokens of an empty text, a text, how many tokens, what is kept at each side.
            ([1, 2], [1, 5, 6, 7, 2], 4, [1, 5, 6, 2], [1, 6, 7, 2]),
            ([1], [1, 5, 6, 7], 3, [1, 5, 6], [1, 6, 7]), ([2], [5, 6, 7, 2], 3, [5, 6, 2], [6, 7, 2]),
            ([], [5, 6, 7], 2, [5, 6], [6, 7]), ([1, 2], [5, 6, 7], 2, [5, 6], [6, 7]),
            ([1, 2], [1, 5, 2], 5, [1, 5, 2], [1, 5, 2]), ([1, 2], [1, 5, 6, 2], 2, [1, 5], [1, 5]),
        ] as [([Int32], [Int32], Int, [Int32], [Int32])])
    func `begin and end stay where they are`(
        special: [Int32], tokens: [Int32], limit: Int, start: [Int32], end: [Int32]
    ) {
        #expect(TextEnds(Truncation(), special: special).cut(tokens, to: limit) == start)
        #expect(TextEnds(Truncation(side: .start), special: special).cut(tokens, to: limit) == end)
        #expect(TextEnds(Truncation(tokensMax: limit), special: special).cut(tokens, to: 100) == start)
    }
}
