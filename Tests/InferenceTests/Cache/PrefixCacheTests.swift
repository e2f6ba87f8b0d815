import Synchronization
import TestRandomness
import Testing
import Vocabulary

@testable import Inference

private let alice = CacheScope.tenant(TenantID("alice"))
private let bob = CacheScope.tenant(TenantID("bob"))

/// So many tokens that are the same for the same name.
func run(_ name: Int32, _ count: Int) -> [Int32] { (0..<Int32(count)).map { (name &* 31 &+ $0 &* 7) % 200 } }

@Suite struct PrefixCacheTests {
    @Test func `a prompt finds what an earlier one left, but its last token`() throws {
        let driver = CacheDriver()
        #expect(try driver.serve(run(1, 40), alice) == CacheReport(cachedTokens: 0, tier: .none))
        #expect(try driver.serve(run(1, 40), alice).cachedTokens == 39)
        #expect(try driver.serve(run(1, 40) + run(2, 10), alice).cachedTokens == 40)
        #expect(driver.cache.counts.hits == 2)
        #expect(driver.cache.counts.tokensReused == 79)
    }

    @Test func `an answer continues the prompt for the next turn`() throws {
        let driver = CacheDriver()
        try driver.serve(run(1, 40), alice, writes: 20)
        let turn = run(1, 40) + Array(repeating: 7, count: 20) + run(3, 10)
        let report = try driver.serve(turn, alice)
        #expect(report.cachedTokens == 60)
        #expect(report.firstDifference == nil)
    }

    @Test func `the report names where a prompt parts from the best known one`() throws {
        let driver = CacheDriver()
        try driver.serve(run(1, 40), alice)
        let report = try driver.serve(Array(run(1, 25)) + run(5, 20), alice)
        #expect(report.cachedTokens == 25)
        #expect(report.firstDifference == 25)
    }

    @Test func `the same prompts of two tenants know nothing of each other`() throws {
        let driver = CacheDriver()
        for round in 0..<5 {
            let prompts = (0..<3).map { run(Int32($0), 50) + run(Int32(round), 10) }
            for prompt in prompts {
                let own = try driver.serve(prompt, alice)
                #expect(round == 0 || own.cachedTokens >= 50)
            }
        }
        for name in 0..<3 {
            #expect(try driver.serve(run(Int32(name), 50) + run(0, 10), bob).cachedTokens == 0)
        }
    }

    @Test func `a tenant continues the operator's prefix, and the operator never a tenant's`() throws {
        let driver = CacheDriver()
        try driver.serve(run(1, 50), .shared)
        #expect(try driver.serve(run(1, 50) + run(2, 20), alice).cachedTokens == 50)
        #expect(try driver.serve(run(1, 50) + run(2, 20), bob).cachedTokens == 50)
        #expect(try driver.serve(run(1, 50) + run(2, 20), .shared).cachedTokens == 50)
        #expect(try driver.serve(run(1, 50) + run(2, 20) + run(3, 5), bob).cachedTokens == 70)
    }

    @Test func `two that compute the same at once keep it once`() throws {
        let driver = CacheDriver()
        try driver.start(run(1, 60), alice)
        try driver.start(run(1, 60) + run(2, 10), alice)
        #expect(try driver.computePrompt(0))
        #expect(try driver.computePrompt(1))
        #expect(driver.cache.cellsUsed == 130)
        try driver.commit(0)
        try driver.commit(1)
        #expect(driver.cache.cellsUsed == 70)
        try driver.finish(1)
        try driver.finish(0)
        #expect(driver.cache.cellsUsed == 70)
    }

    @Test func `idle prefixes make room, the least worthy first`() throws {
        let driver = CacheDriver(cells: 200, limits: CacheLimits(ramBytesMax: 0))
        for name in 0..<4 { try driver.serve(run(Int32(name), 45), alice) }
        for _ in 0..<3 { try driver.serve(run(0, 45), alice) }
        try driver.serve(run(9, 60), alice)
        #expect(try driver.serve(run(0, 45), alice).cachedTokens == 44, "what is used most went first")
        #expect(try driver.serve(run(1, 45), alice).cachedTokens == 0)
        #expect(driver.cache.counts.evictions > 0)
    }

    @Test func `nothing in use makes room`() throws {
        let driver = CacheDriver(cells: 100)
        try driver.start(run(1, 60), alice)
        #expect(try driver.computePrompt(0))
        try driver.commit(0)
        try driver.start(run(2, 60), alice)
        #expect(try driver.computePrompt(1) == false)
        try driver.finish(0)
        #expect(try driver.computePrompt(0))
    }

    @Test func `a prefix comes back from ordinary memory, and is parted there`() throws {
        let driver = CacheDriver(cells: 100)
        try driver.serve(run(1, 60), alice)
        try driver.serve(run(2, 80), alice)
        #expect(driver.cache.ramBytes == 60 * 8)
        #expect(try driver.serve(run(1, 60), alice) == CacheReport(cachedTokens: 59, tier: .ram, firstDifference: nil))
        try driver.serve(run(2, 80), alice)
        let report = try driver.serve(run(1, 30) + run(4, 30), alice)
        #expect(report.cachedTokens == 30)
        #expect(report.tier == .ram)
    }

    @Test func `what was copied in a quiet moment leaves the cells without being read again`() throws {
        let driver = CacheDriver(cells: 100)
        try driver.serve(run(1, 30), alice)
        #expect(try !driver.copyAhead(after: .zero), "half of the cells is free")
        try driver.serve(run(2, 40), alice)
        #expect(try !driver.copyAhead(after: .milliseconds(500)), "all of it was used a moment ago")
        #expect(try driver.copyAhead())
        #expect(try !driver.copyAhead(), "half of the cells is free or copied")
        #expect(driver.cache.ramBytes == 30 * 8, "the least worthy prefix is copied first")
        #expect(driver.record.log.withLock(\.statesSaved) == 1)
        try driver.serve(run(3, 50), alice)
        #expect(driver.cache.counts.evictions == 1)
        #expect(driver.record.log.withLock(\.statesSaved) == 1)
        #expect(try driver.serve(run(1, 30), alice).tier == .ram)
    }

    @Test func `copies of what is in the cells make room in ordinary memory first, and go nowhere`() throws {
        let shelf = FaultyShelf()
        let driver = CacheDriver(cells: 100, limits: CacheLimits(ramBytesMax: 500), shelf: shelf)
        try driver.serve(run(1, 40), alice)
        try driver.serve(run(2, 40), alice)
        while try driver.copyAhead() {}
        #expect(driver.cache.ramBytes == 40 * 8)
        let hasRoom = driver.cache.makeRoomInRAM(400)
        #expect(hasRoom)
        #expect(driver.cache.ramBytes == 0)
        #expect(shelf.names.isEmpty)
        try driver.check()
        #expect(try driver.serve(run(1, 40), alice).tier == .memory)
    }

    @Test func `a quiet moment copies nothing that has no place`() throws {
        for limits in [CacheLimits(ramBytesMax: 0), CacheLimits(ramBytesMax: 300)] {
            let driver = CacheDriver(cells: 100, limits: limits)
            try driver.serve(run(1, 80), alice)
            #expect(try !driver.copyAhead())
            #expect(driver.record.log.withLock(\.statesSaved) == 0)
        }
    }

    @Test func `a short run is thrown away, not kept in ordinary memory`() throws {
        let driver = CacheDriver(cells: 100)
        try driver.serve(run(1, 12), alice)
        try driver.serve(run(2, 95), alice)
        #expect(driver.cache.ramBytes == 0)
        #expect(try driver.serve(run(1, 12), alice).cachedTokens == 0)
    }

    @Test func `with few sequences the least worthy prefixes give theirs`() throws {
        let driver = CacheDriver(spare: 2, limits: CacheLimits(ramBytesMax: 0))
        for name in 0..<6 { try driver.serve(run(Int32(name), 30), alice) }
        #expect(driver.cache.tree.nodes.count == 2)
        #expect(try driver.serve(run(5, 30), alice).cachedTokens == 29)
        #expect(try driver.serve(run(0, 30), alice).cachedTokens == 0)
    }

    @Test func `without any sequence answers come all the same`() throws {
        let driver = CacheDriver(spare: 0)
        for _ in 0..<3 { #expect(try driver.serve(run(1, 30), alice, writes: 5).cachedTokens == 0) }
    }

    @Test func `idle cells stay below their bound`() throws {
        let driver = CacheDriver(limits: CacheLimits(ramBytesMax: 1 << 20, idleCellsMax: 100))
        for name in 0..<5 { try driver.serve(run(Int32(name), 45), alice) }
        #expect(driver.cache.cellsUsed <= 100)
        #expect(try driver.serve(run(0, 45), alice).tier == .ram)
    }

    @Test func `a state that the model refuses is computed again and then found`() throws {
        let shelf = FaultyShelf()
        let driver = CacheDriver(cells: 100, limits: CacheLimits(ramBytesMax: 1_000), shelf: shelf)
        for name in 0..<4 { try driver.serve(run(Int32(name), 80), alice) }
        #expect(!shelf.names.isEmpty)
        shelf.damage()
        #expect(try driver.serve(run(0, 80), alice).cachedTokens == 0)
        #expect(try driver.serve(run(0, 80), alice).cachedTokens == 79)
    }

    @Test func `a prefix comes back from the shelf in the same and in the next process`() throws {
        let shelf = FaultyShelf()
        let driver = CacheDriver(cells: 100, limits: CacheLimits(ramBytesMax: 1_000), shelf: shelf)
        for name in 0..<4 { try driver.serve(run(Int32(name), 80), alice) }
        #expect(try driver.serve(run(0, 80), alice) == CacheReport(cachedTokens: 79, tier: .disk))
        driver.cache.shelveAll(within: .seconds(1))
        let next = CacheDriver(cells: 100, shelf: shelf)
        for name in 0..<4 {
            let match = next.cache.tree.match(run(Int32(name), 80), scope: alice)
            #expect(match.length == 80)
            #expect(next.cache.tree.match(run(Int32(name), 80), scope: bob).length == 0)
        }
        try next.check()
        let seat = next.cache.attach(run(2, 80), scope: alice, to: 0, now: next.now)
        #expect(seat.report == CacheReport(cachedTokens: 79, tier: .disk))
        #expect(next.runtime.held(by: 0).map(\.token) == Array(run(2, 79)))
    }

    @Test func `a shelf that gives other tokens than it was given is not believed`() throws {
        let shelf = FaultyShelf()
        let driver = CacheDriver(cells: 100, limits: CacheLimits(ramBytesMax: 0), shelf: shelf)
        try driver.serve(run(1, 80), alice)
        driver.cache.shelveAll(within: .seconds(1))
        shelf.confuse()
        try driver.serve(run(2, 80), alice)
        #expect(try driver.serve(run(1, 80), alice).cachedTokens == 0)
    }

    @Test func `a full shelf loses states and nothing else`() throws {
        let shelf = FaultyShelf()
        shelf.setFull(true)
        let driver = CacheDriver(cells: 100, limits: CacheLimits(ramBytesMax: 700), shelf: shelf)
        for name in 0..<4 { try driver.serve(run(Int32(name), 80), alice) }
        #expect(try driver.serve(run(0, 80), alice).cachedTokens == 0)
        #expect(shelf.names.isEmpty)
    }

    @Test func `forgetting by hand takes what is below, and nothing in use`() throws {
        let driver = CacheDriver()
        try driver.serve(run(1, 40), alice)
        try driver.serve(run(1, 40) + run(2, 20), alice)
        try driver.serve(run(1, 20) + run(3, 20), alice)
        let top = driver.cache.tree.match(run(1, 20), scope: alice).node
        try driver.start(run(1, 40) + run(2, 20), alice)
        let error = #expect(throws: ServiceError.self) { try driver.invalidate(top.id) }
        #expect(error?.code == .conflict)
        #expect(try driver.invalidate(9_999) == 0)
        try driver.finish(0, commits: false)
        let count = driver.cache.tree.nodes.count
        #expect(try driver.invalidate(top.id) == count)
        #expect(driver.cache.tree.nodes.isEmpty)
        try driver.check()
        #expect(driver.cache.cellsUsed == 0)
    }

    @Test func `the listing adds up`() throws {
        let driver = CacheDriver(cells: 200)
        for name in 0..<4 { try driver.serve(run(Int32(name), 60), name % 2 == 0 ? alice : .shared) }
        let listing = driver.cache.listing(text: { "\($0.count)" }, now: driver.now)
        #expect(listing.nodes.count == 4)
        #expect(listing.cellsUsed == driver.runtime.cellCount)
        #expect(listing.nodes.map(\.tier).filter { $0 == .ram }.count == 1)
        #expect(Set(listing.nodes.map(\.tenant)) == [nil, TenantID("alice")])
        #expect(listing.nodes.allSatisfy { $0.text == "24" && $0.bytes == 60 * 8 })
        #expect(listing.tiers.map(\.bytes) == [180 * 8, 60 * 8, 0])
    }
}
