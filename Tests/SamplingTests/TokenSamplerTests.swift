import Sampling
import TestRandomness
import Testing
import Vocabulary

@Suite struct TokenSamplerTests {
    private static func logits(_ count: Int, seed: UInt64) -> [Float] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in Float.random(in: -8...8, using: &random) }
    }

    private func sampler(
        _ parameters: SamplingParameters, count: Int, seed: UInt32 = 1, prompt: [Int32] = [], banned: [Int32] = []
    ) throws -> TokenSampler {
        try TokenSampler(
            parameters, seed: seed, vocabulary: SamplerVocabulary(count: count), prompt: prompt, banned: banned)
    }

    private static func all(_ order: [SamplerKind] = [], temperature: Double = 1) -> SamplingParameters {
        var parameters = SamplingParameters(temperature: temperature)
        parameters.order = order
        return parameters
    }

    @Test(arguments: [1, 5, 63, 64, 65, 128, 1_000])
    func `greedy takes the first of the largest, in any length of row`(count: Int) throws {
        var row = Self.logits(count, seed: UInt64(count))
        var sampler = try sampler(SamplingParameters(temperature: 0), count: count)
        let scratch = SamplingScratch(vocabularyCount: count)
        for token in [0, count / 2, count - 1] {
            row[token] = 9
            row[count - 1] = 9
            #expect(try sampler.choose(from: row.span, scratch: scratch).token == Int32(row.firstIndex(of: 9) ?? -1))
            row[token] = 0
        }
    }

    @Test func `the logits are not changed`() throws {
        let row = Self.logits(500, seed: 3)
        var parameters = SamplingParameters()
        parameters.repetitionPenalty = 1.3
        parameters.logitBias = [LogitBias(.token(3), bias: 5)]
        var sampler = try sampler(parameters, count: 500, prompt: [1, 2, 3])
        let before = row
        _ = try sampler.choose(
            from: row.span, mask: Array(repeating: 0xF0F0, count: 8), scratch: .init(vocabularyCount: 500))
        #expect(row == before)
    }

    private static let chains: [SamplingParameters] = {
        var typical = all([.typicalP])
        typical.typicalP = 0.9
        var mirostat = all()
        mirostat.mirostat = 1
        var second = mirostat
        second.mirostat = 2
        var adaptive = all([.adaptiveP])
        adaptive.adaptiveTarget = 0.3
        return [
            SamplingParameters(), SamplingParameters(temperature: 0), all(), all([.topP]), all([.minP]), typical,
            mirostat, second, adaptive,
        ]
    }()

    @Test(arguments: chains.indices)
    func `only allowed tokens are chosen`(chain: Int) throws {
        let scratch = SamplingScratch(vocabularyCount: 300)
        var random = SeededRandom(seed: 17)
        var sampler = try sampler(Self.chains[chain], count: 300, banned: [5, 299])
        for round in 0..<60 {
            let row = Self.logits(300, seed: UInt64(round))
            var mask = (0..<5).map { _ in
                UInt64.random(in: 0 ... .max, using: &random) & UInt64.random(in: 0 ... .max, using: &random)
            }
            if round % 3 == 0 { mask = [0, 0, 1 << 9, 0, 1 << 43] }
            let choice = try sampler.choose(from: row.span, mask: mask, candidates: 400, scratch: scratch)
            for token in [choice.token] + choice.candidates.map(\.token) {
                #expect(mask[Int(token) / 64] >> UInt64(token % 64) & 1 == 1)
                #expect(token != 5 && token != 299 && token < 300)
            }
            if round % 3 == 0 { #expect(choice.token == 137) }
            sampler.accept(choice.token)
        }
    }

    @Test(arguments: [Float(0), 8, 60], [1, 2])
    func `mirostat takes any row and any target`(lead: Float, version: Int) throws {
        let scratch = SamplingScratch(vocabularyCount: 1_536)
        for tau in [0.0, 5, 8, 100] {
            for eta in [0.0, 0.2, 10] {
                var parameters = Self.all()
                parameters.mirostat = version
                (parameters.mirostatTau, parameters.mirostatEta) = (tau, eta)
                var sampler = try sampler(parameters, count: 1_536)
                for round in 0..<20 {
                    // Some tokens lead, and the rest is flat: the estimate of the steepness is far off.
                    var row = [Float](repeating: 0, count: 1_536)
                    for token in 0...(round % 3) { row[7 * token + round] = lead + Float(token) }
                    let choice = try sampler.choose(from: row.span, scratch: scratch)
                    #expect((0..<1_536).contains(choice.token))
                    sampler.accept(choice.token)
                }
            }
        }
    }

    @Test func `bits of a mask beyond the vocabulary allow nothing`() throws {
        var sampler = try sampler(Self.all(), count: 70)
        let row = Self.logits(70, seed: 1)
        let scratch = SamplingScratch(vocabularyCount: 70)
        #expect(throws: SamplingError.nothingAllowed) {
            try sampler.choose(from: row.span, mask: [0, ~0b11_1111], scratch: scratch)
        }
        #expect(try sampler.choose(from: row.span, mask: [0, .max << 5], scratch: scratch).token == 69)
    }

    @Test(arguments: chains.indices)
    func `without anything allowed there is an error`(chain: Int) throws {
        let scratch = SamplingScratch(vocabularyCount: 100)
        let row = Self.logits(100, seed: 1)
        var sampler = try sampler(Self.chains[chain], count: 100, banned: [40])
        let impossible = [Float](repeating: -.infinity, count: 100)
        #expect(throws: SamplingError.nothingAllowed) { try sampler.choose(from: impossible.span, scratch: scratch) }
        #expect(throws: SamplingError.nothingAllowed) {
            try sampler.choose(from: row.span, mask: [0, 0], scratch: scratch)
        }
        // The only allowed one is banned.
        #expect(throws: SamplingError.nothingAllowed) {
            try sampler.choose(from: row.span, mask: [1 << 40, 0], scratch: scratch)
        }
        // An error leaves the sampler and the scratch memory as they were.
        #expect(try sampler.choose(from: row.span, mask: [1 << 41, 0], scratch: scratch).token == 41)
    }

    @Test(arguments: [Float.nan, .infinity, -.nan])
    func `a logit that is not finite is an error wherever it may be chosen`(value: Float) throws {
        let scratch = SamplingScratch(vocabularyCount: 200)
        var sampler = try sampler(SamplingParameters(), count: 200, prompt: [150])
        for place in [0, 64, 127, 150, 199] {
            var row = Self.logits(200, seed: 1)
            row[3] = -.infinity
            row[place] = value
            #expect(throws: SamplingError.notFinite) { try sampler.choose(from: row.span, scratch: scratch) }
            var mask = [UInt64](repeating: .max, count: 4)
            mask[place / 64] &= ~(1 << UInt64(place % 64))
            #expect(throws: Never.self) { try sampler.choose(from: row.span, mask: mask, scratch: scratch) }
        }
    }

    @Test func `infinities of both signs are told apart from NaN`() throws {
        var sampler = try sampler(SamplingParameters(), count: 128)
        var row = [Float](repeating: -.infinity, count: 128)
        row[100] = -1e30
        #expect(try sampler.choose(from: row.span, scratch: .init(vocabularyCount: 128)).token == 100)
        row = [Float](repeating: .greatestFiniteMagnitude, count: 128)
        row[0] = -.infinity
        #expect(try sampler.choose(from: row.span, scratch: .init(vocabularyCount: 128)).token != 0)
    }

    @Test func `the same seed draws the same tokens, another seed others`() throws {
        let scratch = SamplingScratch(vocabularyCount: 400)
        func draw(_ seed: UInt32) throws -> [Int32] {
            var sampler = try sampler(SamplingParameters(temperature: 1.5), count: 400, seed: seed)
            return try (0..<40).map {
                try sampler.choose(from: Self.logits(400, seed: $0).span, scratch: scratch).token
            }
        }
        #expect(try draw(1) == draw(1))
        #expect(try draw(1) != draw(2))
    }

    @Test func `a copy goes on by itself`() throws {
        let scratch = SamplingScratch(vocabularyCount: 400)
        let row = Self.logits(400, seed: 1)
        var parameters = Self.all([.penalties])
        parameters.frequencyPenalty = 3
        var sampler = try sampler(parameters, count: 400)
        func choose(_ sampler: inout TokenSampler) throws -> Int32 {
            let token = try sampler.choose(from: row.span, scratch: scratch).token
            sampler.accept(token)
            return token
        }
        _ = try choose(&sampler)
        var copy = sampler
        let tokens = try (0..<20).map { _ in try choose(&sampler) }
        #expect(try (0..<20).map { _ in try choose(&copy) } == tokens)
    }

    /// Pearson's statistic over the candidates that are expected at least five times.
    @Test(arguments: chains.indices.filter { ![1, 6, 7, 8].contains($0) })
    func `tokens are drawn as often as their probabilities say`(chain: Int) throws {
        let count = 90
        let scratch = SamplingScratch(vocabularyCount: count)
        let row = Self.logits(count, seed: 8)
        var sampler = try sampler(Self.chains[chain], count: count, seed: 99)
        let draws = 4_000
        var seen: [Int32: Int] = [:]
        var expected: [TokenProbability] = []
        for _ in 0..<draws {
            let choice = try sampler.choose(from: row.span, candidates: count, scratch: scratch)
            seen[choice.token, default: 0] += 1
            expected = choice.candidates
            #expect(
                choice.candidates.first { $0.token == choice.token }.map {
                    abs($0.probability - choice.probability) < 1e-6
                } == true)
        }
        #expect(abs(expected.map(\.probability).reduce(0, +) - 1) < 1e-5)
        var statistic = 0.0
        var bins = 0
        for item in expected where item.probability * Double(draws) >= 5 {
            let wanted = item.probability * Double(draws)
            statistic += (Double(seen[item.token] ?? 0) - wanted) * (Double(seen[item.token] ?? 0) - wanted) / wanted
            bins += 1
        }
        // Mean and five standard deviations of the chi-square distribution.
        #expect(bins > 3 && statistic < Double(bins) + 5 * (2 * Double(bins)).squareRoot(), "\(statistic) of \(bins)")
    }

    @Test func `other parameters apply from the next token on, and history stays`() throws {
        let scratch = SamplingScratch(vocabularyCount: 64)
        var row = [Float](repeating: 0, count: 64)
        row[7] = 4
        row[8] = 3
        var parameters = SamplingParameters(temperature: 0)
        var sampler = try sampler(parameters, count: 64, prompt: [7, 7])
        #expect(try sampler.choose(from: row.span, scratch: scratch).token == 7)
        parameters.frequencyPenalty = 1
        try sampler.update(parameters)
        #expect(try sampler.choose(from: row.span, scratch: scratch).token == 8)
        parameters.frequencyPenalty = .nan
        #expect(throws: SamplingError.badParameter("frequency_penalty")) { try sampler.update(parameters) }
        #expect(try sampler.choose(from: row.span, scratch: scratch).token == 8)
    }

    @Test func `a negative number to look back is the whole sequence`() throws {
        let scratch = SamplingScratch(vocabularyCount: 64)
        var row = [Float](repeating: 0, count: 64)
        row[7] = 4
        let prompt: [Int32] = [7] + (0..<500).map { Int32($0 % 5 + 20) }
        var parameters = SamplingParameters(temperature: 0)
        parameters.presencePenalty = 5
        var near = try sampler(parameters, count: 64, prompt: prompt)
        #expect(try near.choose(from: row.span, scratch: scratch).token == 7)
        parameters.penaltyLastN = -1
        var far = try sampler(parameters, count: 64, prompt: prompt)
        #expect(try far.choose(from: row.span, scratch: scratch).token != 7)
    }

    @Test func `tokens outside the vocabulary are ignored in history, biases and bans`() throws {
        var parameters = SamplingParameters()
        parameters.repetitionPenalty = 1.5
        parameters.dryMultiplier = 1
        parameters.logitBias = [LogitBias(.token(-4), bias: 3), LogitBias(.token(1_000_000), bias: 3)]
        var sampler = try sampler(parameters, count: 64, prompt: [-1, 64, 99, -1, 64, 99, -1], banned: [-1, 64])
        #expect(try sampler.choose(from: Self.logits(64, seed: 1).span, scratch: .init(vocabularyCount: 64)).token < 64)
    }

    private static let wrong: [(name: String, parameters: SamplingParameters)] = {
        func with(_ change: (inout SamplingParameters) -> Void) -> SamplingParameters {
            var parameters = SamplingParameters()
            change(&parameters)
            return parameters
        }
        return [
            ("temperature", with { $0.temperature = .nan }), ("top_p", with { $0.topP = .infinity }),
            ("min_p", with { $0.minP = .nan }), ("repeat_penalty", with { $0.repetitionPenalty = 0 }),
            ("repeat_penalty", with { $0.repetitionPenalty = -1 }), ("mirostat", with { $0.mirostat = 3 }),
            ("xtc_threshold", with { $0.xtcThreshold = .nan }),
            ("logit_bias", with { $0.logitBias = [LogitBias(.token(1), bias: .infinity)] }),
            ("dry_base", with { ($0.dryBase, $0.dryMultiplier) = (1e300, 1) }),
        ]
    }()

    @Test(arguments: wrong.indices)
    func `a parameter without meaning is refused by name`(index: Int) {
        #expect(throws: SamplingError.badParameter(Self.wrong[index].name)) {
            try sampler(Self.wrong[index].parameters, count: 10)
        }
    }

    @Test func `a bias on a text is one on each of its tokens`() throws {
        let vocabulary = SamplerVocabulary(count: 64, tokenize: { $0.map { Int32($0) % 64 } })
        var parameters = SamplingParameters(temperature: 0)
        parameters.logitBias = [LogitBias(.text("ab"), bias: -50)]
        var sampler = try TokenSampler(parameters, seed: 1, vocabulary: vocabulary, prompt: [])
        var row = [Float](repeating: 0, count: 64)
        row[Int(UInt8(ascii: "a")) % 64] = 9
        row[Int(UInt8(ascii: "b")) % 64] = 8
        row[50] = 1
        #expect(try sampler.choose(from: row.span, scratch: .init(vocabularyCount: 64)).token == 50)
    }
}
