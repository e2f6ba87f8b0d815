import Foundation
import Testing
import Vocabulary

@testable import EngineWorker

@Suite struct OutputFileTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "nexus-output-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    @Test func `a file has its name when it is whole, and another one before`() throws {
        try withFolder { folder in
            let file = try OutputFile(folder + "/model.gguf")
            try file.write([1, 2, 3])
            #expect(try names(folder) == ["model.gguf.partial"])
            try file.empty()
            #expect(FileManager.default.contents(atPath: file.partial) == Data())
            try file.write([4, 5])
            try file.commit()
            #expect(try names(folder) == ["model.gguf"])
            #expect(throws: ServiceError.self) { try OutputFile(folder + "/model.gguf") }
        }
    }

    @Test func `one that is given up leaves nothing`() throws {
        try withFolder { folder in
            try OutputFile(folder + "/model.gguf").discard()
            #expect(try names(folder).isEmpty)
        }
    }

    @Test func `what somebody else has put there meanwhile is not replaced`() throws {
        try withFolder { folder in
            let file = try OutputFile(folder + "/model.gguf")
            try Data([9]).write(to: URL(filePath: folder + "/model.gguf"))
            #expect(throws: ServiceError.self) { try file.commit() }
            #expect(FileManager.default.contents(atPath: folder + "/model.gguf") == Data([9]))
        }
    }

    @Test func `two do not write the same file`() throws {
        try withFolder { folder in
            let first = try OutputFile(folder + "/model.gguf")
            let refusal = #expect(throws: ServiceError.self) { try OutputFile(folder + "/model.gguf") }
            #expect(refusal?.code == .conflict)
            first.discard()
        }
    }

    @Test func `what has no room on the disk is refused with both numbers`() throws {
        try withFolder { folder in
            let file = try OutputFile(folder + "/model.gguf")
            try file.requireRoom(1)
            let refusal = #expect(throws: ServiceError.self) { try file.requireRoom(1 << 62) }
            #expect(refusal?.message.contains("4398046511104.0 MiB") == true && refusal?.hint != nil)
            file.discard()
        }
    }

    @Test func `folders that are not there are told`() {
        let refusal = #expect(throws: ServiceError.self) { try OutputFile("/nowhere/at/all/model.gguf") }
        #expect(refusal?.code == .invalidValue && refusal?.hint?.contains("folder") == true)
    }
}
