import Digests
import Synchronization
import TestRandomness
import Testing

@testable import ModelHub

@Suite struct BlockLedgerTests {
    @Test(arguments: 0..<200)
    func `whatever happens to connections, each byte is fetched and counted once`(_ seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let size = Int.random(in: 0...400, using: &random)
        var ledger = BlockLedger(size: size, blockBytes: Int.random(in: 1...50, using: &random))
        var running: [BlockLedger.Run] = []
        var steps = 0
        while !ledger.isComplete {
            steps += 1
            try #require(steps < 20_000, "the ledger never ends")
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4:
                if let run = ledger.take(blocksMax: Int.random(in: 1...5, using: &random)) {
                    #expect(!running.contains { $0.blocks.overlaps(run.blocks) })
                    #expect(run.bytes.lowerBound == ledger.bytes(of: run.blocks.lowerBound).lowerBound)
                    running.append(run)
                }
            case 4..<8:
                guard let run = running.randomElement(using: &random) else { continue }
                let left = run.blocks.filter { ledger.blocks[$0] == .taken }
                if let block = left.first { ledger.finish(block) }
                if left.count <= 1 { running.removeAll { $0 == run } }
            case 8:
                guard let run = running.randomElement(using: &random) else { continue }
                ledger.giveBack(run)
                running.removeAll { $0 == run }
            default:
                // A process ends and another one reads what it left.
                let digits = ledger.finishedDigits
                let read = BlockLedger(size: size, blockBytes: ledger.blockBytes, finishedDigits: digits)
                ledger = try #require(read)
                running = []
            }
            let finished = ledger.blocks.indices.filter { ledger.blocks[$0] == .finished }
            #expect(ledger.finishedBytes == finished.reduce(0) { $0 + ledger.bytes(of: $1).count })
            #expect(ledger.hasMissing == ledger.blocks.contains(.missing))
            let unfinished = ledger.blocks.firstIndex { $0 != .finished }
            #expect(ledger.frontier(from: 0) == unfinished.map { ledger.bytes(of: $0).lowerBound } ?? size)
        }
        #expect(ledger.finishedBytes == size)
        #expect(ledger.frontier(from: 0) == size)
    }

    @Test func `blocks are taken from the beginning, as neighbours`() {
        var ledger = BlockLedger(size: 25, blockBytes: 10)
        let runs = (0..<3).map { _ in ledger.take(blocksMax: 2) }
        let first = BlockLedger.Run(blocks: 0..<2, bytes: 0..<20)
        #expect(runs == [first, BlockLedger.Run(blocks: 2..<3, bytes: 20..<25), nil])
        ledger.giveBack(first)
        let again = ledger.take(blocksMax: .max)
        #expect(again == first)
    }

    @Test(arguments: ["", "zz", "ff", "f", "e00"])
    func `digits that do not fit the file are no ledger`(_ digits: String) {
        // 25 bytes in blocks of 10: three blocks, one digit, whose last bit belongs to no block.
        #expect(BlockLedger(size: 25, blockBytes: 10, finishedDigits: digits) == nil)
    }

    @Test func `a ledger of absurd size is not made`() {
        #expect(BlockLedger(size: 1 << 40, blockBytes: 1, finishedDigits: "0") == nil)
        #expect(BlockLedger(size: -1, blockBytes: 1, finishedDigits: "") == nil)
        #expect(BlockLedger(size: 10, blockBytes: 0, finishedDigits: "0") == nil)
    }
}

@Suite struct LedgerFileTests {
    private let identity = ContentIdentity(
        repository: "a/b", commit: "c1", path: "m.gguf", size: 25, checksum: .sha256(String(repeating: "a", count: 64)))

    @Test func `what is written is read again`() throws {
        var ledger = BlockLedger(size: 25, blockBytes: 10)
        ledger.finish(1)
        var synced = ledger
        ledger.finish(2)
        let file = LedgerFile(identity: identity, ledger: ledger, synced: synced, era: "now")
        let read = try #require(LedgerFile(file.bytes))
        #expect(read == file)
        #expect(read.ledger(in: "now") == ledger && read.ledger(in: "later") == synced)
        synced.reset()
        #expect(LedgerFile(identity: identity, ledger: ledger, synced: nil, era: "now").synced == synced)
    }

    @Test func `a text that was cut or changed is no ledger`() {
        let bytes = LedgerFile(
            identity: identity, ledger: BlockLedger(size: 25, blockBytes: 10), synced: nil, era: "now"
        ).bytes
        for count in 0..<bytes.count { #expect(LedgerFile(Array(bytes.prefix(count))) == nil) }
        let other = String(decoding: bytes, as: UTF8.self).replacing("\"version\":2", with: "\"version\":3")
        #expect(LedgerFile(Array(other.utf8)) == nil)
    }

    @Test func `blocks belong to a checksum, and to a commit where there is none`() {
        let with = { (commit: String, checksum: HubChecksum?) in
            ContentIdentity(repository: "a/b", commit: commit, path: "m.gguf", size: 25, checksum: checksum)
        }
        let one = HubChecksum.sha256(String(repeating: "a", count: 64))
        let other = HubChecksum.sha256(String(repeating: "b", count: 64))
        #expect(with("c1", one).hasContent(of: with("c2", one)))
        #expect(!with("c1", one).hasContent(of: with("c1", other)))
        #expect(!with("c1", one).hasContent(of: with("c1", nil)))
        #expect(with("c1", nil).hasContent(of: with("c1", nil)))
        #expect(!with("c1", nil).hasContent(of: with("c2", nil)))
    }
}

@Suite struct PatienceTests {
    @Test func `waits double, with chance, up to a bound`() {
        let policy = RetryPolicy(failuresMax: 20)
        for failures in 1..<20 {
            let least = policy.decide(reason: "R.", asked: nil, failures: failures, chance: 0)
            let most = policy.decide(reason: "R.", asked: nil, failures: failures, chance: 1)
            let full = min(Duration.milliseconds(500) * (1 << (failures - 1)), .seconds(30))
            #expect(least == .again(after: full * 0.5))
            #expect(most == .again(after: full))
        }
    }

    @Test func `a server's own wish counts, within bounds`() {
        let policy = RetryPolicy()
        #expect(policy.decide(reason: "R.", asked: .seconds(60), failures: 1, chance: 1) == .again(after: .seconds(60)))
        guard case .giveUp(let error) = policy.decide(reason: "R.", asked: .seconds(901), failures: 1, chance: 1) else {
            Issue.record("nobody waits for so long")
            return
        }
        #expect(error.code == .rateLimited && error.message.contains("901"))
    }

    @Test func `too many failures are the end`() {
        guard case .giveUp(let error) = RetryPolicy().decide(reason: "It broke.", asked: nil, failures: 8, chance: 0)
        else {
            Issue.record("eight are enough")
            return
        }
        #expect(error.code == .unreachable && error.message == "It broke. It was tried 8 times.")
    }

    @Test func `a connection is slow only after a whole window of waiting`() {
        var watch = StallWatch(rateMin: 100, window: .seconds(10))
        let slow = (0..<10).map { _ in watch.note(bytes: 1, waiting: .seconds(1)) }
        #expect(slow == Array(repeating: false, count: 9) + [true])
        // A new window begins, in which it is quick enough.
        let quick = (0..<10).map { _ in watch.note(bytes: 100, waiting: .seconds(1)) }
        #expect(!quick.contains(true))
    }

    @Test func `the bucket lets through what its rate says`() {
        let start = ContinuousClock.now
        var bucket = TokenBucket(rate: 1000, now: start)
        var random = SeededRandom(seed: 7)
        var now = start
        var taken = 0
        while now - start < .seconds(60) {
            let wait = bucket.wait(now: now)
            now += wait + .milliseconds(1)
            let bytes = Int.random(in: 1...700, using: &random)
            bucket.take(bytes, now: now)
            taken += bytes
        }
        // The capacity at the beginning, one debt at the end, and the wait for the one before.
        #expect((59_000...61_700).contains(taken))
    }

    @Test func `a changed rate counts at once`() {
        let start = ContinuousClock.now
        var bucket = TokenBucket(rate: 1000, now: start)
        bucket.take(1250, now: start)
        let before = bucket.wait(now: start)
        bucket.change(rate: 10_000, now: start)
        let after = bucket.wait(now: start)
        #expect(before == .seconds(1) && after == .milliseconds(100))
    }

    @Test func `whoever waits for a limit is called several times a second`() async throws {
        let start = ContinuousClock.now
        let passed = Mutex(Duration.zero)
        let time = HubTime(
            now: { start + passed.withLock { $0 } }, sleep: { pause in passed.withLock { $0 += pause } },
            chance: { 0.5 }, unixSeconds: { 0 })
        let throttle = Throttle(bytesPerSecond: 1000, time: time)
        var calls = 0
        // A quarter of a second's bytes are free.
        try await throttle.pass(10_250) { calls += 1 }
        #expect(passed.withLock { $0 } == .seconds(10) && calls == 40)
        try await Throttle(bytesPerSecond: nil, time: time).pass(1 << 30) { calls += 1 }
        #expect(calls == 40)
    }

    @Test func `room is asked for with a reserve`() throws {
        let gigabyte = 1 << 30
        try SpaceNeed(remaining: gigabyte, free: gigabyte + (256 << 20)).check()
        try SpaceNeed(remaining: 0, free: 0).check()
        let error = try #require(throws: HubError.self) {
            try SpaceNeed(remaining: gigabyte, free: gigabyte).check()
        }
        #expect(error.code == .noSpace)
        #expect(error.message.contains("1.0 GiB") && error.hint?.contains("256.0 MiB") == true)
    }

    @Test func `the rate is that of the last seconds`() {
        let start = ContinuousClock.now
        var meter = RateMeter()
        #expect(meter.rate == nil)
        for step in 0...200 { meter.note(bytes: step * 100, now: start + .milliseconds(100) * step) }
        #expect(meter.rate == 1000)
        for step in 201...400 { meter.note(bytes: 20_000, now: start + .milliseconds(100) * step) }
        #expect(meter.rate == 0)
    }

    @Test func `checksums of both kinds are known`() {
        let text = Array("what is up, doc?".utf8)
        let git = RunningDigest(for: .gitBlob(""), size: text.count)
        git.update(Array(text[..<5]))
        git.update(Array(text[5...]))
        // Source: Pro Git, "Git Objects".
        #expect(git.finish() == .gitBlob("bd9dbf5aae1a3862dd1526723246b20206e5fc37"))
        let sha = RunningDigest(for: nil, size: 3)
        sha.update(Array("abc".utf8))
        #expect(
            sha.finish() == .sha256("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
    }
}
