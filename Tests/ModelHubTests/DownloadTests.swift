import Foundation
import Synchronization
import TestRandomness
import Testing

@testable import ModelHub

@Suite struct DownloadTests {
    private let log = EventLog()

    private func content(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    private func setting(
        _ hub: StoredHub, _ folder: StoredFolder, token: String? = nil, desk: TransferDesk = TransferDesk(),
        _ options: TransferOptions = TransferOptions(connections: 3, blockBytes: 64, runBlocksMax: 4)
    ) -> DownloadSetting {
        DownloadSetting(
            client: HubClient(address: StoredHub.address, token: token, transport: hub, time: .hurried),
            folder: folder, throttle: Throttle(bytesPerSecond: nil, time: .hurried), desk: desk, options: options)
    }

    @discardableResult
    private func run(_ setting: DownloadSetting, _ reference: String = "a/b") async throws -> DownloadedModel {
        try await Download(
            HubReference.parse(reference), setting: setting, progress: { _ in }, event: { log.note($0) }
        ).run()
    }

    /// Returns when all that is complete would survive a power cut.
    private func settled(_ setting: DownloadSetting) async {
        while setting.desk.settlingCount > 0 { await Task.yield() }
    }

    private final class EventLog: Sendable {
        let events = Mutex<[DownloadEvent]>([])
        func note(_ event: DownloadEvent) { events.withLock { $0.append(event) } }
    }

    @Test func `a model comes over several connections and is checked`() async throws {
        let bytes = content(2000)
        let hub = StoredHub(["m-Q4_K_M.gguf": bytes, "README.md": [1]])
        let folder = StoredFolder()
        let setting = setting(hub, folder)
        let model = try await run(setting)
        #expect(folder.state.withLock { $0.finished } == ["a/b/m-Q4_K_M.gguf": bytes])
        await settled(setting)
        #expect(folder.state.withLock { $0.ledgers.isEmpty && $0.parts.isEmpty })
        #expect(folder.state.withLock { $0.writtenBytes } == 2000)
        #expect(model.primaryPath == "/models/a/b/m-Q4_K_M.gguf")
        #expect(model.quantisation == "Q4_K_M")
        #expect(model.files.map(\.isVerified) == [true])
        #expect(model.files.map(\.checksum) == [.sha256(StoredHub.sha(bytes))])
    }

    @Test func `files in git itself are checked by git's own names, and empty files are files`() async throws {
        let files = ["model.safetensors": content(300), "config.json": Array("{}".utf8), "vocab.txt": []]
        let hub = StoredHub(files, stored: ["model.safetensors"])
        let folder = StoredFolder()
        let model = try await run(setting(hub, folder))
        #expect(model.kind == .safeTensors)
        #expect(model.files.map(\.path) == ["a/b/config.json", "a/b/vocab.txt", "a/b/model.safetensors"])
        #expect(model.files.map(\.isVerified) == [true, true, true])
        #expect(folder.state.withLock { $0.finished["a/b/vocab.txt"] } == [])
    }

    @Test func `the token goes to the hub and never to its storage`() async throws {
        let hub = StoredHub(["m.gguf": content(500)])
        hub.state.withLock { $0.token = "hf_secret" }
        try await run(setting(hub, StoredFolder(), token: "hf_secret"))
        #expect(hub.state.withLock { $0.leaks } == 0)
        let own = hub.state.withLock { $0.requests.filter { $0.url.hasPrefix("https://hub.test") } }
        #expect(own.count >= 3 && own.allSatisfy { $0.token == "hf_secret" && !$0.isRedirected })
        let others = hub.state.withLock { $0.requests.filter { $0.url.hasPrefix("https://storage.test") } }
        #expect(!others.isEmpty && others.allSatisfy { $0.token == nil && $0.isRedirected })
    }

    @Test func `without a token a private repository says what to do`() async throws {
        let hub = StoredHub(["m.gguf": content(50)])
        hub.state.withLock { $0.token = "hf_secret" }
        let error = try await #require(throws: HubError.self) { try await run(setting(hub, StoredFolder())) }
        #expect(error.code == .unauthorized && error.hint?.contains("hub.token") == true)
    }

    @Test func `a long listing is read page by page`() async throws {
        var files = Dictionary(uniqueKeysWithValues: (0..<95).map { ("data/\($0).bin", [UInt8(1)]) })
        files["z/m.gguf"] = content(100)
        let hub = StoredHub(files)
        hub.state.withLock { $0.pageSize = 10 }
        let model = try await run(setting(hub, StoredFolder()))
        #expect(model.primaryPath == "/models/a/b/z/m.gguf")
    }

    @Test func `addresses that run out are asked for again`() async throws {
        let bytes = content(3000)
        let hub = StoredHub(["m.gguf": bytes])
        hub.state.withLock { ($0.signatureUses, $0.usesLeft) = (2, 2) }
        let folder = StoredFolder()
        try await run(setting(hub, folder))
        #expect(folder.state.withLock { $0.finished["a/b/m.gguf"] } == bytes)
        #expect(hub.state.withLock { $0.signature } > 2)
    }

    @Test func `a server that knows no ranges is read from its beginning, once`() async throws {
        let bytes = content(1000)
        let hub = StoredHub(["m.gguf": bytes]) { _, _ in .rangeIgnored }
        let folder = StoredFolder()
        try await run(setting(hub, folder))
        #expect(folder.state.withLock { $0.finished["a/b/m.gguf"] } == bytes)
    }

    @Test func `a wrong checksum throws the bytes away, twice at most`() async throws {
        let bytes = content(500)
        let hub = StoredHub(["m.gguf": bytes]) { request, _ in request.url.contains("storage") ? .damaged : nil }
        let folder = StoredFolder()
        let error = try await #require(throws: HubError.self) { try await run(setting(hub, folder)) }
        #expect(error.code == .checksum)
        #expect(error.message.contains(StoredHub.sha(bytes)))
        #expect(folder.state.withLock { $0.finished.isEmpty && $0.parts.isEmpty && $0.ledgers.isEmpty })
        #expect(folder.state.withLock { $0.writtenBytes } == 1000)
    }

    @Test func `bytes that were damaged once are right the second time`() async throws {
        let bytes = content(500)
        let isFirst = Mutex(true)
        let hub = StoredHub(["m.gguf": bytes]) { request, _ in
            guard request.url.contains("storage") else { return nil }
            return isFirst.withLock { first in
                defer { first = false }
                return first ? .damaged : nil
            }
        }
        let folder = StoredFolder()
        try await run(setting(hub, folder))
        #expect(folder.state.withLock { $0.finished["a/b/m.gguf"] } == bytes)
        #expect(log.events.withLock { $0.contains { if case .checksumWrong = $0 { true } else { false } } })
    }

    @Test(arguments: ["wrong", "cut", "unmeasured", "overlong", "dead", "503"])
    func `a storage that never gives what was asked for is given up`(_ kind: String) async throws {
        let hub = StoredHub(["m.gguf": content(500)]) { request, _ in
            switch kind {
            case "wrong": .wrongRange
            case "cut": .cutAfter(10)
            case "unmeasured": .unmeasured(cutAfter: 10)
            case "overlong": .overlong
            case "dead": .noAnswer
            default: .status(503, [:])
            }
        }
        let error = try await #require(throws: HubError.self) { try await run(setting(hub, StoredFolder())) }
        #expect(error.code == .unreachable && error.message.contains("tried 8 times"))
    }

    @Test func `who asks for more patience than there is, is not waited for`() async throws {
        let hub = StoredHub(["m.gguf": content(500)]) { _, _ in .status(429, ["retry-after": "86400"]) }
        let error = try await #require(throws: HubError.self) { try await run(setting(hub, StoredFolder())) }
        #expect(error.code == .rateLimited && error.message.contains("86400"))
    }

    @Test func `a listing that does not agree with the file is told`() async throws {
        let hub = StoredHub(["m.gguf": content(500)])
        hub.state.withLock { $0.listedSizes = ["m.gguf": 400] }
        let error = try await #require(throws: HubError.self) { try await run(setting(hub, StoredFolder())) }
        #expect(error.code == .changed)
        #expect(error.message.contains("400") && error.message.contains("500"))
    }

    @Test func `a repository that changes meanwhile is begun again`() async throws {
        let (old, new) = (content(900, seed: 1), content(800, seed: 2))
        let hub = StoredHub(["m.gguf": old])
        let changing = ChangingHub(hub: hub, after: 3) { state in
            state.commit = "c0ffee0000000000000000000000000000000002"
            state.files["m.gguf"] = new
        }
        let folder = StoredFolder()
        let setting = DownloadSetting(
            client: HubClient(address: StoredHub.address, token: nil, transport: changing, time: .hurried),
            folder: folder, throttle: Throttle(bytesPerSecond: nil, time: .hurried), desk: TransferDesk(),
            options: TransferOptions(connections: 1, blockBytes: 64, runBlocksMax: 1))
        try await run(setting)
        #expect(log.events.withLock { $0.contains { if case .changed = $0 { true } else { false } } })
        #expect(folder.state.withLock { $0.finished["a/b/m.gguf"] } == new)
    }

    @Test func `room is looked for before the first byte`() async throws {
        let hub = StoredHub(["m.gguf": content(500)])
        let folder = StoredFolder()
        folder.state.withLock { $0.freeBytes = 100 << 20 }
        let error = try await #require(throws: HubError.self) { try await run(setting(hub, folder)) }
        #expect(error.code == .noSpace && error.message.contains("100.0 MiB"))
        #expect(!hub.state.withLock { $0.requests.contains { $0.url.contains("resolve") } })
    }

    @Test func `a disk that is full in the middle keeps what is there`() async throws {
        let bytes = content(2000)
        let hub = StoredHub(["m.gguf": bytes])
        let folder = StoredFolder()
        folder.state.withLock { $0.writableBytes = 1200 }
        let error = try await #require(throws: HubError.self) { try await run(setting(hub, folder)) }
        #expect(error.code == .noSpace)
        let kept = try #require(folder.state.withLock { $0.ledgers["a/b/m.gguf"] }.flatMap { LedgerFile($0) })
        #expect(kept.ledger.finishedBytes > 0)
        folder.state.withLock { ($0.writableBytes, $0.writtenBytes) = (.max, 0) }
        try await run(setting(hub, folder))
        #expect(folder.state.withLock { $0.finished["a/b/m.gguf"] } == bytes)
        #expect(folder.state.withLock { $0.writtenBytes } == 2000 - kept.ledger.finishedBytes)
    }

    @Test func `a file that is here and right is not fetched again, and a wrong one is`() async throws {
        let bytes = content(500)
        let hub = StoredHub(["m.gguf": bytes])
        let folder = StoredFolder()
        folder.state.withLock { $0.finished["a/b/m.gguf"] = bytes }
        try await run(setting(hub, folder))
        #expect(folder.state.withLock { $0.writtenBytes } == 0)
        folder.state.withLock { $0.finished["a/b/m.gguf"]?[3] ^= 1 }
        try await run(setting(hub, folder))
        #expect(folder.state.withLock { $0.finished["a/b/m.gguf"] } == bytes)
    }

    @Test func `two downloads of one file are one transfer, and the end of one does not end the other`() async throws {
        let bytes = content(5000)
        let hub = StoredHub(["m.gguf": bytes])
        let folder = StoredFolder()
        let setting = setting(hub, folder)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<4 {
                group.addTask {
                    do {
                        if index == 0 { withUnsafeCurrentTask { $0?.cancel() } }
                        try await run(setting)
                        return true
                    } catch is CancellationError {
                        return false
                    }
                }
            }
            var count = 0
            for try await isDone in group where isDone { count += 1 }
            #expect(count == 3)
        }
        #expect(setting.desk.count == 0)
        #expect(folder.state.withLock { $0.finished["a/b/m.gguf"] } == bytes)
        #expect(folder.state.withLock { $0.writtenBytes } == 5000)
    }

    @Test func `a file that a power cut damaged is fetched again as far as it was lost`() async throws {
        let bytes = content(1000)
        let hub = StoredHub(["m.gguf": bytes])
        let folder = StoredFolder()
        folder.state.withLock { $0.isSettlingHeld = true }
        try await run(setting(hub, folder))
        #expect(folder.state.withLock { $0.finished["a/b/m.gguf"] } == bytes)
        folder.cutPower()
        folder.state.withLock { ($0.isSettlingHeld, $0.writtenBytes) = (false, 0) }
        #expect(folder.state.withLock { $0.finished["a/b/m.gguf"] } != bytes)
        let damaged = Mutex<[String]>([])
        try await Leftovers(of: folder).settle { path in damaged.withLock { $0.append(path) } }
        #expect(damaged.withLock { $0 } == ["a/b/m.gguf"])
        #expect(folder.state.withLock { $0.finished.isEmpty })
        let again = setting(hub, folder)
        try await run(again)
        await settled(again)
        #expect(folder.state.withLock { $0.finished["a/b/m.gguf"] } == bytes)
        #expect(folder.state.withLock { $0.writtenBytes } == 1000)
    }

    @Test func `a file that was not settled and is whole is left as it is`() async throws {
        let bytes = content(1000)
        let hub = StoredHub(["m.gguf": bytes])
        let folder = StoredFolder()
        folder.state.withLock { $0.isSettlingHeld = true }
        let first = setting(hub, folder)
        try await run(first)
        await settled(first)
        folder.state.withLock { $0.isSettlingHeld = false }
        try await Leftovers(of: folder).settle { Issue.record("\($0) is whole") }
        #expect(folder.state.withLock { $0.finished["a/b/m.gguf"] } == bytes)
        #expect(folder.state.withLock { $0.ledgers.isEmpty && $0.loose.isEmpty })
    }

    @Test(arguments: 0..<60)
    func `through faults, cancels and power cuts the right bytes arrive`(_ seed: Int) async throws {
        var random = SeededRandom(seed: UInt64(seed))
        let bytes = content(Int.random(in: 0...4000, using: &random), seed: UInt64(seed))
        let chance = Double.random(in: 0...0.5, using: &random)
        let faults = Mutex(random)
        let hub = StoredHub(["m.gguf": bytes]) { request, _ in
            faults.withLock { random in
                guard Double.random(in: 0..<1, using: &random) < chance else { return nil }
                return switch Int.random(in: 0..<9, using: &random) {
                case 0: .status(503, [:])
                case 1: .status(429, ["retry-after": "1"])
                case 2: .noAnswer
                case 3: .brokenAfter(Int.random(in: 0...200, using: &random))
                case 4: .cutAfter(Int.random(in: 0...200, using: &random))
                case 5: .wrongRange
                case 6: .unmeasured(cutAfter: Int.random(in: 0...200, using: &random))
                case 7: .overlong
                default: .status(403, [:])
                }
            }
        }
        let folder = StoredFolder()
        let damaged = Mutex<[String]>([])
        let options = TransferOptions(
            connections: Int.random(in: 1...4, using: &random), blockBytes: Int.random(in: 10...300, using: &random),
            runBlocksMax: Int.random(in: 1...6, using: &random), ledgerInterval: .seconds(1),
            syncInterval: .milliseconds(2))
        for _ in 0..<200 {
            // As when the platform is started.
            try await Leftovers(of: folder).settle { path in damaged.withLock { $0.append(path) } }
            let setting = setting(hub, folder, options)
            let attempt = Task { try await run(setting) }
            if Bool.random(using: &random) {
                try await Task.sleep(for: .microseconds(Int.random(in: 0...3000, using: &random)))
                attempt.cancel()
            }
            switch await attempt.result {
            case .success:
                #expect(folder.state.withLock { $0.finished["a/b/m.gguf"] } == bytes)
                if Double.random(in: 0..<1, using: &random) < 0.7 {
                    await settled(setting)
                    folder.cutPower()
                    #expect(folder.state.withLock { $0.finished["a/b/m.gguf"] } == bytes)
                    #expect(folder.state.withLock { $0.ledgers.isEmpty && $0.parts.isEmpty })
                    return
                }
                folder.cutPower()
                await settled(setting)
            case .failure(let error):
                #expect(error is CancellationError || (error as? HubError)?.code == .unreachable, "\(error)")
                #expect(setting.desk.count == 0)
            }
            if Bool.random(using: &random) { folder.cutPower() }
        }
        Issue.record("200 attempts were not enough")
    }
}

/// Changes the repository after so many requests.
private struct ChangingHub: HubTransport {
    let hub: StoredHub
    let after: Int
    let change: @Sendable (inout StoredHub.State) -> Void

    func send(_ request: HubRequest) async throws -> HubResponse {
        hub.state.withLock { state in if state.requests.count == after { change(&state) } }
        return try await hub.send(request)
    }
}
