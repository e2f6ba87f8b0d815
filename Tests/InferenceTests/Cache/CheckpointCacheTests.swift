import Testing
import Vocabulary

@testable import Inference

private let alice = CacheScope.tenant(TenantID("alice"))
private let bob = CacheScope.tenant(TenantID("bob"))

@Suite struct CheckpointCacheTests {
    @Test func `only whole states are found`() throws {
        let driver = CacheDriver(memory: .checkpoints)
        try driver.serve(run(1, 40), alice, writes: 10)
        let turn = run(1, 40) + Array(repeating: 7, count: 10)
        #expect(try driver.serve(turn + run(2, 5), alice) == CacheReport(cachedTokens: 50, tier: .ram))
        #expect(try driver.serve(run(1, 40) + run(3, 5), alice).cachedTokens == 40)
        // Known, but there is no state at these places.
        #expect(try driver.serve(run(1, 40), alice).cachedTokens == 0)
        #expect(try driver.serve(run(1, 39) + run(4, 5), alice).cachedTokens == 0)
        #expect(try driver.serve(turn + run(2, 5), bob).cachedTokens == 0)
    }

    @Test func `a prompt that parts within a run splits it, and both ends are found`() throws {
        let driver = CacheDriver(memory: .checkpoints)
        try driver.serve(run(1, 40), alice)
        try driver.serve(run(1, 25) + run(2, 20), alice)
        #expect(try driver.serve(run(1, 40) + run(5, 3), alice).cachedTokens == 40)
        #expect(try driver.serve(run(1, 25) + run(2, 20) + run(5, 3), alice).cachedTokens == 45)
    }

    @Test func `without ordinary memory nothing is kept, not even the runs`() throws {
        let driver = CacheDriver(memory: .checkpoints, limits: CacheLimits(ramBytesMax: 0))
        for name in 0..<20 { try driver.serve(run(Int32(name), 30), alice, writes: 5) }
        #expect(driver.cache.tree.nodes.isEmpty)
    }

    @Test func `running sequences never take more ordinary memory than there is`() throws {
        let driver = CacheDriver(memory: .checkpoints, limits: CacheLimits(ramBytesMax: 700))
        for name in 0..<4 {
            try driver.start(run(Int32(name), 40), alice)
            #expect(try driver.computePrompt(name))
            try driver.commit(name)
        }
        #expect(driver.cache.tree.nodes.values.count(where: { $0.blob != nil }) == 2)
        #expect(driver.cache.ramBytes <= 700)
        for _ in 0..<4 { try driver.finish(0) }
        #expect(driver.cache.tree.nodes.values.allSatisfy { $0.hasState || !$0.children.isEmpty })
    }

    @Test func `states that were thrown out leave no runs behind`() throws {
        let driver = CacheDriver(memory: .checkpoints, limits: CacheLimits(ramBytesMax: 1_000))
        for name in 0..<30 {
            try driver.serve(run(1, 20) + run(Int32(name), 30), alice, writes: 5)
        }
        #expect(driver.cache.tree.nodes.count <= 8)
    }

    @Test func `no path keeps more states than it may, and each path its latest`() throws {
        var limits = CacheLimits()
        limits.checkpoints.statesMax = 2
        let driver = CacheDriver(memory: .checkpoints, limits: limits)
        var talk = run(1, 40)
        for turn in 2..<8 as Range<Int32> {
            try driver.serve(talk, alice, writes: 20)
            talk += Array(repeating: 7, count: 20) + run(turn, 20)
        }
        let states = driver.cache.tree.nodes.values.filter { $0.blob != nil }
        #expect(states.count == 3)
        #expect(states.map(\.end).max() == talk.count - 20)
        // The latest state of a talk is found, whatever went before it.
        #expect(try driver.serve(talk, alice).cachedTokens == talk.count - 20)
        #expect(try driver.serve(run(1, 40) + run(9, 5), bob).cachedTokens == 0)
    }

    @Test func `with no states beside the latest the next turn is still cheap`() throws {
        var limits = CacheLimits()
        limits.checkpoints.statesMax = 0
        let driver = CacheDriver(memory: .checkpoints, limits: limits)
        try driver.serve(run(1, 40), alice, writes: 20)
        #expect(driver.cache.tree.nodes.values.count { $0.blob != nil } == 1)
        #expect(try driver.serve(run(1, 40) + Array(repeating: 7, count: 20) + run(2, 5), alice).cachedTokens == 60)
        #expect(try driver.serve(run(1, 40) + run(3, 5), alice).cachedTokens == 0)
    }

    @Test func `a refused state gives way to the one before it`() throws {
        let shelf = FaultyShelf()
        let driver = CacheDriver(memory: .checkpoints, limits: CacheLimits(ramBytesMax: 1_000), shelf: shelf)
        try driver.serve(run(1, 40), alice)
        try driver.serve(run(1, 40) + run(2, 40), alice)
        try driver.serve(run(3, 100), alice)
        #expect(shelf.names.count == 2)
        shelf.damage()
        #expect(try driver.serve(run(1, 40) + run(2, 40) + run(5, 2), alice).cachedTokens == 0)
        #expect(try driver.serve(run(1, 40) + run(2, 40) + run(5, 2) + run(6, 1), alice).cachedTokens == 82)
    }
}
