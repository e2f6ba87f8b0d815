import Gateway
import TestAnswers
import TestRandomness
import Testing
import Vocabulary

@Suite struct PackedAnswerTests {
    /// What is left of an event when it is told again.
    private static func again(_ events: [GenerationEvent]) -> [GenerationEvent] {
        events.compactMap { event in
            switch event {
            case .loading, .queued, .promptProgress, .token: return nil
            case .started(var start):
                start.cachedTokens = start.promptTokens
                return .started(start)
            case .finished(let end):
                var plain = GenerationEnd(
                    reason: end.reason,
                    usage: TokenUsage(
                        promptTokens: end.usage.promptTokens, completionTokens: end.usage.completionTokens,
                        cachedTokens: end.usage.promptTokens, reasoningTokens: end.usage.reasoningTokens))
                plain.stopText = end.stopText
                plain.receipt = end.receipt
                plain.adaptations = end.adaptations
                return .finished(plain)
            default: return event
            }
        }
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `an answer comes back piece by piece as it was, and its whole prompt counts as cached`(seed: UInt64) throws {
        var random = RandomAnswer(seed: seed)
        let parts = random.parts()
        let events = random.events(parts, reason: seed % 2 == 0 ? .stop : .toolCalls)
        #expect(try PackedAnswer.events(PackedAnswer.pack(events)) == Self.again(events))
    }

    @Test func `likelihoods, receipts and adaptations come back to the bit`() throws {
        var token = TokenLogprob(
            chosen: .init(token: -1, bytes: [0xFF, 0], logprob: -.infinity),
            top: [.init(token: 7, bytes: [], logprob: -1e-300)])
        token.isAfterSampling = true
        var end = GenerationEnd(reason: .length, usage: TokenUsage(promptTokens: 1, completionTokens: 2))
        end.receipt = ReproductionReceipt(
            model: "m", template: nil, seed: .max, build: "b", adapters: [.init(fingerprint: "f", scale: 0.1)])
        end.adaptations = [.init(atToken: 3, parameter: "p", before: 0.1, after: -0.0, reason: "r")]
        let events: [GenerationEvent] = [.promptLogprobs([token]), .logprobs([token, token]), .finished(end)]
        #expect(try PackedAnswer.events(PackedAnswer.pack(events)) == Self.again(events))
    }

    @Test func `any changed, missing or added byte is damage`() throws {
        let bytes = PackedAnswer.pack([.text("hello"), .finished(Self.end)])
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 1 << UInt8(place % 8)
            #expect(throws: PackedAnswer.Damaged.self) { try PackedAnswer.events(changed) }
            #expect(throws: PackedAnswer.Damaged.self) { try PackedAnswer.events(Array(bytes[..<place])) }
        }
        #expect(throws: PackedAnswer.Damaged.self) { try PackedAnswer.events(bytes + [0]) }
        #expect(throws: PackedAnswer.Damaged.self) { try PackedAnswer.vectors(bytes) }
    }

    @Test func `an answer without its end is no answer`() {
        #expect(throws: PackedAnswer.Damaged.self) { try PackedAnswer.events(PackedAnswer.pack([.text("hello")])) }
        #expect(throws: PackedAnswer.Damaged.self) { try PackedAnswer.events(PackedAnswer.pack([GenerationEvent]())) }
    }

    @Test func `vectors come back to the bit`() throws {
        let entry = EmbeddingResult.Entry(vectors: [[0.1, -0.0, .infinity], []])
        #expect(try PackedAnswer.vectors(PackedAnswer.pack(entry)) == entry)
    }

    private static let end = GenerationEnd(reason: .stop, usage: TokenUsage(promptTokens: 1, completionTokens: 1))
}
