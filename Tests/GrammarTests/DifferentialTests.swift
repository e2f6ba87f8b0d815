import Grammar
import TestRandomness
import Testing

@Suite struct DifferentialTests {
    @Test func `a thousand random grammars are matched as by trying everything`() throws {
        var random = SeededRandom(seed: 20)
        var counts = (matched: 0, leftRecursive: 0, endless: 0, whole: 0, open: 0, refused: 0)
        for _ in 0..<3_000 {
            let naive = NaiveGrammar.random(using: &random)
            let grammar: Grammar
            do {
                grammar = try Grammar(gbnf: naive.gbnf)
            } catch {
                if error.kind == .unsupported {
                    #expect(naive.isLeftRecursive, "\(naive.gbnf)")
                    counts.leftRecursive += 1
                } else {
                    #expect(error.kind == .unresolved && !naive.rootIsProductive, "\(naive.gbnf): \(error)")
                    counts.endless += 1
                }
                continue
            }
            #expect(!naive.isLeftRecursive, "\(naive.gbnf)")
            counts.matched += 1
            for _ in 0..<12 {
                let text = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                    NaiveGrammar.alphabet.randomElement(using: &random) ?? "a"
                }
                let expected = naive.judge(text)
                let verdict = grammar.verdict(String(text))
                #expect(
                    verdict == (expected.isSentence ? .whole : expected.isBeginning ? .open : .refused),
                    "\(String(text)) in\n\(naive.gbnf)")
                counts.whole += verdict == .whole ? 1 : 0
                counts.open += verdict == .open ? 1 : 0
                counts.refused += verdict == .refused ? 1 : 0
            }
        }
        #expect(counts.matched >= 500 && counts.leftRecursive > 50 && counts.endless > 20, "\(counts)")
        #expect(counts.whole > 500 && counts.open > 500 && counts.refused > 1_000, "\(counts)")
    }

    @Test func `random sentences are sentences for the one that tries everything`() throws {
        var random = SeededRandom(seed: 21)
        var sentences = 0
        for _ in 0..<600 {
            let naive = NaiveGrammar.random(using: &random)
            guard let grammar = try? Grammar(gbnf: naive.gbnf) else { continue }
            let text = String(decoding: grammar.randomSentence(using: &random, lengthMax: 6), as: UTF8.self)
            guard text.count <= 12 else { continue }
            #expect(naive.judge(Array(text)).isSentence, "\(text) in\n\(naive.gbnf)")
            sentences += 1
        }
        #expect(sentences > 200)
    }
}
