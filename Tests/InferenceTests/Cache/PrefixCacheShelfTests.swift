import Synchronization
import TestRandomness
import Testing
import Vocabulary

@testable import Inference

/// The prefix cache by itself with a scripted memory, which notices every sequence that is not what it should be.
private struct Bench {
    let record = ScriptedRuntime.Record()
    let runtime: ScriptedRuntime
    var cache: PrefixCache

    init(
        _ shelf: MemoryShelf, memory: RuntimeShape.Memory = .cells, ramBytesMax: Int = 1 << 20, cells: Int = 10_000,
        idleCellsMax: Int = .max
    ) {
        let shape = RuntimeShape(
            memory: memory, cells: cells, sequences: memory == .cells ? 64 : 2, vocabulary: ScriptedRuntime.vocabulary)
        runtime = ScriptedRuntime(record: record, shape: shape)
        cache = PrefixCache(
            runtime: runtime, sequences: 2..<max(2, shape.sequences),
            limits: CacheLimits(ramBytesMax: ramBytesMax, idleCellsMax: idleCellsMax), shelf: shelf, now: .now)
    }

    /// One request: takes what the cache has of some tokens, computes the rest, and leaves it.
    @discardableResult
    mutating func run(_ tokens: [Int32], tenant: TenantID? = TenantID.none) throws -> CacheReport {
        let scope = tenant.map(CacheScope.tenant) ?? .shared
        var (lease, report) = cache.attach(tokens + [10], scope: scope, to: 0, now: .now)
        for position in lease.node.end..<tokens.count {
            _ = runtime.append(token: tokens[position], position: position, sequence: 0, wantsLogits: true)
            try runtime.decode()
            cache.useCells(1)
        }
        // The memory looks at the sequence when its logits are asked for.
        if lease.node.end < tokens.count { try runtime.withLogits(row: 0) { _ in } }
        #expect(try sequence(0) == tokens)
        cache.commit(tokens, computed: tokens.count, of: 0, &lease, now: .now)
        cache.detach(lease, sequence: 0, computed: tokens.count)
        cache.trimIdle()
        return report
    }

    private func sequence(_ sequence: Int) throws -> [Int32] {
        let state = try runtime.state(of: sequence)
        return stride(from: 4, to: state.count, by: 8).map { start in
            Int32((0..<4).reduce(0) { $0 | Int(state[start + $1]) << (8 * $1) })
        }
    }

    var violations: [String] { record.log.withLock { $0.violations } }
}

private func tokens(_ first: Int32, _ count: Int = 40) -> [Int32] { [first] + (1..<Int32(count)).map { $0 % 250 } }

@Suite struct PrefixCacheShelfTests {
    private let shelf = MemoryShelf()
    private let a = TenantID("a")
    private let b = TenantID("b")

    @Test(arguments: [RuntimeShape.Memory.cells, .checkpoints])
    func `what was put away before the end is found after it`(memory: RuntimeShape.Memory) throws {
        var first = Bench(shelf, memory: memory)
        try first.run(tokens(1))
        try first.run(tokens(1) + tokens(2))
        first.cache.shelveAll(within: .seconds(1))
        #expect(Set(shelf.paths) == [tokens(1), tokens(1) + tokens(2)])
        var second = Bench(shelf, memory: memory)
        let report = try second.run(tokens(1) + tokens(2))
        #expect((report.cachedTokens, report.tier) == (80, .disk))
        #expect(first.violations + second.violations == [])
    }

    @Test func `a tenant's state is not another's, nor everybody's`() throws {
        var first = Bench(shelf)
        try first.run(tokens(1), tenant: a)
        try first.run(tokens(2), tenant: nil)
        first.cache.shelveAll(within: .seconds(1))
        var second = Bench(shelf)
        #expect(try second.run(tokens(1), tenant: b).cachedTokens == 0)
        #expect(try second.run(tokens(1), tenant: nil).cachedTokens == 0)
        #expect(try second.run(tokens(1), tenant: a).cachedTokens == 40)
        #expect(try second.run(tokens(2), tenant: b).tier == .disk)
    }

    @Test func `a state that comes back as another's is not taken`() throws {
        var first = Bench(shelf)
        try first.run(tokens(1), tenant: a)
        first.cache.shelveAll(within: .seconds(1))
        var second = Bench(shelf)
        // The file is exchanged while the engine runs.
        shelf.state.withLock { state in for name in state.states.keys { state.states[name]?.tenant = b } }
        #expect(try second.run(tokens(1), tenant: a).cachedTokens == 0)
        #expect(shelf.paths.isEmpty)
    }

    @Test func `a part that was lost makes what comes after it worthless, and it goes`() throws {
        var first = Bench(shelf)
        try first.run(tokens(1))
        try first.run(tokens(1) + tokens(2))
        try first.run(tokens(3))
        first.cache.shelveAll(within: .seconds(1))
        shelf.state.withLock { state in
            for (name, shelved) in state.states where shelved.tokens == tokens(1) { state.states[name] = nil }
        }
        var second = Bench(shelf)
        #expect(Set(shelf.paths) == [tokens(3)])
        #expect(try second.run(tokens(1) + tokens(2)).cachedTokens == 0)
        #expect(try second.run(tokens(3)).cachedTokens == 40)
    }

    @Test func `a checkpoint is found without those before it, and where paths part`() throws {
        var first = Bench(shelf, memory: .checkpoints)
        try first.run(tokens(1))
        try first.run(tokens(1) + tokens(2))
        try first.run(tokens(1) + tokens(3))
        first.cache.shelveAll(within: .seconds(1))
        shelf.state.withLock { state in
            for (name, shelved) in state.states where shelved.tokens == tokens(1) { state.states[name] = nil }
        }
        var second = Bench(shelf, memory: .checkpoints)
        #expect(shelf.paths.count == 2)
        for last: Int32 in [2, 3] {
            let report = try second.run(tokens(1) + tokens(last))
            #expect((report.cachedTokens, report.tier) == (80, .disk))
        }
        // It is in ordinary memory now.
        #expect(try second.run(tokens(1) + tokens(2)).tier == .ram)
        // Where only the parting is known there is no state.
        #expect(try second.run(tokens(1) + tokens(4)).cachedTokens == 0)
        #expect(second.violations == [])
    }

    @Test(arguments: [RuntimeShape.Memory.cells, .checkpoints])
    func `a tenant's state of a path that everybody has is not put where everybody finds it`(
        memory: RuntimeShape.Memory
    ) throws {
        for tenant in [a, nil, b] {
            _ = shelf.put(ShelvedState(tenant: tenant, tokens: tokens(1), start: 0, state: [1]))
        }
        let bench = Bench(shelf, memory: memory)
        let nodes = bench.cache.tree.nodes.values
        #expect(nodes.contains { $0.scope == .shared })
        for node in nodes {
            let file = try #require(node.file)
            #expect(shelf.get(file)?.tenant == node.scope.tenant)
        }
    }

    @Test(arguments: [RuntimeShape.Memory.cells, .checkpoints])
    func `shelves full of nonsense are survived`(memory: RuntimeShape.Memory) throws {
        var random = SeededRandom(seed: 5)
        for _ in 0..<400 {
            let count = Int.random(in: 1...12, using: &random)
            let tokens = (0..<count).map { _ in Int32.random(in: 0...1, using: &random) }
            _ = shelf.put(
                ShelvedState(
                    tenant: [nil, a, b].randomElement(using: &random) ?? nil, tokens: tokens,
                    start: Int.random(in: -1...13, using: &random), state: [1]))
        }
        let bench = Bench(shelf, memory: memory)
        #expect(shelf.paths.count > 0)
        for node in bench.cache.tree.nodes.values {
            guard let file = node.file, let shelved = shelf.get(file) else { continue }
            #expect((shelved.tokens, shelved.tenant) == (node.path, node.scope.tenant))
            #expect(shelved.start == (memory == .cells ? node.start : 0))
        }
        // What no node has is gone.
        let files = bench.cache.tree.nodes.values.compactMap(\.file)
        #expect(Set(files) == Set(shelf.contents().map(\.name)))
        #expect(Set(files).count == files.count)
    }

    @Test func `what leaves ordinary memory is on the shelf, and without ordinary memory it goes there at once`() throws
    {
        for ramBytesMax in [0, 400] {
            let shelf = MemoryShelf()
            var bench = Bench(shelf, ramBytesMax: ramBytesMax, idleCellsMax: 50)
            for first: Int32 in 1...5 { try bench.run(tokens(first)) }
            #expect(bench.cache.ramBytes <= ramBytesMax)
            for first: Int32 in 1...5 { #expect(try bench.run(tokens(first)).cachedTokens == 40) }
            #expect(Set(shelf.paths).isSuperset(of: (1...4).map { tokens($0) }))
            #expect(bench.violations == [])
        }
    }

    @Test func `a quiet moment puts one state away, what comes first on a path first`() throws {
        var bench = Bench(shelf)
        try bench.run(tokens(1))
        #expect(!bench.cache.shelveOne(), "nobody came back for it")
        for _ in 0..<3 { try bench.run(tokens(1) + tokens(2)) }
        #expect(bench.cache.shelveOne())
        #expect(shelf.paths == [tokens(1)])
        #expect(bench.cache.shelveOne())
        #expect(shelf.paths == [tokens(1), tokens(1) + tokens(2)])
        #expect(!bench.cache.shelveOne())
    }

    @Test func `a file whose tokens were parted is replaced by two in quiet moments`() throws {
        var first = Bench(shelf)
        try first.run(tokens(1))
        first.cache.shelveAll(within: .seconds(1))
        var second = Bench(shelf)
        let half = Array(tokens(1).prefix(20))
        #expect(try second.run(half + tokens(2)).cachedTokens == 20)
        #expect(shelf.paths.isEmpty)
        while second.cache.shelveOne() {}
        #expect(Set(shelf.paths) == [half, tokens(1)])
        var third = Bench(shelf)
        #expect(try third.run(tokens(1)).cachedTokens == 40)
    }

    @Test func `a shelf without room is not asked again and again in quiet moments`() throws {
        var bench = Bench(shelf)
        for _ in 0..<4 { try bench.run(tokens(1)) }
        shelf.state.withLock { $0.putsLeft = 0 }
        #expect(!bench.cache.shelveOne())
        let saved = bench.record.log.withLock { $0.statesSaved }
        for _ in 0..<5 { #expect(!bench.cache.shelveOne()) }
        #expect(bench.record.log.withLock { $0.statesSaved } == saved)
    }

    @Test func `the end waits for a full queue, but not for a disk that never gets done`() throws {
        var bench = Bench(shelf)
        for first: Int32 in 1...6 { try bench.run(tokens(first)) }
        shelf.state.withLock {
            $0.putsLeft = 2
            $0.putsAfterSettle = 2
        }
        bench.cache.shelveAll(within: .seconds(1))
        #expect(shelf.paths.count == 6)
        #expect(shelf.state.withLock { $0.settles } == 2)

        let stuck = MemoryShelf()
        bench = Bench(stuck)
        for first: Int32 in 1...6 { try bench.run(tokens(first)) }
        stuck.state.withLock {
            $0.putsLeft = 2
            $0.putsAfterSettle = nil
        }
        bench.cache.shelveAll(within: .seconds(1))
        #expect(stuck.paths.count == 2)
    }

    @Test func `the end puts away the worthiest, and no more than the shelf holds`() throws {
        let shelf = MemoryShelf(bytesMax: 700)
        var bench = Bench(shelf)
        // A state has 8 bytes for each token.
        for first: Int32 in 1...4 { try bench.run(tokens(first)) }
        for _ in 0..<3 { try bench.run(tokens(2)) }
        bench.cache.shelveAll(within: .seconds(1))
        #expect(shelf.paths.count == 2)
        #expect(shelf.paths.first == tokens(2))
    }
}
