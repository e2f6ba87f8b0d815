import Gateway
import TestRandomness
import Testing
import Vocabulary

@Suite struct AnswerShelfTests {
    static func key(_ name: String) -> AnswerKey {
        AnswerKey(
            .answer, tenant: TenantID("t"), source: AnswerSource(model: "m", identity: "1"), request: Array(name.utf8))
    }

    static func answer(
        _ name: String, bytes: Int = 10, until end: Int64 = 100, tenant: String = "t", model: String = "m",
        tags: [String] = []
    ) -> CachedAnswer {
        CachedAnswer(
            key: key(name), kind: .answer, tenant: TenantID(tenant), model: model, tags: tags, writtenAt: 0,
            expiresAt: end, payload: Array(repeating: 7, count: bytes))
    }

    @Test func `what was not used for the longest time goes first`() {
        var shelf = AnswerShelf(bytesMax: 1 << 20, countMax: 3)
        for name in ["a", "b", "c"] { shelf.put(Self.answer(name)) }
        #expect(shelf.find(Self.key("a"), at: 0) != nil)
        shelf.put(Self.answer("d"))
        #expect(shelf.find(Self.key("b"), at: 0) == nil)
        #expect(shelf.find(Self.key("a"), at: 0) != nil && shelf.find(Self.key("c"), at: 0) != nil)
        #expect(shelf.hits(of: Self.key("a")) == 2)
    }

    @Test func `bytes are a bound, and what is larger than all of it is not taken`() {
        var shelf = AnswerShelf(bytesMax: 1_000, countMax: 100)
        shelf.put(Self.answer("a", bytes: 200))
        shelf.put(Self.answer("b", bytes: 200))
        #expect(shelf.count == 2)
        shelf.put(Self.answer("c", bytes: 200))
        #expect(shelf.count == 2 && shelf.byteCount <= 1_000 && shelf.find(Self.key("a"), at: 0) == nil)
        shelf.put(Self.answer("d", bytes: 900))
        #expect(shelf.count == 2 && shelf.find(Self.key("d"), at: 0) == nil)
    }

    @Test func `an answer whose time is over is gone`() {
        var shelf = AnswerShelf(bytesMax: 10_000, countMax: 10)
        shelf.put(Self.answer("a", until: 50))
        #expect(shelf.find(Self.key("a"), at: 49) != nil)
        #expect(shelf.find(Self.key("a"), at: 50) == nil)
        #expect(shelf.count == 0 && shelf.byteCount == 0)
    }

    @Test func `an answer takes the place of the one with its key`() {
        var shelf = AnswerShelf(bytesMax: 10_000, countMax: 10)
        shelf.put(Self.answer("a", bytes: 10))
        shelf.put(Self.answer("a", bytes: 20))
        #expect(shelf.count == 1 && shelf.find(Self.key("a"), at: 0)?.payload.count == 20)
    }

    @Test func `answers are forgotten by key, model, tag and tenant`() {
        func shelf() -> AnswerShelf {
            var shelf = AnswerShelf(bytesMax: 100_000, countMax: 10)
            shelf.put(Self.answer("a", model: "m1", tags: ["x"]))
            shelf.put(Self.answer("b", tenant: "u", model: "m1"))
            shelf.put(Self.answer("c", model: "m2", tags: ["x", "y"]))
            return shelf
        }
        func left(_ selection: AnswerSelection) -> Int {
            var shelf = shelf()
            #expect(shelf.remove(selection).count == 3 - shelf.count)
            return shelf.count
        }
        #expect(left(AnswerSelection(.all)) == 0)
        #expect(left(AnswerSelection(.all, of: TenantID("u"))) == 2)
        #expect(left(AnswerSelection(.model("m1"))) == 1)
        #expect(left(AnswerSelection(.model("m1"), of: TenantID("t"))) == 2)
        #expect(left(AnswerSelection(.tag("x"))) == 1)
        #expect(left(AnswerSelection(.tag("z"))) == 3)
        #expect(left(AnswerSelection(.key(Self.key("a")), of: TenantID("u"))) == 3)
        #expect(left(AnswerSelection(.key(Self.key("a")))) == 2)
    }

    /// Against a list that is searched from its beginning.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `it does what a simple list does`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var shelf = AnswerShelf(bytesMax: 3_000, countMax: 8)
        var list: [CachedAnswer] = []
        for _ in 0..<500 {
            let name = String(Int.random(in: 0..<12, using: &random))
            let key = Self.key(name)
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                let answer = Self.answer(name, bytes: Int.random(in: 0..<600, using: &random))
                shelf.put(answer)
                list.removeAll { $0.key == key }
                list.append(answer)
                while list.count > 8 || list.reduce(0, { $0 + $1.byteCount }) > 3_000 { list.removeFirst() }
            case 1:
                let found = list.firstIndex { $0.key == key }
                #expect((shelf.find(key, at: 0) == nil) == (found == nil))
                if let found { list.append(list.remove(at: found)) }
            default:
                shelf.remove(key)
                list.removeAll { $0.key == key }
            }
            #expect(shelf.count == list.count)
            #expect(shelf.byteCount == list.reduce(0) { $0 + $1.byteCount })
        }
    }
}
