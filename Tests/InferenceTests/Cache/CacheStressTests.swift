import TestRandomness
import Testing
import Vocabulary

@testable import Inference

/// Random requests of three tenants and the operator, with all invariants checked after each step.
@Suite struct CacheStressTests {
    struct Setup: Sendable, CustomTestStringConvertible {
        var seed: UInt64
        var memory = RuntimeShape.Memory.cells
        var cells: Int
        var spare: Int
        var ram: Int
        var idle = Int.max
        var hasShelf = false
        var testDescription: String {
            "seed \(seed), \(memory), \(cells) cells, \(spare) sequences, \(ram) bytes, \(idle) idle, shelf \(hasShelf)"
        }
    }

    private static let scopes = [CacheScope.shared] + ["a", "b", "c"].map { .tenant(TenantID($0)) }

    /// A prompt that continues, cuts or repeats an earlier one, so that runs are split everywhere.
    private func prompt(_ known: [[Int32]], _ random: inout SeededRandom) -> [Int32] {
        var tokens: [Int32] = []
        if let base = known.randomElement(using: &random), Int.random(in: 0..<5, using: &random) > 0 {
            // Whole ones more often than chance would have it: chats continue.
            let cut = Int.random(in: 0...(2 * base.count), using: &random)
            tokens = Array(base.prefix(cut))
        }
        let more = Int.random(in: 1...40, using: &random)
        return tokens.prefix(120) + (0..<more).map { _ in Int32.random(in: 0..<3, using: &random) }
    }

    private func step(_ driver: CacheDriver, _ known: inout [[Int32]], _ random: inout SeededRandom) throws {
        let index = driver.seats.indices.randomElement(using: &random)
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<6 where driver.hasFreeSlot:
            let prompt = prompt(known, &random)
            if known.count < 40 { known.append(prompt) } else { known[Int.random(in: 0..<40, using: &random)] = prompt }
            try driver.start(prompt, try #require(Self.scopes.randomElement(using: &random)))
        case 6..<12:
            guard let index else { return }
            let left = driver.seats[index].promptCount - driver.seats[index].computed
            let count = left > 0 ? Int.random(in: 1...left, using: &random) : 1
            let next = Int32.random(in: 0..<3, using: &random)
            if try !driver.compute(index, count, writing: { _ in next }) { try driver.finish(index) }
        case 12..<14:
            if let index { try driver.commit(index) }
        case 14..<17:
            guard let index else { return }
            known[Int.random(in: 0..<known.count, using: &random)] = driver.seats[index].tokens
            try driver.finish(index, commits: Bool.random(using: &random))
        case 17:
            if let index, driver.cache.memory == .cells { try driver.park(index) }
        case 18:
            if !driver.parked.isEmpty, driver.hasFreeSlot { try driver.resume(0) }
        default:
            let id = driver.cache.tree.nodes.keys.sorted().randomElement(using: &random)
            if let id, Int.random(in: 0..<5, using: &random) == 0 {
                // Refused while it is in use.
                do { _ = try driver.invalidate(id) } catch { #expect(error.code == .conflict) }
                try driver.check()
            }
            if Int.random(in: 0..<40, using: &random) == 0 { driver.shelf?.damage() }
            driver.shelf?.setFull(Int.random(in: 0..<4, using: &random) == 0)
        }
    }

    @Test(arguments: [
        Setup(seed: 1, cells: 5_000, spare: 200, ram: 0),
        Setup(seed: 2, cells: 300, spare: 200, ram: 0),
        Setup(seed: 3, cells: 300, spare: 60, ram: 4_000),
        Setup(seed: 4, cells: 250, spare: 3, ram: 2_000),
        Setup(seed: 5, cells: 300, spare: 60, ram: 1_000, hasShelf: true),
        Setup(seed: 6, cells: 600, spare: 60, ram: 1_500, idle: 100, hasShelf: true),
        Setup(seed: 7, cells: 200, spare: 2, ram: 600, hasShelf: true),
        Setup(seed: 8, cells: 300, spare: 0, ram: 600),
        Setup(seed: 9, memory: .checkpoints, cells: 300, spare: 60, ram: 6_000),
        Setup(seed: 10, memory: .checkpoints, cells: 300, spare: 60, ram: 2_500, hasShelf: true),
    ]) func `whatever comes, everything adds up`(setup: Setup) throws {
        var random = SeededRandom(seed: setup.seed)
        let driver = CacheDriver(
            memory: setup.memory, cells: setup.cells, spare: setup.spare,
            limits: CacheLimits(ramBytesMax: setup.ram, idleCellsMax: setup.idle),
            shelf: setup.hasShelf ? FaultyShelf() : nil)
        var known: [[Int32]] = [[1, 2, 0]]
        for number in 0..<400 {
            try step(driver, &known, &random)
            if number % 5 == 0 { _ = try driver.copyAhead() }
        }
        while !driver.seats.isEmpty { try driver.finish(0) }
        let isUsed = driver.cache.counts.hits > 10
        #expect(isUsed || setup.spare == 0, "the cache was never used: the test shows nothing")
        // With nobody left, everything can go.
        for node in driver.cache.tree.root.children.values { _ = try driver.invalidate(node.id) }
        try driver.check()
        #expect(driver.cache.tree.nodes.isEmpty)
        #expect(driver.runtime.cellCount == 0)
        #expect(driver.cache.ramBytes == 0)
        #expect(driver.shelf?.names.isEmpty ?? true)
    }
}
