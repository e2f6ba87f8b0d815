import Gateway
import TestRandomness
import Testing

@Suite struct UsageBookTests {
    private func record(_ number: Int, at: Int64 = 0, user: String = "u", cost: Int64 = 1) -> UsageRecord {
        UsageRecord(
            request: "req_\(number)", at: at, dimensions: UsageDimensions(user: user, key: "k\(number)", model: "m"),
            outcome: .finished, amounts: UsageAmounts(requests: 1, cost: cost), firstPiece: nil, duration: 0)
    }

    private func total(_ batch: UsageBook.Batch) -> UsageAmounts {
        var total = UsageAmounts()
        for record in batch.records { total += record.amounts }
        for amounts in batch.sums.values { total += amounts }
        return total
    }

    @Test func `a full book sums up the oldest and loses no amount`() {
        let book = UsageBook(recordsMax: 10, sumsMax: 4)
        for number in 0..<1_000 { book.add(record(number, at: Int64(number) * 1_000_000, user: "u\(number % 50)")) }
        let batch = book.take()
        #expect(batch.records.map(\.request) == (990..<1_000).map { "req_\($0)" })
        #expect(total(batch) == UsageAmounts(requests: 1_000, cost: 1_000))
        #expect(batch.sums.count <= 5)
        #expect(book.aggregatedCount == 990)
        #expect(book.take().isEmpty)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `whatever is written, fails and is put back, the sum is right`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let book = UsageBook(recordsMax: 20, sumsMax: 8)
        var (added, written) = (Int64(0), Int64(0))
        for number in 0..<5_000 {
            let cost = Int64.random(in: 0...9, using: &random)
            added += cost
            book.add(
                record(
                    number, at: .random(in: 0...20_000_000_000, using: &random),
                    user: "u\(Int.random(in: 0...30, using: &random))", cost: cost))
            guard Int.random(in: 0..<40, using: &random) == 0 else { continue }
            let batch = book.take()
            if Bool.random(using: &random) { book.putBack(batch) } else { written += total(batch).cost }
        }
        written += total(book.take()).cost
        #expect(written == added, "seed \(seed)")
    }

    @Test func `sums stay at the largest number`() {
        var amounts = UsageAmounts(cost: .max - 1)
        amounts += UsageAmounts(cost: 5)
        #expect(amounts.cost == .max)
    }
}
