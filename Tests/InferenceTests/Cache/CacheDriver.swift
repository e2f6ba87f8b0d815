import Synchronization
import TestRandomness
import Testing
import Vocabulary

@testable import Inference

/// Uses a prefix cache as the engine does, without an engine, and looks after each step whether everything is as it
/// should be: cells, sequences, users, bytes, and who sees what.
final class CacheDriver {
    /// A running sequence.
    struct Seat {
        let slot: Int
        let scope: CacheScope
        var tokens: [Int32]
        let promptCount: Int
        var computed: Int
        var lease: CacheLease
    }

    struct Parked {
        let scope: CacheScope
        let tokens: [Int32]
        let promptCount: Int
        let computed: Int
        let state: [UInt8]
    }

    struct NoSlot: Error {}

    static let slots = 4

    let record = ScriptedRuntime.Record()
    let runtime: ScriptedRuntime
    let shelf: FaultyShelf?
    var cache: PrefixCache
    var seats: [Seat] = []
    var parked: [Parked] = []
    private var freeSlots = Array((0..<CacheDriver.slots).reversed())
    private let spare: Int
    /// What each scope has computed so far: nothing else may ever be reused.
    private var computed: [CacheScope: Set<[Int32]>] = [:]
    /// Times only grow, and are nobody's clock.
    private(set) var now = ContinuousClock.now

    init(
        memory: RuntimeShape.Memory = .cells, cells: Int = 10_000, spare: Int = 40, limits: CacheLimits = CacheLimits(),
        shelf: FaultyShelf? = nil
    ) {
        self.spare = spare
        self.shelf = shelf
        runtime = ScriptedRuntime(
            record: record,
            shape: RuntimeShape(
                memory: memory, cells: cells, sequences: Self.slots + spare, vocabulary: ScriptedRuntime.vocabulary))
        cache = PrefixCache(
            runtime: runtime, sequences: Self.slots..<(Self.slots + spare), limits: limits, shelf: shelf, now: now)
    }

    var hasFreeSlot: Bool { !freeSlots.isEmpty }

    // MARK: What the engine does

    /// Gives a prompt a slot.
    @discardableResult
    func start(_ prompt: [Int32], _ scope: CacheScope) throws -> CacheReport {
        tick()
        guard let slot = freeSlots.popLast() else { throw NoSlot() }
        let (lease, report) = cache.attach(prompt, scope: scope, to: slot, now: now)
        #expect(report.cachedTokens == lease.node.end)
        #expect(report.cachedTokens <= max(0, prompt.count - 1), "the last token was not left to compute")
        #expect(report.cachedTokens <= mayReuse(prompt, scope), "\(scope) reuses what it never may see")
        #expect((report.tier == .none) == (report.cachedTokens == 0))
        seats.append(
            Seat(
                slot: slot, scope: scope, tokens: prompt, promptCount: prompt.count, computed: lease.node.end,
                lease: lease))
        try check()
        return report
    }

    /// Computes tokens of a sequence; beyond its prompt it writes new ones.
    ///
    /// - Returns: `false` when there is no room; nothing was computed then.
    func compute(_ index: Int, _ count: Int, writing: (Int) -> Int32 = { _ in 7 }) throws -> Bool {
        tick()
        guard cache.makeRoom(count) else { return false }
        for _ in 0..<count {
            if seats[index].tokens.count == seats[index].computed {
                seats[index].tokens.append(writing(seats[index].computed))
            }
            let position = seats[index].computed
            _ = runtime.append(
                token: seats[index].tokens[position], position: position, sequence: seats[index].slot,
                wantsLogits: false)
            seats[index].computed += 1
        }
        try runtime.decode()
        cache.useCells(count)
        computed[seats[index].scope, default: []].insert(Array(seats[index].tokens.prefix(seats[index].computed)))
        try check()
        return true
    }

    /// Computes what is left of a prompt.
    func computePrompt(_ index: Int) throws -> Bool {
        let left = seats[index].promptCount - seats[index].computed
        return try left > 0 ? compute(index, left) : true
    }

    func commit(_ index: Int) throws {
        tick()
        cache.commit(
            seats[index].tokens, computed: seats[index].computed, of: seats[index].slot, &seats[index].lease, now: now)
        try check()
    }

    func finish(_ index: Int, commits: Bool = true) throws {
        if commits { try commit(index) }
        let seat = seats.remove(at: index)
        cache.detach(seat.lease, sequence: seat.slot, computed: seat.computed)
        cache.trimIdle()
        freeSlots.append(seat.slot)
        try check()
    }

    func park(_ index: Int) throws {
        let seat = seats[index]
        let state = try runtime.state(of: seat.slot)
        try finish(index, commits: false)
        parked.append(
            Parked(
                scope: seat.scope, tokens: seat.tokens, promptCount: seat.promptCount, computed: seat.computed,
                state: state))
    }

    func resume(_ index: Int) throws {
        tick()
        let back = parked[index]
        guard cache.makeRoom(back.computed + 1) else { return }
        guard let slot = freeSlots.popLast() else { throw NoSlot() }
        #expect(runtime.restore(back.state, to: slot), "there was room for \(back.computed) cells")
        cache.useCells(back.computed)
        parked.remove(at: index)
        seats.append(
            Seat(
                slot: slot, scope: back.scope, tokens: back.tokens, promptCount: back.promptCount,
                computed: back.computed, lease: cache.emptyLease(back.scope)))
        try check()
    }

    /// A whole request: prompt, a few tokens of answer, end.
    @discardableResult
    func serve(_ prompt: [Int32], _ scope: CacheScope, writes count: Int = 0) throws -> CacheReport {
        let report = try start(prompt, scope)
        let index = seats.count - 1
        #expect(try computePrompt(index))
        try commit(index)
        if count > 0 { #expect(try compute(index, count)) }
        try finish(index)
        return report
    }

    /// What the engine does in a quiet moment, so long after the last request.
    func copyAhead(after time: Duration = .seconds(2)) throws -> Bool {
        now += time
        let wasCopied = cache.copyAhead(now: now)
        try check()
        return wasCopied
    }

    /// Forgets a node by hand.
    func invalidate(_ id: UInt64) throws(ServiceError) -> Int { try cache.invalidate(id) }

    func tick() { now += .milliseconds(10) }

    // MARK: What must always hold

    /// The most that a scope may find of a prompt.
    private func mayReuse(_ prompt: [Int32], _ scope: CacheScope) -> Int {
        [CacheScope.shared, scope].flatMap { computed[$0] ?? [] }.reduce(0) { best, path in
            max(best, zip(path, prompt).prefix { $0 == $1 }.count)
        }
    }

    func check() throws {
        try checkTree()
        try checkStates()
        try checkSeats()
        #expect(record.log.withLock(\.violations) == [])
    }

    private func checkTree() throws {
        let tree = cache.tree
        let reachable = tree.root.subtree.dropFirst()
        #expect(Set(reachable.map(\.id)) == Set(tree.nodes.keys))
        for node in reachable {
            let parent = try #require(node.parent)
            #expect(!node.tokens.isEmpty)
            #expect(node.start == parent.end)
            #expect(parent.child(node.scope, node.tokens[0]) === node)
            #expect(parent.scope == .shared || parent.scope == node.scope, "a tenant's node is below another's")
            var users = 0
            for seat in seats {
                var next: PrefixNode? = seat.lease.node
                while let other = next {
                    if other === node { users += 1 }
                    next = other.parent
                }
            }
            #expect(node.users == users)
            let leads = !node.children.isEmpty || node.users > 0
            #expect(node.hasState || (leads && cache.memory == .checkpoints), "a run without a state stayed")
        }
    }

    private func checkStates() throws {
        let nodes = cache.tree.nodes.values
        let used = nodes.compactMap(\.sequence)
        #expect((used + cache.freeSequences).sorted() == Array(Self.slots..<(Self.slots + spare)))
        #expect(cache.ramBytes == nodes.reduce(0) { $0 + ($1.blob?.count ?? 0) })
        #expect(cache.ramBytes <= cache.limits.ramBytesMax)
        for node in nodes {
            guard let sequence = node.sequence else { continue }
            #expect(cache.memory == .cells)
            #expect(node.parent.map { $0.isRoot || $0.isHot } == true, "a hot node is below one that is not")
            let held = runtime.held(by: sequence)
            #expect(held.map(\.position) == Array(node.range))
            #expect(held.map(\.token) == node.tokens)
        }
        for free in cache.freeSequences + freeSlots {
            if !runtime.held(by: free).isEmpty { Issue.record("the free sequence \(free) holds something") }
        }
        if let shelf { #expect(shelf.names.isSuperset(of: nodes.compactMap(\.file))) }
        #expect(cache.cellsUsed == runtime.cellCount)
        #expect(runtime.cellCount <= runtime.shape.cells)
        let idle = nodes.reduce(0) { $0 + ($1.isHot && $1.users == 0 ? $1.tokens.count : 0) }
        if seats.isEmpty { #expect(idle <= cache.limits.idleCellsMax) }
    }

    private func checkSeats() throws {
        for seat in seats {
            let held = runtime.held(by: seat.slot)
            #expect(held.map(\.position) == Array(0..<seat.computed))
            #expect(held.map(\.token) == Array(seat.tokens.prefix(seat.computed)))
            let node = seat.lease.node
            #expect(node.isRoot || cache.tree.nodes[node.id] === node, "a lease is on a node that is gone")
            #expect(node.path == Array(seat.tokens.prefix(node.end)))
            #expect(node.end <= seat.computed)
            if cache.memory == .cells { #expect(node.isRoot || node.isHot) }
        }
    }
}

/// A shelf in memory. It can be full, and lose or damage what it holds.
final class FaultyShelf: CacheShelf {
    private struct State {
        var states: [String: ShelvedState] = [:]
        var next = 0
        var isFull = false
    }

    private let state = Mutex(State())
    let bytesMax = 1 << 20
    var rejectedCount: Int { 0 }
    var bytes: Int { state.withLock { $0.states.values.reduce(0) { $0 + $1.state.count } } }
    var names: Set<String> { state.withLock { Set($0.states.keys) } }

    func contents() -> [ShelfEntry] { state.withLock { $0.states.map(ShelfEntry.init) } }

    func put(_ shelved: ShelvedState) -> String? {
        state.withLock { state in
            if state.isFull { return nil }
            state.next += 1
            state.states["s\(state.next)"] = shelved
            return "s\(state.next)"
        }
    }

    func get(_ name: String) -> ShelvedState? { state.withLock { $0.states[name] } }
    func remove(_ name: String) { state.withLock { $0.states[name] = nil } }

    func settle(within patience: Duration) -> Bool { state.withLock { !$0.isFull } }

    func setFull(_ isFull: Bool) { state.withLock { $0.isFull = isFull } }

    /// Cuts a byte off every state: the model will not take them.
    func damage() {
        state.withLock { state in
            for name in state.states.keys { state.states[name]?.state.removeLast() }
        }
    }

    /// Gives every state other tokens than were put there.
    func confuse() {
        state.withLock { state in
            for name in state.states.keys { state.states[name]?.tokens[0] += 1 }
        }
    }
}
