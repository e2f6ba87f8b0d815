import Synchronization
import TestRandomness
import Testing
import Vocabulary

@testable import Inference

@Suite struct RememberingTokenizerTests {
    /// Letters are tokens, but two of them that follow each other are one; names in `<>` are tokens of their own.
    private final class Pairs: Tokenizing {
        let controlTexts: [String]
        /// Of the names, the one that takes the spaces behind it.
        let taking: String?
        let read = Mutex(0)

        init(controlTexts: [String], taking: String? = nil) {
            self.controlTexts = controlTexts
            self.taking = taking
        }

        func tokens(of text: String, addsSpecial: Bool, parsesSpecial: Bool) throws(ServiceError) -> [Int32] {
            read.withLock { $0 += text.utf8.count }
            var tokens: [Int32] = addsSpecial ? [1] : []
            var rest = Substring(text)
            let names = controlTexts.sorted { $0.utf8.count > $1.utf8.count }
            while !rest.isEmpty {
                if let name = names.first(where: { rest.hasPrefix($0) }) {
                    rest = rest.dropFirst(name.count)
                    tokens.append(2 + Int32(controlTexts.firstIndex(of: name) ?? 0))
                    if name == taking { rest = rest.drop { $0.isWhitespace } }
                    continue
                }
                let pair = rest.prefix(2)
                let isPair = pair.count == 2 && !names.contains { rest.dropFirst().hasPrefix($0) }
                tokens.append(pair.prefix(isPair ? 2 : 1).unicodeScalars.reduce(1000) { $0 &* 31 &+ Int32($1.value) })
                rest = rest.dropFirst(isPair ? 2 : 1)
            }
            return tokens
        }
        func bytes(of token: Int32) -> [UInt8] { [] }
        func specialBytes(of token: Int32) -> [UInt8] { [] }
        func isEndOfGeneration(_ token: Int32) -> Bool { false }
        var vocabularyCount: Int { .max }
        var beginText: String { "" }
        var endText: String { "" }
    }

    private func text(turns: Int, _ random: inout SeededRandom, of names: [String]) -> String {
        (0..<turns).map { _ in
            let words = (0..<Int.random(in: 10...200, using: &random)).map { _ in
                ["a", "b", " ", "\n", "ü", ">", "<"].randomElement(using: &random) ?? ""
            }
            return (names.randomElement(using: &random) ?? "") + words.joined()
        }.joined()
    }

    @Test(arguments: [nil, "<|b|>"] as [String?])
    func `a growing conversation has the tokens that it has without a memory`(taking: String?) throws {
        var random = SeededRandom(seed: 7)
        let names = ["<|a|>", "<|b|>", "<s>", "<|a|>>x"]
        let base = Pairs(controlTexts: names, taking: taking)
        let memory = TokenMemory()
        let tokenizer = RememberingTokenizer(base: base, memory: memory, tenant: .none)
        for _ in 0..<40 {
            var conversation = text(turns: 10, &random, of: names)
            for _ in 0..<10 {
                conversation += text(turns: 2, &random, of: names)
                for addsSpecial in [true, false] {
                    let expected = try base.tokens(of: conversation, addsSpecial: addsSpecial, parsesSpecial: true)
                    let found = try tokenizer.tokens(of: conversation, addsSpecial: addsSpecial, parsesSpecial: true)
                    #expect(found == expected)
                }
            }
        }
    }

    @Test func `only what is new is tokenised, and another tenant begins from nothing`() throws {
        var random = SeededRandom(seed: 8)
        let base = Pairs(controlTexts: ["<|a|>"])
        let memory = TokenMemory()
        let opening = text(turns: 50, &random, of: ["<|a|>"]) + "<|a|>b"
        let longer = opening + text(turns: 1, &random, of: ["<|a|>"]) + "<|a|>b"
        func reads(_ text: String, _ tenant: TenantID) throws -> Int {
            let before = base.read.withLock { $0 }
            _ = try RememberingTokenizer(base: base, memory: memory, tenant: tenant)
                .tokens(of: text, addsSpecial: true, parsesSpecial: true)
            return base.read.withLock { $0 } - before
        }
        let other = TenantID("other")
        #expect(try reads(opening, .none) >= opening.utf8.count)
        #expect(try reads(longer, .none) == longer.utf8.count - opening.utf8.count + 1)
        #expect(try reads(longer, .none) == 1)
        #expect(try reads(longer, other) == longer.utf8.count)
    }

    @Test func `a memory that is full forgets what was not used for longest`() {
        let memory = TokenMemory()
        for index in 0..<TokenMemory.entriesMax + 1 {
            let text = Array("text \(index) ".utf8)
            memory.remember(TokenMemory.Entry(tenant: .none, addsSpecial: false, text: text, tokens: [Int32(index)]))
            _ = memory.beginning(of: Array("text 0 and more".utf8)[...], tenant: .none, addsSpecial: false)
        }
        func known(_ text: String) -> [Int32] {
            memory.beginning(of: Array(text.utf8)[...], tenant: .none, addsSpecial: false).tokens
        }
        #expect(known("text 0 and") == [0])
        #expect(known("text 1 and") == [])
        #expect(known("text 2 and") == [2])
    }
}
