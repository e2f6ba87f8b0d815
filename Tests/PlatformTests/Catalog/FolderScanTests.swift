import Foundation
import ModelCatalog
import TestModels
import Testing

@testable import Platform

/// Scans of real folders: `FolderScan` with the real disk.
@Suite struct FolderScanTests {
    private let disk = DiskModelFiles()

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "nexus-scan-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(try disk.resolved(folder))
    }

    /// The smallest model file there is: a head without tensors.
    private func write(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: URL(filePath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
        try Data(Array("GGUF".utf8) + [3, 0, 0, 0] + [UInt8](repeating: 0, count: 16)).write(to: URL(filePath: path))
    }

    @Test func `links in circles end, and one file by two names is one model`() throws {
        try withFolder { folder in
            try write(folder + "/a/x.gguf")
            let manager = FileManager.default
            try manager.createSymbolicLink(atPath: folder + "/a/loop", withDestinationPath: folder)
            try manager.createSymbolicLink(atPath: folder + "/self", withDestinationPath: folder + "/self")
            try manager.createSymbolicLink(atPath: folder + "/self.gguf", withDestinationPath: folder + "/self.gguf")
            try manager.createSymbolicLink(atPath: folder + "/nowhere.gguf", withDestinationPath: folder + "/gone")
            try manager.linkItem(atPath: folder + "/a/x.gguf", toPath: folder + "/a/y.gguf")
            let findings = try FolderScan.scan(folder, disk: disk)
            #expect(findings.models.map(\.name.description) == ["x"])
            #expect(findings.problems.map(\.place) == [folder + "/nowhere.gguf", folder + "/self.gguf"])
        }
    }

    @Test func `bounds on depth, names and models are told`() throws {
        try withFolder { folder in
            for number in 0..<6 { try write("\(folder)/m\(number).gguf") }
            try write(folder + "/1/2/3/deep.gguf")
            var bounds = FolderScan.Bounds()
            bounds.depthMax = 2
            var findings = try FolderScan.scan(folder, disk: disk, bounds: bounds)
            #expect(findings.models.count == 6 && findings.problems.map(\.place) == [folder + "/1/2/3"])
            bounds = FolderScan.Bounds()
            bounds.modelsMax = 4
            findings = try FolderScan.scan(folder, disk: disk, bounds: bounds)
            #expect(findings.models.count == 4 && findings.problems.contains { $0.reason.contains("More than 4") })
            bounds = FolderScan.Bounds()
            bounds.namesMax = 3
            #expect(throws: ModelFileError.self) { try FolderScan.scan(folder, disk: disk, bounds: bounds) }
        }
    }

    @Test func `parts are one model, wherever one points, and not without all of them`() throws {
        try withFolder { folder in
            for part in 1...3 { try write("\(folder)/big-Q8_0-0000\(part)-of-00003.gguf") }
            let findings = try FolderScan.scan(folder + "/big-Q8_0-00002-of-00003.gguf", disk: disk)
            #expect(findings.models.map(\.name.description) == ["big:Q8_0"])
            #expect(
                findings.models[0].files.map { $0.path.suffix(14) } == [
                    "-of-00003.gguf", "-of-00003.gguf", "-of-00003.gguf",
                ])
            #expect(findings.models[0].files[0].path.contains("00001-of"))
            try FileManager.default.removeItem(atPath: folder + "/big-Q8_0-00003-of-00003.gguf")
            let torn = try FolderScan.scan(folder, disk: disk)
            #expect(torn.models.isEmpty && torn.problems.count == 1)
        }
    }

    @Test func `devices and pipes are not read`() throws {
        try withFolder { folder in
            #expect(mkfifo(folder + "/pipe.gguf", 0o600) == 0)
            let findings = try FolderScan.scan(folder, disk: disk)
            #expect(findings == ImportFindings())
            #expect(throws: ModelFileError.self) { try FolderScan.scan(folder + "/pipe.gguf", disk: disk) }
        }
    }
}
