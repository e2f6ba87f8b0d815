import Foundation
import Synchronization
import Testing
import Vocabulary

@testable import Platform

@Suite struct DataDirectoryTests {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "nexus-data-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    @Test func `one process has it, the next is told who, and the end frees it`() async throws {
        try await withFolder { folder in
            var first: DataDirectory? = try await DataDirectory.hold(folder)
            guard case .taken(let holder) = try DataDirectory.claim(folder, as: "nexus models list") else {
                Issue.record("two have it")
                return
            }
            #expect(holder == .init(processID: getpid(), purpose: "nexus serve"))
            let error = await #expect(throws: ServiceError.self) { try await DataDirectory.hold(folder) }
            #expect(error?.code == .conflict && error?.message.contains("process \(getpid())") == true)
            withExtendedLifetime(first) {}
            first = nil
            _ = try await DataDirectory.hold(folder)
        }
    }

    /// The folder, as a command of the terminal has it.
    private func command(of folder: String) throws -> DataDirectory? {
        guard case .ours(let directory) = try DataDirectory.claim(folder, as: "nexus models list") else { return nil }
        return directory
    }

    @Test func `a server waits for a command that has it`() async throws {
        try await withFolder { folder in
            // Each opening of the lock's file stands for itself, also within one process (`flock(2)`).
            let held = Mutex(try command(of: folder))
            let isHeld = held.withLock { $0 != nil }
            #expect(isHeld)
            let server = Task { try await DataDirectory.hold(folder) }
            let freed = Task { held.withLock { $0 = nil } }
            await freed.value
            #expect(try await server.value.path == folder)
        }
    }

    @Test func `a folder that cannot be is told with the way out`() async throws {
        let error = await #expect(throws: ServiceError.self) { try await DataDirectory.hold("/proc/none") }
        #expect(error?.hint?.contains("--data-dir") == true)
    }

    @Test(
        arguments: [
            ("42 nexus serve\n", 42, "nexus serve"), ("", nil, nil), ("x", nil, nil), ("7\n", 7, nil),
            ("7 a\nb", 7, "a"),
        ] as [(String, Int32?, String?)])
    func `whatever stands in the lock's file is read`(note: String, id: Int32?, purpose: String?) {
        #expect(DataDirectory.holder(Array(note.utf8)) == .init(processID: id, purpose: purpose))
    }

    @Test func `a socket's path fits, however deep its folder lies`() async throws {
        try await withFolder { folder in
            let deep = folder + "/" + String(repeating: "d", count: 150)
            let directory = try await DataDirectory.hold(deep)
            #expect(directory.socket.path.utf8.count <= AdminSocket.pathBytesMax)
            try Data().write(to: URL(filePath: directory.socket.path))
            #expect(FileManager.default.fileExists(atPath: deep + "/nexus.sock"))
            #expect(try AdminSocket(in: folder).path == folder + "/nexus.sock")
        }
    }

    @Test func `names in paths are one segment`() {
        #expect(AdminClient.escaped("org/Qwen2.5:q4_k~x") == "org%2FQwen2.5%3Aq4_k~x")
        #expect(AdminClient.escaped("ü %?#") == "%C3%BC%20%25%3F%23")
    }
}
