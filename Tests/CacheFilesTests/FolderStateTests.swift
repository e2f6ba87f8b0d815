import Testing

@testable import CacheFiles

@Suite struct FolderStateTests {
    private let bytes = StateFormat.fileBytes(keptState(0).header)

    private func put(_ number: Int32, _ state: inout FolderState, bytes: Int = 3_000) -> Bool {
        let kept = keptState(number, bytes: bytes)
        return state.put(kept, name: "\(number)", place: .init(kept.tokens, start: kept.start))
    }

    private func wrote(_ name: String, _ ticket: UInt64, _ failure: String?, _ state: inout FolderState)
        -> CacheFolderEvent?
    {
        state.wrote(name, ticket: ticket, failure: failure)
    }

    private func writes(_ jobs: [FolderJob]) -> [(name: String, ticket: UInt64)] {
        jobs.compactMap { if case .write(let name, let ticket) = $0 { (name, ticket) } else { nil } }
    }

    @Test func `a full queue refuses, and takes again when something was written`() {
        var state = FolderState(bytesMax: 100 * bytes, filesMax: 100, queueBytesMax: 2 * bytes)
        #expect(put(1, &state))
        #expect(put(2, &state))
        #expect(!put(3, &state))
        #expect(state.refusedCount == 1)
        #expect(!state.ledger.has("3"))
        let jobs = writes(state.takeJobs())
        #expect(jobs.map(\.name) == ["1", "2"])
        #expect(!put(3, &state), "what is being written still takes room")
        #expect(wrote("1", jobs[0].ticket, nil, &state) == nil)
        #expect(put(3, &state))
        #expect(state.pendingBytes == 2 * bytes)
    }

    @Test func `a state that is larger than the queue may wait alone`() {
        var state = FolderState(bytesMax: 100 * bytes, filesMax: 100, queueBytesMax: 10)
        #expect(put(1, &state))
        #expect(!put(2, &state))
    }

    @Test func `what is removed before it was written is not written`() {
        var state = FolderState(bytesMax: 100 * bytes, filesMax: 100, queueBytesMax: 10 * bytes)
        #expect(put(1, &state))
        state.remove("1")
        #expect(state.pendingBytes == 0)
        #expect(put(1, &state))
        let jobs = state.takeJobs()
        #expect(jobs.count == 3)
        let tickets = writes(jobs).map(\.ticket)
        #expect(state.state(of: "1", ticket: tickets[0]) == nil, "the first job is void: removing comes after it")
        #expect(state.state(of: "1", ticket: tickets[1]) == keptState(1))
    }

    @Test func `a state that is put anew while its first file is written is written anew`() {
        var state = FolderState(bytesMax: 100 * bytes, filesMax: 100, queueBytesMax: 10 * bytes)
        #expect(put(1, &state))
        let first = writes(state.takeJobs())[0]
        state.remove("1")
        #expect(put(1, &state))
        #expect(wrote("1", first.ticket, nil, &state) == nil)
        #expect(state.pending["1"] != nil)
        #expect(state.ledger.has("1"))
        #expect(wrote("1", first.ticket, "no room", &state) == .writingFailed(reason: "no room"))
        #expect(state.ledger.has("1"), "an old job's failure says nothing of the new one")
    }

    @Test func `failures are told once until writing works again`() {
        var state = FolderState(bytesMax: 100 * bytes, filesMax: 100, queueBytesMax: 10 * bytes)
        for number: Int32 in 1...4 { #expect(put(number, &state)) }
        let jobs = writes(state.takeJobs())
        #expect(wrote("1", jobs[0].ticket, "full", &state) == .writingFailed(reason: "full"))
        #expect(wrote("2", jobs[1].ticket, "full", &state) == nil)
        #expect(wrote("3", jobs[2].ticket, nil, &state) == .writingWorksAgain)
        #expect(wrote("4", jobs[3].ticket, nil, &state) == nil)
        #expect(state.failedCount == 2)
        #expect(state.ledger.count == 2)
        #expect(state.ledger.bytes == 2 * bytes)
        #expect(state.pendingBytes == 0)
    }

    @Test func `room is made by removing what waits or is there, before the new one is written`() {
        var state = FolderState(bytesMax: 2 * bytes, filesMax: 100, queueBytesMax: 10 * bytes)
        for number: Int32 in 1...3 { #expect(put(number, &state)) }
        #expect(state.ledger.bytes == 2 * bytes)
        #expect(state.pending.keys.sorted() == ["2", "3"])
        let order = state.takeJobs().map { job in
            switch job {
            case .write(let name, _): "write \(name)"
            case .remove(let name): "remove \(name)"
            case .tell: "tell"
            }
        }
        #expect(order == ["write 1", "write 2", "remove 1", "write 3"])
    }

    @Test func `a state larger than all files may be is refused`() {
        var state = FolderState(bytesMax: bytes - 1, filesMax: 100, queueBytesMax: 10 * bytes)
        #expect(!put(1, &state))
    }
}

@Suite struct FileLedgerTests {
    private func gone(_ ledger: inout FileLedger, for bytes: Int, files: Int = 1) -> [String] {
        ledger.makeRoom(for: bytes, files: files)
    }

    @Test func `what comes before on a path is used with what comes after, and goes after it`() {
        var ledger = FileLedger(bytesMax: 30, filesMax: 10)
        ledger.add("root", bytes: 10, place: .init([1, 2], start: 0))
        ledger.add("leaf", bytes: 10, place: .init([1, 2, 3, 4], start: 2))
        ledger.add("other", bytes: 10, place: .init([9], start: 0))
        ledger.use("leaf")
        #expect(ledger.names == ["root", "leaf", "other"])
        #expect(gone(&ledger, for: 15) == ["other", "leaf"])
        #expect(ledger.bytes == 10)
    }

    @Test func `the number of files is bounded, too`() {
        var ledger = FileLedger(bytesMax: 1_000, filesMax: 2)
        ledger.add("a", bytes: 1)
        ledger.add("b", bytes: 1)
        #expect(gone(&ledger, for: 1) == ["a"])
        #expect(gone(&ledger, for: 1, files: 2) == ["b"])
        #expect((ledger.count, ledger.bytes) == (0, 0))
    }

    @Test func `a file that is added again counts once`() {
        var ledger = FileLedger(bytesMax: 1_000, filesMax: 10)
        ledger.add("a", bytes: 5)
        ledger.add("a", bytes: 7)
        #expect((ledger.count, ledger.bytes) == (1, 7))
        let isGone = ["b", "a"].map { ledger.remove($0) }
        #expect(isGone == [false, true])
        #expect(ledger.bytes == 0)
    }

    @Test func `a path of many files ends, even one that seems to go in a circle`() {
        var ledger = FileLedger(bytesMax: 1_000_000, filesMax: 10_000)
        ledger.add("circle", bytes: 1, place: .init(start: 1, end: 2))
        ledger.add("back", bytes: 1, place: .init(start: 2, end: 1))
        ledger.use("circle")
        for depth in 0..<1_100 { ledger.add("\(depth)", bytes: 1, place: .init(start: 10 + depth, end: 11 + depth)) }
        #expect(ledger.count == 1_102)
    }
}
