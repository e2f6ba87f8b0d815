import Grammar
import Testing

@testable import Inference

@Suite struct ConstraintStateTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func `nothing asked for, everything allowed`() throws {
        var state = try ConstraintState(nil, isThinking: true)
        #expect(state.allows(bytes("x"), isEnd: false))
        #expect(state.allows([], isEnd: true))
        state.accept(bytes("x"))
        try state.begin()
        #expect(state.canEnd)
        #expect(!state.mustEnd)
    }

    @Test func `an answer's constraint waits for the end of the thinking`() throws {
        var state = try ConstraintState(.answer(try Grammar(regex: "[0-9]")), isThinking: true)
        #expect(state.isWaiting)
        #expect(state.allows(bytes("x"), isEnd: false))
        #expect(!state.canEnd)
        state.accept(bytes("x"))
        try state.begin()
        #expect(!state.allows(bytes("x"), isEnd: false))
        #expect(!state.allows([], isEnd: true))
        state.accept(bytes("4"))
        #expect(state.mustEnd)
        #expect(state.allows([], isEnd: true))
        // It begins once.
        try state.begin()
        #expect(state.mustEnd)
    }

    @Test func `the constraint of a whole answer does not wait`() throws {
        let state = try ConstraintState(.whole(try Grammar(regex: "[0-9]")), isThinking: true)
        #expect(!state.isWaiting)
        #expect(!state.allows(bytes("x"), isEnd: false))
    }

    @Test func `lengths that contradict each other are told when they begin`() throws {
        let bounds = AnswerConstraint.bounded(nil, LengthBounds(wordsMin: 3, wordsMax: 1))
        #expect(throws: GrammarError.self) { try ConstraintState(bounds, isThinking: false) }
        var state = try ConstraintState(bounds, isThinking: true)
        #expect(throws: GrammarError.self) { try state.begin() }
    }

    @Test func `the mask has exactly what is allowed one by one`() throws {
        let trie = WriterKit.vocabulary.trie
        let lazy = try LazyGrammar(try Grammar(regex: "<c>[ab]</c>"), triggers: [.word("<c>")])
        let constraints: [(AnswerConstraint, String)] = [
            (.answer(try Grammar(regex: "[a-f]+x?")), "ab"),
            (.answer(try Grammar(gbnf: "root ::= \"{\" [a-z]* \"}\"")), "{q"),
            (.lazy(lazy), "text <c>"),
            (.bounded(nil, LengthBounds(charactersMax: 2)), "ab"),
            (.bounded(try Grammar(regex: "[a-z ]*"), LengthBounds(wordsMin: 2)), "ab"),
        ]
        for (constraint, text) in constraints {
            var state = try ConstraintState(constraint, isThinking: false)
            for byte in text.utf8 { state.accept([byte]) }
            var mask = TokenMask(tokenCount: 0)
            try state.fill(&mask, from: trie)
            for token in 0..<Int32(256) {
                #expect(mask.contains(token) == state.allows([UInt8(token)], isEnd: false), "\(constraint): \(token)")
            }
            #expect(mask.contains(ScriptedRuntime.end) == state.canEnd)
        }
    }
}
