import Foundation
import Telemetry
import Testing
import Vocabulary

@testable import EngineWorker

private let tinyChat = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Models/tiny-chat.gguf").path

private let silent = Logger(label: "test", sink: .none)

@Suite(.serialized, .timeLimit(.minutes(2))) struct FileHashTests {
    private let path = NSTemporaryDirectory() + "nexus-hash-\(UUID().uuidString)"

    @Test func `everybody who asks gets the same hash, and the file is read once`() async throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        // 3 MiB of zeros, and SHA-256 of them by sha256sum.
        try Data(count: 3 << 20).write(to: URL(filePath: path))
        let hash = FileHash(path: path, logger: silent)
        async let first = hash.value()
        async let second = hash.value()
        let values = await [first, second, hash.value()]
        #expect(Set(values) == ["bbd05cf6097ac9b1f89ea29d2542c1b7b67ee46848393895f5a9e43fa1f621e5"])
        try FileManager.default.removeItem(atPath: path)
        #expect(await hash.value() == values[0])
    }

    @Test func `a file that is not there, or no longer the same, has no hash`() async throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(await FileHash(path: path, logger: silent).value() == "")
        try Data("one".utf8).write(to: URL(filePath: path))
        let hash = FileHash(path: path, logger: silent)
        try Data("two".utf8).write(to: URL(filePath: path), options: .atomic)
        #expect(await hash.value() == "")
    }

    @Test func `a hash is kept for the same file and not for a changed one`() async throws {
        let folder = path + "-store"
        defer {
            try? FileManager.default.removeItem(atPath: path)
            try? FileManager.default.removeItem(atPath: folder)
        }
        try Data("abc".utf8).write(to: URL(filePath: path))
        let store = FileHashStore(folder: folder, logger: silent)
        let stamp = try #require(FileStamp(path: path))
        #expect(store.hash(of: stamp) == nil)
        let hash = await FileHash(path: path, logger: silent).value(store: store)
        #expect(hash == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(store.hash(of: stamp) == hash)
        try Data("abd".utf8).write(to: URL(filePath: path), options: .atomic)
        #expect(store.hash(of: try #require(FileStamp(path: path))) == nil)
        // What was cut is not believed.
        let file = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
        try Data("ba7816".utf8).write(to: URL(filePath: "\(folder)/\(file)"))
        #expect(store.hash(of: stamp) == nil)
    }
}

@Suite(.serialized, .timeLimit(.minutes(2))) struct FingerprintTests {
    private let folder = NSTemporaryDirectory() + "nexus-shelf-\(UUID().uuidString)"

    /// The folders of states that a command line uses.
    private func folders(_ options: String) async throws -> Set<String> {
        let arguments = try commandLine("-m \(tinyChat) -t 1 --cache-dir \(folder) \(options)")
        let loaded = try LoadedModel(arguments, logger: silent)
        let shelf = await WorkerEngine(arguments: arguments, loaded: loaded, logger: silent).openShelf()
        guard shelf != nil else { return [] }
        return Set(try FileManager.default.contentsOfDirectory(atPath: folder)).subtracting(["hashes"])
    }

    @Test func `whatever changes states changes the folder, and nothing else does`() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let plain = try await folders("")
        #expect(plain.count == 1)
        #expect(try await folders("--cache-ram 0 --queue-max 3 -b 64 --temp 0.3 -a other") == plain)
        var known = plain
        for options in ["-ctk q8_0", "-ctv q8_0 -fa on", "-fa off", "-c 512", "-np 2"] {
            let now = try await folders(options)
            #expect(now.count == known.count + 1, "\(options)")
            known = now
        }
    }

    @Test(arguments: ["--cache-disk 0", "--no-cache-prompt"]) func `some want no shelf`(options: String) async throws {
        #expect(try await folders(options) == [])
    }
}
