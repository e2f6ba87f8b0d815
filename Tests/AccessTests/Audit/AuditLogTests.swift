import Access
import Synchronization
import Testing
import Vocabulary

/// Keeps records in memory; fails while it is told to.
private final class MemoryStore: AuditStore {
    struct Broken: Error {}
    struct State {
        var records: [AuditRecord] = []
        var isBroken = false
        var appendCount = 0
        var gate: CheckedContinuation<Void, Never>?
        var isGated = false
    }
    let state = Mutex(State())

    func append(_ link: @Sendable (AuditHead) -> [AuditRecord]) async throws {
        await withCheckedContinuation { waiter in
            let goesOn = state.withLock { state in
                guard state.isGated else { return true }
                state.gate = waiter
                return false
            }
            if goesOn { waiter.resume() }
        }
        try state.withLock { state in
            state.appendCount += 1
            if state.isBroken { throw Broken() }
            state.records += link(state.records.last?.head ?? .origin)
        }
    }

    func open() {
        state.withLock { state in
            state.isGated = false
            defer { state.gate = nil }
            return state.gate
        }?.resume()
    }

    func lines(_ filter: AuditFilter) async throws -> [String] { [] }
    func forEachLine(after sequence: Int64, _ body: (String) async throws -> Void) async throws {}
    func head() async throws -> AuditHead { state.withLock { $0.records.last?.head ?? .origin } }
    var records: [AuditRecord] { state.withLock { $0.records } }
}

@Suite struct AuditLogTests {
    private final class Clock: Sendable {
        private let time = Mutex<Int64>(0)
        func next() -> Int64 {
            time.withLock { time in
                time += 1
                return time
            }
        }
    }

    private func with(_ store: MemoryStore, _ body: @Sendable (AuditLog) async throws -> Void) async throws {
        let clock = Clock()
        let log = AuditLog(store: store, now: { clock.next() }, complain: { _ in })
        let writer = Task { await log.run() }
        do {
            try await body(log)
        } catch {
            log.finish()
            await writer.value
            throw error
        }
        log.finish()
        await writer.value
    }

    @Test func `what was recorded is durable when the call returns`() async throws {
        let store = MemoryStore()
        try await with(store) { log in
            for number in 1...3 {
                try await log.record(AuditEntry(.signIn, details: [.count: .number(Int64(number))]))
                #expect(store.records.count == number)
            }
        }
        #expect(store.records.map(\.entry.at) == [1, 2, 3])
    }

    @Test func `entries of many tasks are one chain without gaps`() async throws {
        let store = MemoryStore()
        try await with(store) { log in
            try await withThrowingTaskGroup { group in
                for _ in 0..<50 {
                    group.addTask {
                        for number in 0..<10 {
                            if number.isMultiple(of: 2) {
                                log.note(AuditEntry(.keyBurst))
                            } else {
                                try await log.record(AuditEntry(.signIn))
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        var verifier = AuditVerifier()
        #expect(store.records.count == 500)
        #expect(store.records.allSatisfy { verifier.check($0.line) == nil })
        // One transaction carries many.
        #expect(store.state.withLock { $0.appendCount } < 500)
    }

    @Test func `a store that fails refuses what waits, and tells the rest as lost`() async throws {
        let store = MemoryStore()
        try await with(store) { log in
            store.state.withLock { $0.isBroken = true }
            log.note(AuditEntry(.refusal))
            await #expect(throws: ServiceError.self) { try await log.record(AuditEntry(.signIn)) }
            store.state.withLock { $0.isBroken = false }
            try await log.record(AuditEntry(.signOut))
        }
        let last = store.records.suffix(2)
        #expect(last.map(\.entry.action) == [.signOut, .entriesLost])
        #expect(last.last?.entry.details[.count] == .number(1))
    }

    @Test func `beyond the bound notes are counted and records refused`() async throws {
        let store = MemoryStore()
        store.state.withLock { $0.isGated = true }
        try await with(store) { log in
            let first = Task { try await log.record(AuditEntry(.started)) }
            // The writer holds the first entry at the gate; what comes now waits in the queue.
            while store.state.withLock({ $0.gate == nil }) { await Task.yield() }
            for _ in 0..<(AuditLog.waitingMax + 7) { log.note(AuditEntry(.refusal)) }
            await #expect(throws: ServiceError.self) { try await log.record(AuditEntry(.signIn)) }
            store.open()
            try await first.value
        }
        #expect(store.records.count == 1 + AuditLog.waitingMax + 1)
        #expect(store.records.first { $0.entry.action == .entriesLost }?.entry.details[.count] == .number(7))
        #expect(!store.records.contains { $0.entry.action == .signIn })
    }

    @Test func `a closed trail refuses, and what waited is written`() async throws {
        let store = MemoryStore()
        let log = AuditLog(store: store, now: { 1 }, complain: { _ in })
        log.note(AuditEntry(.stopped))
        log.finish()
        await log.run()
        #expect(store.records.count == 1)
        await #expect(throws: ServiceError.self) { try await log.record(AuditEntry(.signIn)) }
    }
}
