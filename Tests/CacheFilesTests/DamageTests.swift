import Digests
import Foundation
import TestRandomness
import Testing

@testable import CacheFiles

/// Files that are not as they were written.
@Suite struct DamageTests {
    private let scratch = Scratch()
    private let small = keptState(7, tenant: "a", tokens: 5, start: 2, bytes: 40)

    /// Writes one file and gives its bytes.
    private func whole() throws -> (name: String, bytes: [UInt8]) {
        let name = try #require(scratch.open().keep(small))
        return (name, try bytes(name))
    }

    private func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: scratch.files().path(name))))
    }

    private func replace(_ name: String, with bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(filePath: scratch.files().path(name)))
    }

    @Test func `a file that was cut at any byte is refused and goes`() throws {
        let (name, bytes) = try whole()
        for count in 0..<bytes.count {
            try replace(name, with: Array(bytes.prefix(count)))
            let folder = scratch.open()
            #expect(folder.contents().isEmpty, "cut to \(count) of \(bytes.count) bytes")
            #expect(folder.rejectedCount == 1)
            #expect(folder.get(name) == nil)
            #expect(folder.settle(within: .seconds(60)))
            #expect(scratch.names().isEmpty)
        }
    }

    @Test func `a file that became longer is refused`() throws {
        let (name, bytes) = try whole()
        try replace(name, with: bytes + [0])
        #expect(scratch.open().contents().isEmpty)
    }

    @Test func `a file with any bit flipped gives nothing`() throws {
        let (name, bytes) = try whole()
        let files = scratch.files()
        for bit in 0..<(bytes.count * 8) {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            try replace(name, with: flipped)
            #expect(throws: Refusal.self, "bit \(bit % 8) of byte \(bit / 8)") { try files.read(name) }
        }
        try replace(name, with: bytes)
        #expect(try files.read(name) == small)
    }

    @Test func `damage to the state is found when it is asked for, counted, told and removed`() throws {
        var (name, bytes) = try whole()
        bytes[bytes.count - 40] ^= 1
        try replace(name, with: bytes)
        let folder = scratch.open()
        #expect(folder.contents().count == 1)
        #expect(folder.get(name) == nil)
        #expect(folder.rejectedCount == 1)
        #expect(folder.settle(within: .seconds(60)))
        #expect(scratch.names().isEmpty)
        #expect(
            scratch.told == [
                .rejected(file: scratch.files().path(name), reason: "its checksum is wrong", isRemoved: true)
            ])
        #expect(folder.keep(small) == name)
        #expect(folder.get(name) == small)
    }

    @Test func `a file under another's name is refused`() throws {
        let (name, bytes) = try whole()
        let other = StateFormat.name(keptState(8).header)
        try replace(other, with: bytes)
        let folder = scratch.open()
        #expect(folder.contents().map(\.name) == [name])
        #expect(folder.rejectedCount == 1)
    }

    @Test func `a later version's file is left alone`() throws {
        var (name, bytes) = try whole()
        bytes[8] = 2
        try replace(name, with: bytes)
        let folder = scratch.open()
        #expect(folder.contents().isEmpty)
        #expect(folder.rejectedCount == 1)
        #expect(folder.settle(within: .seconds(60)))
        #expect(scratch.names() == [name + StateFiles.ending])
    }

    @Test func `sizes that promise too much ask for no memory`() throws {
        let (_, bytes) = try whole()
        for (offset, count) in [(48, 4), (52, 4), (64, 8)] {
            var huge = bytes
            for index in offset..<(offset + count) { huge[index] = 0xFF }
            #expect(throws: Refusal.damaged("a size in it is out of range")) {
                try StateFormat.headBytes(Array(huge.prefix(StateFormat.fixedBytes)), fileBytes: bytes.count)
            }
        }
    }

    @Test func `what is no file of ours stays`() throws {
        let (name, _) = try whole()
        let folder = scratch.files().folder
        try Data("mine".utf8).write(to: URL(filePath: "\(folder)/notes.txt"))
        try Data("mine".utf8).write(to: URL(filePath: "\(folder)/short.state"))
        let link = String(repeating: "a", count: 64) + StateFiles.ending
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/\(link)", withDestinationPath: "/dev/zero")
        #expect(mkfifo("\(folder)/\(String(repeating: "b", count: 64))\(StateFiles.ending)", 0o600) == 0)
        let cache = scratch.open()
        #expect(cache.contents().map(\.name) == [name])
        #expect(cache.rejectedCount == 0)
        #expect(scratch.names().count == 5)
    }

    @Test func `what a killed process left half-written goes, and what a living one writes stays`() throws {
        let (name, bytes) = try whole()
        let left = "\(scratch.files().folder)/\(StateFiles.unfinished)dead"
        try Data(bytes.prefix(50)).write(to: URL(filePath: left))
        let held = "\(scratch.files().folder)/\(StateFiles.unfinished)alive"
        let file = try OpenFile(held, flags: O_WRONLY | O_CREAT, mode: 0o600)
        let isHeld = file.lock()
        #expect(isHeld)
        #expect(scratch.open().contents().map(\.name) == [name])
        #expect(!FileManager.default.fileExists(atPath: left))
        #expect(FileManager.default.fileExists(atPath: held))
        #expect(scratch.told == [.leftoversRemoved(count: 1)])
        try file.synchronize()
    }
}

/// Folders that cannot be used.
@Suite struct UnusableFolderTests {
    @Test func `a folder that cannot be made is told, and ends nothing`() throws {
        let scratch = Scratch()
        try Data("a file".utf8).write(to: URL(filePath: scratch.path))
        let folder = scratch.open()
        guard case .unusable? = scratch.told.first else {
            Issue.record("nothing was told")
            return
        }
        #expect(folder.contents().isEmpty)
        let names = [folder.put(keptState(1)), folder.put(keptState(2))]
        #expect(folder.settle(within: .seconds(60)))
        for name in names { #expect(folder.get(try #require(name)) == nil) }
        #expect((folder.failedCount, folder.bytes, folder.rejectedCount) == (2, 0, 0))
        // Writing's failure is told once.
        #expect(scratch.told.count == 2)
    }

    @Test func `a folder that vanishes and comes back works again`() throws {
        let scratch = Scratch()
        let folder = scratch.open()
        let first = try #require(folder.keep(keptState(1)))
        try FileManager.default.removeItem(atPath: scratch.path)
        #expect(folder.get(first) == nil)
        #expect(folder.rejectedCount == 0, "a missing file is no damaged one")
        #expect(folder.keep(keptState(2)) != nil)
        #expect(folder.failedCount == 1)
        try FileManager.default.createDirectory(
            atPath: scratch.files().folder, withIntermediateDirectories: true)
        let name = try #require(folder.keep(keptState(3)))
        #expect(folder.get(name) == keptState(3))
        #expect(scratch.told.last == .writingWorksAgain)
    }

    @Test func `a disk without room is told, and what was there stays whole`() async throws {
        let scratch = Scratch()
        let name = try #require(scratch.open().keep(keptState(1)))
        // The child's files may not grow beyond a size: as on a full disk, writing fails in the middle.
        await #expect(processExitsWith: .success) { [path = scratch.path as String, name = name as String] in
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 10_000, rlim_max: 10_000)
            #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            let scratch = Scratch(path: path)
            let folder = scratch.open()
            let large = try #require(folder.keep(keptState(2, bytes: 20_000)))
            #expect(folder.get(large) == nil)
            #expect(folder.failedCount == 1)
            #expect(scratch.told == [.writingFailed(reason: "write: File too large")])
            #expect(scratch.names() == [name + StateFiles.ending])
            #expect(folder.keep(keptState(3)) != nil)
            #expect(scratch.told.last == .writingWorksAgain)
            #expect(folder.get(name) == keptState(1))
        }
        #expect(scratch.names().count == 2)
    }
}
