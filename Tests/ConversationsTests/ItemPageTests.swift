import Conversations
import JSONText
import TestRandomness
import Testing
import Vocabulary

@Suite struct ItemPageTests {
    private func items(_ count: Int) -> [JSONValue] { (0..<count).map { ["id": .string("m\($0)")] } }

    @Test(arguments: 1...30) func `pages follow each other without gaps`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let all = items(Int.random(in: 0...40, using: &random))
        let isDescending = Bool.random(using: &random)
        var page = ItemPage(countMax: Int.random(in: 1...10, using: &random), isDescending: isDescending)
        var seen: [JSONValue] = []
        while true {
            let (found, hasMore) = try #require(page.of(all))
            #expect(found.count <= page.countMax)
            seen += found
            #expect(hasMore == (seen.count < all.count))
            guard hasMore else { break }
            page.after = seen.last?["id"]?.string
        }
        #expect(seen == (isDescending ? all.reversed() : all))
    }

    @Test func `a page after nothing that is there is none`() {
        #expect(ItemPage(after: "x").of(items(3)) == nil)
        #expect(ItemPage(after: "m0").of(items(3))?.items.isEmpty == true)
    }

    @Test func `an owner is a user of a tenant`() {
        #expect(DataOwner(.open) == DataOwner(tenant: .none, user: UserID("local")))
        #expect(
            DataOwner(tenant: TenantID("a"), user: UserID("u")) != DataOwner(tenant: TenantID("b"), user: UserID("u")))
    }
}
