@testable import Storage
import Testing

@Suite struct PoolLedgerTests {
    /// What happened, as short text.
    private func text(_ answer: PoolLedger<Int, String>.Acquisition) -> String {
        switch answer {
        case .use(let session): "use \(session)"
        case .open: "open"
        case .wait: "wait"
        case .refuse(.closed): "closed"
        case .refuse(.tooManyWaiters): "crowded"
        }
    }

    private func text(_ answer: PoolLedger<Int, String>.Return) -> String {
        switch answer {
        case .nothing: "nothing"
        case .hand(let session, let waiter): "\(session) to \(waiter)"
        case .openFor(let waiter): "open for \(waiter)"
        case .drained: "drained"
        }
    }

    @Test func `sessions are opened up to the limit, then callers wait in order, then they are refused`() {
        var ledger = PoolLedger<Int, String>(sessionsMax: 2, waitersMax: 2)
        #expect(text(ledger.acquire(id: 1, waiter: "a")) == "open")
        #expect(text(ledger.acquire(id: 2, waiter: "b")) == "open")
        #expect(text(ledger.acquire(id: 3, waiter: "c")) == "wait")
        #expect(text(ledger.acquire(id: 4, waiter: "d")) == "wait")
        #expect(text(ledger.acquire(id: 5, waiter: "e")) == "crowded")
        #expect(text(ledger.release(10)) == "10 to c")
        #expect(text(ledger.placeFreed()) == "open for d")
        #expect(text(ledger.release(10)) == "nothing")
        #expect(text(ledger.acquire(id: 6, waiter: "f")) == "use 10")
    }

    @Test func `asking without waiting overtakes nobody`() {
        var ledger = PoolLedger<Int, String>(sessionsMax: 1, waitersMax: 2)
        #expect(ledger.acquireNow().map(text) == "open")
        #expect(ledger.acquireNow() == nil)
        #expect(text(ledger.acquire(id: 1, waiter: "a")) == "wait")
        #expect(text(ledger.release(10)) == "10 to a")
        #expect(ledger.acquireNow() == nil)
        #expect(text(ledger.release(10)) == "nothing")
        #expect(ledger.acquireNow().map(text) == "use 10")
    }

    @Test func `who gave up is not served and does not hold up the next`() {
        var ledger = PoolLedger<Int, String>(sessionsMax: 1, waitersMax: 5)
        #expect(text(ledger.acquire(id: 1, waiter: "a")) == "open")
        #expect(text(ledger.acquire(id: 2, waiter: "b")) == "wait")
        #expect(text(ledger.acquire(id: 3, waiter: "c")) == "wait")
        #expect(ledger.giveUp(id: 2) == "b")
        #expect(ledger.giveUp(id: 2) == nil)
        #expect(text(ledger.release(1)) == "1 to c")
        #expect(ledger.giveUp(id: 3) == nil)
    }

    @Test func `closing turns waiters away and drains when the last session is back`() {
        var ledger = PoolLedger<Int, String>(sessionsMax: 2, waitersMax: 5)
        _ = ledger.acquire(id: 1, waiter: "a")
        _ = ledger.acquire(id: 2, waiter: "b")
        _ = ledger.acquire(id: 3, waiter: "c")
        #expect(ledger.close() == ["c"])
        #expect(text(ledger.acquire(id: 4, waiter: "d")) == "closed")
        #expect(text(ledger.release(1)) == "nothing")
        #expect(text(ledger.release(2)) == "drained")
        #expect(ledger.takeIdle() == [1, 2])
    }
}
