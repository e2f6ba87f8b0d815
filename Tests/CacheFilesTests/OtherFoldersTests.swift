import Foundation
import Testing

@testable import CacheFiles

@Suite struct OtherFoldersTests {
    private let scratch = Scratch()

    @Test func `those that were not used for the longest time go until the others keep to their bound`() {
        func folder(_ name: String, _ bytes: Int, _ lastUse: Int) -> OtherFolders.Folder {
            .init(name: name, bytes: bytes, lastUse: lastUse)
        }
        let folders = [folder("b", 40, 2), folder("a", 30, 1), folder("c", 50, 3)]
        #expect(OtherFolders.surplus(folders, bytesMax: 120) == [])
        #expect(OtherFolders.surplus(folders, bytesMax: 119).map(\.name) == ["a"])
        #expect(OtherFolders.surplus(folders, bytesMax: 50).map(\.name) == ["a", "b"])
        #expect(OtherFolders.surplus(folders, bytesMax: 0).map(\.name) == ["a", "b", "c"])
        let many = (0..<70).map { folder("\($0)", 0, $0) }
        #expect(OtherFolders.surplus(many, bytesMax: 0).map(\.name) == (0..<6).map(String.init))
    }

    /// Leaves the folder of a model that is gone, used so long ago.
    private func leave(_ model: String, secondsAgo: Double) throws {
        do {
            let folder = scratch.open(model)
            #expect(folder.put(keptState(1, bytes: 5_000)) != nil)
            #expect(folder.settle(within: .seconds(60)))
        }
        let then = Date(timeIntervalSinceNow: -secondsAgo)
        let folder = scratch.files(model).folder
        for name in scratch.names(model) {
            try FileManager.default.setAttributes([.modificationDate: then], ofItemAtPath: "\(folder)/\(name)")
        }
        try FileManager.default.setAttributes([.modificationDate: then], ofItemAtPath: folder)
    }

    private func isThere(_ model: String) -> Bool {
        FileManager.default.fileExists(atPath: scratch.files(model).folder)
    }

    @Test func `folders of models that are gone are bounded, the oldest goes first`() throws {
        try leave("old", secondsAgo: 3_000)
        try leave("middle", secondsAgo: 2_000)
        try leave("new", secondsAgo: 1_000)
        let stranger = "\(scratch.path)/notes"
        try FileManager.default.createDirectory(atPath: stranger, withIntermediateDirectories: false)
        let folder = scratch.open("own", bytesMax: 12_000)
        #expect(!isThere("old"))
        #expect(isThere("middle") && isThere("new") && isThere("own"))
        #expect(FileManager.default.fileExists(atPath: stranger))
        let told = scratch.told.contains { if case .othersRemoved(1, let bytes) = $0 { bytes > 5_000 } else { false } }
        #expect(told, "\(scratch.told)")
        #expect(folder.contents().isEmpty)
    }

    @Test func `a folder that is in use stays, however old it looks`() throws {
        try leave("used", secondsAgo: 3_000)
        let used = scratch.open("used")
        try leave("idle", secondsAgo: 1_000)
        let own = scratch.open("own", bytesMax: 0)
        #expect(isThere("used") && !isThere("idle"))
        #expect(used.contents().count == 1)
        #expect(own.bytes == 0)
    }

    @Test func `files that are not ours keep their folder`() throws {
        try leave("old", secondsAgo: 3_000)
        let note = "\(scratch.files("old").folder)/note.txt"
        try Data("mine".utf8).write(to: URL(filePath: note))
        _ = scratch.open("own", bytesMax: 0)
        #expect(FileManager.default.fileExists(atPath: note))
        #expect(scratch.names("old") == ["note.txt"])
    }
}
