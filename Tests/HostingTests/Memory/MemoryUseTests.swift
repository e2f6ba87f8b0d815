import Hosting
import Testing

@Suite struct MemoryUseTests {
    private let rollup = """
        5581e0a6c000-7ffd4d5f2000 ---p 00000000 00:00 0                          [rollup]
        Rss:              120000 kB
        Pss:               90000 kB
        Pss_Dirty:         70000 kB
        Shared_Clean:      40000 kB
        Private_Dirty:     70000 kB
        Anonymous:         70000 kB
        Swap:               1000 kB
        SwapPss:            1000 kB
        """

    @Test func `the kernel's sums are read`() throws {
        let use = try #require(MemoryUse(smapsRollup: rollup))
        #expect(use.residentBytes == 120_000 << 10 && use.proportionalBytes == 90_000 << 10)
        #expect(use.anonymousBytes == 70_000 << 10 && use.swappedBytes == 1_000 << 10)
        #expect(use.ownBytes == 121_000 << 10)
    }

    @Test(arguments: ["", "Rss: 1 kB\n", "Rss: -1 kB\nPss: 1 kB", "Rss: 1 MB\nPss: 1 MB", "\0\u{FFFD}"])
    func `what is no such text is nothing`(text: String) {
        #expect(MemoryUse(smapsRollup: text) == nil)
    }

    @Test func `a worker is judged by what it has done so far`() throws {
        let shape = ModelShape(try ShapedFiles.file())
        var request = MemoryRequest()
        request.cells = 65_536
        request.prefixCacheBytes = 1 << 30
        let all = MemoryEstimate(of: shape, served: request)
        let full = EngineMemoryReport(prefixBytes: 1 << 30, stepTokensMax: 512, cellsUsedMax: 65_536)
        #expect(MemoryEstimate(of: shape, served: request, after: full).hostBytes == all.hostBytes)
        let little = EngineMemoryReport(prefixBytes: 0, stepTokensMax: 100, cellsUsedMax: 1_000)
        let now = MemoryEstimate(of: shape, served: request, after: little)
        // Masks of 1,024 cells and 100 tokens instead of 65,536 and 512, and no prefixes; the cache is there from the start.
        #expect(now.hostBytes + (1 << 30) + 60_000_000 < all.hostBytes)
        #expect(now.parts.first { $0.kind == .kvCache } == all.parts.first { $0.kind == .kvCache })
        // It took a tenth less than it should by now, and so will the next one, however much that one does.
        let taken = now.hostBytes / 10 * 9
        let mapped = now.hostBytes - now.anonymousBytes
        let use = MemoryUse(residentBytes: taken, proportionalBytes: taken, anonymousBytes: taken - mapped)
        var correction = MemoryCorrection()
        correction.learn(use, little, from: shape, served: request)
        #expect(abs(correction.ratio - 0.9) < 0.001 && correction.count == 1)
    }

    @Test func `a worker that did nothing, and one whose file's pages were dropped, teach nothing`() throws {
        let shape = ModelShape(try ShapedFiles.file())
        let request = MemoryRequest()
        let anonymous = MemoryEstimate(of: shape, served: request).startBytes
        var correction = MemoryCorrection()
        let use = MemoryUse(residentBytes: anonymous, proportionalBytes: anonymous, anonymousBytes: anonymous / 2)
        correction.learn(
            use, EngineMemoryReport(prefixBytes: 0, stepTokensMax: 0, cellsUsedMax: 0), from: shape, served: request)
        #expect(correction == .none)
        let dropped = MemoryUse(residentBytes: anonymous, proportionalBytes: anonymous, anonymousBytes: anonymous)
        correction.learn(
            dropped, EngineMemoryReport(prefixBytes: 0, stepTokensMax: 4_096, cellsUsedMax: 4_096), from: shape,
            served: request)
        #expect(correction == .none)
    }
}
