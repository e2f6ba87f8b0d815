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

    @Test func `the next prediction of the same settings is what a worker took`() throws {
        let shape = ModelShape(try ShapedFiles.file())
        var request = MemoryRequest()
        request.cells = 4096
        request.prefixCacheBytes = 1 << 30
        let estimate = MemoryEstimate(of: shape, served: request)
        let tier = UInt64(1 << 30)
        let base = estimate.hostBytes - tier
        let mapped = estimate.parts.filter { $0.residence == .mapped }.reduce(0) { $0 + $1.bytes }
        // It took a tenth less, and holds prefixes besides.
        let prefixes: UInt64 = 5_000_000
        let taken = base / 10 * 9 + prefixes
        let use = MemoryUse(residentBytes: taken, proportionalBytes: taken, anonymousBytes: taken - mapped)
        var correction = MemoryCorrection()
        correction.learn(
            use, EngineMemoryReport(prefixBytes: prefixes, stepTokensMax: 511), predicted: estimate, served: request)
        #expect(correction == .none, "a worker that had no whole step to compute teaches nothing downwards")
        correction.learn(
            use, EngineMemoryReport(prefixBytes: prefixes, stepTokensMax: 512), predicted: estimate, served: request)
        #expect(abs(correction.ratio - 0.9) < 0.001 && correction.count == 1)
        #expect(abs(Double(correction.applied(to: base)) - Double(taken - prefixes)) < 1_000_000)
    }

    @Test func `a file whose pages were dropped teaches nothing`() throws {
        let shape = ModelShape(try ShapedFiles.file())
        var request = MemoryRequest()
        request.prefixCacheBytes = 0
        let estimate = MemoryEstimate(of: shape, served: request)
        let anonymous = estimate.anonymousBytes
        let use = MemoryUse(residentBytes: anonymous, proportionalBytes: anonymous, anonymousBytes: anonymous)
        var correction = MemoryCorrection()
        correction.learn(
            use, EngineMemoryReport(prefixBytes: 0, stepTokensMax: 4096), predicted: estimate, served: request)
        #expect(correction == .none)
    }
}
