import Foundation
import TestRandomness
import Testing
import Vocabulary

@testable import Sampling

@Suite struct RowTests {
    private static func logits(_ count: Int, seed: UInt64, digits: Float = 1_000) -> [Float] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in (Float.random(in: -9...9, using: &random) * digits).rounded() / digits }
    }

    @Test(arguments: [1, 2, 5, 20, 39, 40, 41, 2_000])
    func `the threshold is reached by so many tokens, and not by many more`(wanted: Int) throws {
        for (count, digits): (Int, Float) in [(2_560, 1), (2_560, 1_000), (40_000, 1), (40_037, 1_000_000)] {
            let row = LogitRow(count: count)
            let logits = Self.logits(count, seed: UInt64(wanted), digits: digits)
            try logits.withUnsafeBufferPointer { buffer throws(SamplingError) in
                guard let base = buffer.baseAddress else { return }
                row.start(base, mask: nil)
                try row.measure(base)
                let threshold = row.threshold(reachedBy: wanted)
                var candidates = Candidates()
                row.collect(atLeast: threshold, base, temperature: 1, into: &candidates)
                #expect(candidates.count >= wanted)
                if count > 10_000, digits > 1, wanted < 64 { #expect(candidates.count <= 2 * wanted + 8) }
                #expect(
                    candidates.items.map(\.token) == logits.indices.filter { logits[$0] >= threshold }.map(Int32.init))
                candidates.keepTop(wanted)
                #expect(candidates.items.map(\.logit) == Array(logits.sorted(by: >).prefix(wanted)))
            }
        }
    }

    @Test(arguments: [64, 65, 2_560, 12_345])
    func `each width of instructions finds the same largest logits, and numbers that are none`(count: Int) throws {
        for width in BlockMaxima.Width.allCases where width.rawValue <= BlockMaxima.Width.widest.rawValue {
            let row = LogitRow(count: count, blocks: BlockMaxima(width))
            var logits = Self.logits(count, seed: UInt64(count))
            logits[count / 2] = -.infinity
            let blocks = stride(from: 0, to: count, by: LogitRow.blockSize).map {
                logits[$0..<min($0 + LogitRow.blockSize, count)].max()
            }
            try Self.measured(row, logits)
            #expect((0..<row.blockCount).map { row.maxima[$0] } == blocks.compactMap(\.self))
            #expect(row.largest == logits.max() && row.liveBlocks == row.blockCount)
            for place in [0, 17, count / 2, count - 1] {
                for number in [Float.nan, .infinity] {
                    var broken = logits
                    broken[place] = number
                    #expect(throws: SamplingError.notFinite) { try Self.measured(row, broken) }
                }
            }
        }
    }

    @Test(arguments: [64, 65, 2_560, 12_345])
    func `what is known of blocks is believed, and only for those that nobody changed`(count: Int) throws {
        let logits = Self.logits(count, seed: UInt64(count))
        let row = LogitRow(count: count)
        let whole = count / LogitRow.blockSize
        var known = (0..<whole).map { block in
            logits[block * LogitRow.blockSize..<(block + 1) * LogitRow.blockSize].max() ?? .nan
        }
        func measure(changing token: Int32?, to value: Float) throws(SamplingError) {
            try logits.withUnsafeBufferPointer { buffer throws(SamplingError) in
                try known.withUnsafeBufferPointer { known throws(SamplingError) in
                    guard let base = buffer.baseAddress else { return }
                    row.start(base, mask: nil)
                    if let token { row.change(token, base) { _ in value } }
                    try row.measure(base, known)
                }
            }
        }
        try measure(changing: nil, to: 0)
        #expect(row.largest == logits.max())
        try measure(changing: 3, to: 100)
        #expect(row.largest == 100 && row.maxima[0] == 100)
        // Told of a number that is none, it looks for it, and finds none.
        known[whole - 1] = .nan
        if whole > 1 { try measure(changing: nil, to: 0) }
        known[whole - 1] = .infinity
        #expect(throws: SamplingError.notFinite) { try measure(changing: nil, to: 0) }
    }

    private static func measured(_ row: LogitRow, _ logits: [Float]) throws(SamplingError) {
        try logits.withUnsafeBufferPointer { buffer throws(SamplingError) in
            guard let base = buffer.baseAddress else { return }
            row.start(base, mask: nil)
            try row.measure(base)
        }
    }

    @Test func `powers of two are exact to seven digits`() {
        for step in 0...4_000 {
            let exponent = -Float(step) / 32
            let power = Lanes(repeating: exponent).powerOfTwo[step % 8]
            let expected = Foundation.pow(2, Double(exponent))
            #expect(abs(Double(power) - expected) <= expected * 3e-7, "\(exponent)")
        }
        #expect(Lanes(repeating: -.infinity).powerOfTwo[0] < 1e-37)
    }

    @Test(arguments: [2, 100, 3_000])
    func `candidates are sorted by falling logit, equal ones in their order`(count: Int) {
        var candidates = Candidates()
        let logits = Self.logits(count, seed: 5, digits: 3) + [0, -0.0, 0]
        for (token, logit) in logits.enumerated() { candidates.append(Int32(token), logit: logit) }
        candidates.sort()
        let expected = logits.enumerated().sorted {
            $0.element > $1.element || ($0.element == $1.element && $0.offset < $1.offset)
        }
        #expect(candidates.items.map(\.token) == expected.map { Int32($0.offset) })
    }

    @Test func `steps that cannot change the best are left out before temperature 0`() throws {
        let vocabulary = SamplerVocabulary(count: 10)
        var parameters = SamplingParameters()
        parameters.temperature = 0
        #expect(
            try SamplerChain(parameters.over(.standard), banned: [], vocabulary: vocabulary).steps == [.temperature(0)])
        parameters.xtcProbability = 0.5
        let steps = try SamplerChain(parameters, banned: [], vocabulary: vocabulary).steps
        #expect(steps.contains(.topK(40)) && steps.last == .temperature(0))
    }
}
