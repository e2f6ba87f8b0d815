import Foundation
import Grammar
import Testing
import Vocabulary

@testable import Inference

@Suite struct TokenWriterTests {
    @Test func `a constrained answer is what the grammar allows, whatever the model prefers`() throws {
        let grammar = try Grammar(regex: "[a-c]{3}[0-9]?")
        for seed in 0..<50 {
            var kit = try WriterKit(.answer(grammar), seed: UInt32(seed))
            let text = try kit.write(["x": 10, "a": 0, "b": 1, "c": 2, "7": 1], end: 9)
            #expect(text.wholeMatch(of: /[a-c]{3}[0-9]?/) != nil)
            #expect(!kit.writer.isIncomplete)
        }
    }

    @Test func `among what is allowed chance is what it was`() throws {
        // x is forbidden and has about half of the probability: both ways of choosing are taken.
        let grammar = try Grammar(regex: "[a-c]")
        let logits: [Character: Float] = ["x": 1.6, "a": 1, "b": 0, "c": -0.5]
        var counts: [Int32: Int] = [:]
        let draws = 4_000
        for seed in 0..<draws {
            var kit = try WriterKit(.answer(grammar), seed: UInt32(seed))
            counts[try kit.choose(logits).id, default: 0] += 1
        }
        let weights = [97: exp(1.0), 98: exp(0.0), 99: exp(-0.5)]
        let total = weights.values.reduce(0, +)
        let chiSquare = weights.reduce(0.0) { sum, pair in
            let expected = Double(draws) * pair.value / total
            return sum + pow(Double(counts[Int32(pair.key), default: 0]) - expected, 2) / expected
        }
        #expect(counts.values.reduce(0, +) == draws)
        #expect(Set(counts.keys) == [97, 98, 99])
        #expect(chiSquare < 13.8, "2 degrees of freedom, one in a thousand")
    }

    @Test func `what can only end says so with its last token`() throws {
        var kit = try WriterKit(.answer(try Grammar(regex: "ab")), temperature: 0)
        #expect(try kit.choose(["a": 1]).endsConstraint == false)
        #expect(kit.writer.isIncomplete)
        #expect(try kit.choose(["x": 1, "b": 0]).endsConstraint)
    }

    @Test func `an answer with a length ends within it`() throws {
        let bounds = LengthBounds(charactersMin: 5, charactersMax: 9)
        var eager = try WriterKit(.bounded(nil, bounds), temperature: 0)
        #expect(try eager.write(["a": 1], end: 5).count == 5)
        var verbose = try WriterKit(.bounded(nil, bounds), temperature: 0)
        #expect(try verbose.write(["a": 5], end: -5).count == 9)
        let error = #expect(throws: ServiceError.self) {
            _ = try WriterKit(.bounded(nil, LengthBounds(charactersMin: 5, charactersMax: 4)))
        }
        #expect(error?.code == .invalidValue)
    }

    @Test func `thinking over its budget is ended, and then the constraint holds`() throws {
        let digits = AnswerConstraint.answer(try Grammar(regex: "[0-9]{2}"))
        var kit = try WriterKit(digits, thinking: .tags(isOpen: true, max: 5), temperature: 0)
        #expect(try kit.write(["t": 5, "4": 1]) == "ttttt\n</think>\n\n44")
        let warnings = kit.writer.takeWarnings()
        #expect(warnings.map(\.code) == [.reasoningBudget])
        #expect(warnings.first?.message.contains("5") == true)
        #expect(kit.writer.takeWarnings() == [])
        // The five, the line break and the tag.
        #expect(kit.writer.reasoningTokens == 5 + 1 + 8)
    }

    @Test func `thinking that the answer opens itself has the budget as well`() throws {
        var kit = try WriterKit(thinking: .tags(isOpen: false, max: 3), temperature: 0)
        var text = ""
        for character in " <think>" { text += String(decoding: try kit.choose([character: 5]).bytes, as: UTF8.self) }
        for _ in 0..<20 { text += String(decoding: try kit.choose(["t": 5]).bytes, as: UTF8.self) }
        #expect(text.hasPrefix(" <think>tt\n</think>\n\nttt"))
    }

    @Test func `an answer that would end in its thinking goes on to what was asked for`() throws {
        let digits = AnswerConstraint.answer(try Grammar(regex: "[0-9]{2}"))
        var kit = try WriterKit(digits, thinking: .tags(isOpen: true), temperature: 0)
        #expect(try kit.choose(["t": 5]).isEnd == false)
        #expect(try kit.write(["4": 1], end: 5) == "\n</think>\n\n44")
        // Without a constraint it ends.
        var free = try WriterKit(thinking: .tags(isOpen: true), temperature: 0)
        #expect(try free.choose(["t": 1], end: 5).isEnd)
    }

    @Test func `a grammar of the whole answer follows the thinking too`() throws {
        let grammar = try Grammar(regex: "[^<]*</think>[0-9]{2}")
        var kit = try WriterKit(.whole(grammar), thinking: .tags(isOpen: true), temperature: 0)
        #expect(try kit.choose(["t": 5]).id == 116)
        for character in "</think>" { #expect(try kit.choose([character: 5]).bytes == [character.asciiValue]) }
        #expect(try kit.write(["t": 5, "4": 1]) == "44")
        #expect(!kit.writer.isIncomplete)
    }

    @Test func `a trigger inside the thinking triggers nothing, and after it the grammar holds`() throws {
        let lazy = try LazyGrammar(try Grammar(regex: "<call>[0-9]</call>"), triggers: [.word("<call>")])
        var kit = try WriterKit(.lazy(lazy), thinking: .tags(isOpen: true), temperature: 0)
        for character in "<call>x</think>ok <call>" {
            #expect(try kit.choose([character: 5]).bytes == [character.asciiValue])
        }
        #expect(try kit.write(["x": 5, "4": 1]) == "4</call>")
    }

    @Test func `probabilities are the model's own, of the token that was written and the likeliest`() throws {
        var kit = try WriterKit(.answer(try Grammar(regex: "[b]")), temperature: 0, topLogprobs: 2)
        let token = try kit.choose(["a": 3, "b": 2, "c": 1], end: -50)
        let logprob = try #require(token.logprob)
        let total = exp(3.0) + exp(2.0) + exp(1.0) + 254 * exp(-50.0)
        #expect(token.bytes == Array("b".utf8))
        #expect(abs(logprob.chosen.logprob - (2 - log(total))) < 1e-4)
        #expect(logprob.top.map(\.bytes) == [Array("a".utf8), Array("b".utf8)])
        #expect(abs(logprob.top[0].logprob - (3 - log(total))) < 1e-4)
    }

    @Test func `every token has its probabilities, forced ones too`() throws {
        var kit = try WriterKit(thinking: .tags(isOpen: true, max: 1), temperature: 0, topLogprobs: 0)
        for _ in 0..<12 {
            let token = try kit.choose(["t": 5])
            #expect(token.logprob?.chosen.token == token.id)
            #expect(token.logprob?.top == [])
        }
    }

    @Test func `what adapts is reported`() throws {
        var kit = try WriterKit(temperature: 0.8, adaptsTo: "What is the capital of France?")
        #expect(kit.writer.adaptations.map(\.parameter) == ["temperature"])
        #expect(kit.writer.adaptations.map(\.reason) == ["factual"])
        for _ in 0..<60 { _ = try kit.choose(["a": 50]) }
        let repetition = kit.writer.adaptations.filter { $0.reason == "repetition" }
        #expect(!repetition.isEmpty)
        #expect(repetition.allSatisfy { $0.after > $0.before && (1...60).contains($0.atToken) })
        #expect(try WriterKit(temperature: 0.8).writer.adaptations == [])
    }

    @Test func `the end is never chosen by who ignores it`() throws {
        var kit = try WriterKit(ignoresEnd: true)
        for _ in 0..<20 { #expect(try kit.choose(["a": 0], end: 50).isEnd == false) }
    }

    @Test(arguments: [Float.nan, -.infinity]) func `logits that are no numbers are an error`(logit: Float) throws {
        var kit = try WriterKit()
        let error = #expect(throws: ServiceError.self) {
            try kit.choose([Float](repeating: logit, count: ScriptedRuntime.vocabulary))
        }
        #expect(error?.code == .engineFailed)
    }

    @Test func `a bias counts, and bans where it is minus infinity`() throws {
        var kit = try WriterKit(temperature: 0) {
            $0.logitBias = [LogitBias(.token(97), bias: -.infinity), LogitBias(.token(99), bias: 5)]
        }
        #expect(try kit.choose(["a": 9, "b": 3, "c": 0]).bytes == Array("c".utf8))
    }

    @Test func `the same seed writes the same, another one something else`() throws {
        func text(_ seed: UInt32) throws -> String {
            var kit = try WriterKit(seed: seed)
            return try kit.write(["a": 0, "b": 0, "c": 0, "d": 0], max: 40)
        }
        #expect(try text(3) == text(3))
        #expect(try text(3) != text(4))
    }
}
