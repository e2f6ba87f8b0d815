import Foundation
import GGUF
import Inference
import Telemetry
import TestModels
import Testing
import Vocabulary

@testable import EngineWorker

private let tinyChat = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Models/tiny-chat.gguf").path

private let silent = Logger(label: "test", sink: .none)

/// Which files clients can reach through `--lora-dir`.
@Suite(.serialized, .timeLimit(.minutes(2))) struct AdapterFolderTests {
    private let root = NSTemporaryDirectory() + "nexus-adapters-\(UUID().uuidString)"
    private var allowed: String { root + "/allowed" }

    /// `allowed/good.gguf`, `allowed/team/good.gguf`, `outside.gguf`, and links that lead out of `allowed` and within it.
    private func withFolder(_ body: (AdapterFolder) async throws -> Void) async throws {
        let files = FileManager.default
        try files.createDirectory(atPath: allowed + "/team", withIntermediateDirectories: true)
        defer { try? files.removeItem(atPath: root) }
        let model = try GGUFFile.read(from: try FileBytes(path: tinyChat))
        let adapter = Data(try TinyAdapter(["blk.0.attn_q.weight"], seed: 1).file(for: model))
        for path in [allowed + "/good.gguf", allowed + "/team/good.gguf", root + "/outside.gguf"] {
            try adapter.write(to: URL(filePath: path))
        }
        try files.createSymbolicLink(atPath: allowed + "/link.gguf", withDestinationPath: "../outside.gguf")
        try files.createSymbolicLink(atPath: allowed + "/inner.gguf", withDestinationPath: "good.gguf")
        try files.createSymbolicLink(atPath: allowed + "/up", withDestinationPath: "..")
        #expect(mkfifo(allowed + "/pipe.gguf", 0o600) == 0)
        try Data("hello, I am no adapter".utf8).write(to: URL(filePath: allowed + "/text.gguf"))
        let arguments = try commandLine("-m \(tinyChat) -t 1")
        let loaded = try LoadedModel(arguments, logger: silent)
        try await body(
            AdapterFolder(
                path: allowed,
                adapters: LoadedAdapters(model: loaded.model, modelPath: tinyChat, logger: silent),
                fingerprints: AdapterFingerprints(store: nil, logger: silent)))
    }

    @Test func `files of the folder are found by their names and by what the list shows`() async throws {
        try await withFolder { folder in
            for name in ["good.gguf", "team/good.gguf", allowed + "/good.gguf"] {
                let found = try await folder.candidate(name, scale: 0.5)
                #expect(found.path == (name.hasPrefix("/") ? name : "\(allowed)/\(name)"))
                #expect(found.scale == 0.5 && found.rank == 4)
            }
        }
    }

    @Test(arguments: [
        "../outside.gguf", "team/../../outside.gguf", "team/../good.gguf", "/etc/passwd", "./good.gguf", "", "/",
        "team//good.gguf", "team/", "good.gguf/", "good.gguf\0", String(repeating: "a", count: 5_000),
        "link.gguf", "inner.gguf", "up/outside.gguf", "team", "pipe.gguf", "missing.gguf", "good.gguf/more",
        "text.gguf",
    ])
    func `nothing else is`(name: String) async throws {
        try await withFolder { folder in
            let error = await #expect(throws: ServiceError.self) { try await folder.candidate(name, scale: 1) }
            #expect(error?.code == .invalidValue && error?.parameter == "path")
            #expect(error?.description.contains(root + "/outside") != true)
        }
    }

    /// The file that was checked is the one that is loaded, though another one has its name by then.
    @Test func `a file that is replaced after the check is not loaded`() async throws {
        try await withFolder { folder in
            let found = try await folder.candidate("good.gguf", scale: 1)
            try FileManager.default.removeItem(atPath: allowed + "/good.gguf")
            try Data("damage".utf8).write(to: URL(filePath: allowed + "/good.gguf"))
            try found.load(0)
            #expect(try folder.adapters.adapters(of: .init([AdapterScale(id: 0, scale: 1)])).count == 1)
            found.unload(0)
            #expect(throws: (any Error).self) {
                try folder.adapters.adapters(of: .init([AdapterScale(id: 0, scale: 1)]))
            }
        }
    }

    @Test func `a folder that is not there is the operator's affair`() async throws {
        try await withFolder { folder in
            let other = AdapterFolder(
                path: root + "/none", adapters: folder.adapters, fingerprints: folder.fingerprints)
            let error = await #expect(throws: ServiceError.self) { try await other.candidate("good.gguf", scale: 1) }
            #expect(error?.code == .internalError && error?.description.contains(root) == false)
        }
    }
}
