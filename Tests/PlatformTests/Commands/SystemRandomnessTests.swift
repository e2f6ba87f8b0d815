import Launch
import Testing

@Suite struct SystemRandomnessTests {
    @Test func `no number comes twice, whoever asks`() async {
        let drawn = await withTaskGroup(of: [UInt64].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var random = SystemRandomness()
                    return (0..<2_000).map { _ in random.next() }
                }
            }
            var all: [UInt64] = []
            for await numbers in group { all += numbers }
            return all
        }
        #expect(drawn.count == 16_000)
        // Among so many of 2^64 a pair by chance is less likely than 1 in 10^11.
        #expect(Set(drawn).count == drawn.count)
    }

    @Test func `each bit is set half of the time`() {
        var random = SystemRandomness()
        var counts = [Int](repeating: 0, count: 64)
        for _ in 0..<10_000 {
            let number = random.next()
            for bit in 0..<64 where number >> bit & 1 == 1 { counts[bit] += 1 }
        }
        // Ten standard deviations.
        #expect(counts.allSatisfy { (4_500...5_500).contains($0) })
    }
}
