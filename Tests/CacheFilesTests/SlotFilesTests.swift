import Digests
import Foundation
import TestRandomness
import Testing

@testable import CacheFiles

/// Runs in the child process: writes one state after another over the same file.
private func overwriteForever(folder: String, report: String) -> Never {
    let files = SlotFiles(folder: folder, fingerprint: Scratch.fingerprint("model"))
    guard let name = SlotFileName("slot"), (try? files.prepare()) != nil else { exit(1) }
    let descriptor = open(report, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    let line = Array("\(getpid())\n".utf8)
    _ = write(descriptor, line, line.count)
    var number: Int32 = 0
    while true {
        number += 1
        _ = try? files.save(CrashTests.state(number), as: name)
    }
}

@Suite(.timeLimit(.minutes(2))) struct SlotFilesTests {
    private let scratch = Scratch()
    private let small = keptState(7, tenant: "a", tokens: 5, start: 0, bytes: 40)
    private var files: SlotFiles { SlotFiles(folder: scratch.path, fingerprint: Scratch.fingerprint("model")) }

    private func content(_ name: String = "s.bin") throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: "\(scratch.path)/\(name)")))
    }

    private func replace(_ bytes: [UInt8], name: String = "s.bin") throws {
        try Data(bytes).write(to: URL(filePath: "\(scratch.path)/\(name)"))
    }

    @Test(arguments: [
        "a", "slot 1.bin", "Gespräch", ".hidden.", "a/b", "..", ".", "", " a", "a ", "a\\b", "c:d", "a\n", "a\0",
    ])
    func `names lead nowhere else`(text: String) {
        let isName = ["a", "slot 1.bin", "Gespräch"].contains(text)
        #expect((SlotFileName(text) != nil) == isName)
    }

    @Test func `long names are none`() {
        #expect(SlotFileName(String(repeating: "x", count: 255)) != nil)
        #expect(SlotFileName(String(repeating: "x", count: 256)) == nil)
    }

    @Test func `what was saved comes back, and the last one wins`() throws {
        let name = try #require(SlotFileName("s.bin"))
        try files.prepare()
        #expect(throws: SlotFileError.missing) { try files.load(name) }
        #expect(try files.save(keptState(1), as: name) == (try content().count))
        let bytes = try files.save(small, as: name)
        #expect(bytes == (try content().count))
        let loaded = try files.load(name)
        #expect(loaded.state == small && loaded.bytes == bytes)
    }

    @Test func `a file that was cut or changed anywhere is refused and stays`() throws {
        let name = try #require(SlotFileName("s.bin"))
        try files.prepare()
        _ = try files.save(small, as: name)
        let whole = try content()
        for count in 0..<whole.count {
            try replace(Array(whole.prefix(count)))
            #expect(throws: SlotFileError.self, "cut to \(count)") { try files.load(name) }
            var flipped = whole
            flipped[count] ^= 1 << UInt8(count % 8)
            try replace(flipped)
            #expect(throws: SlotFileError.self, "byte \(count)") { try files.load(name) }
        }
        #expect(try content().count == whole.count)
        try replace(whole + [0])
        #expect(throws: SlotFileError.self) { try files.load(name) }
    }

    @Test func `another model's file, a link and a folder are no slot files`() throws {
        let name = try #require(SlotFileName("s.bin"))
        try files.prepare()
        _ = try files.save(small, as: name)
        let other = SlotFiles(folder: scratch.path, fingerprint: Scratch.fingerprint("other"))
        #expect(throws: SlotFileError.foreign("it was written for another model")) { try other.load(name) }
        try FileManager.default.createSymbolicLink(
            atPath: "\(scratch.path)/link", withDestinationPath: "\(scratch.path)/s.bin")
        #expect(throws: SlotFileError.self) { try files.load(try #require(SlotFileName("link"))) }
        try FileManager.default.createDirectory(
            atPath: "\(scratch.path)/folder", withIntermediateDirectories: false)
        #expect(throws: SlotFileError.self) { try files.load(try #require(SlotFileName("folder"))) }
        #expect(throws: SlotFileError.self) { try files.save(small, as: try #require(SlotFileName("folder"))) }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted() == ["folder", "link", "s.bin"])
    }

    @Test func `whoever is killed while saving leaves the whole state of before or after`() async throws {
        let name = try #require(SlotFileName("slot"))
        var leftovers = 0
        var random = SeededRandom(seed: 11)
        for round in 0..<60 where round < 6 || leftovers == 0 {
            let report = "\(scratch.path)-report-\(round)"
            defer { try? FileManager.default.removeItem(atPath: report) }
            let delay = Duration.microseconds(Int.random(in: 0...9_000, using: &random))
            async let isKilled = kill(report: report, file: "\(scratch.path)/slot", delay: delay)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = scratch.path as String, report = report as String] in
                overwriteForever(folder: path, report: report)
            }
            #expect(await isKilled)
            let unfinished = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
                .filter { $0.hasPrefix(StateFiles.unfinished) }
            leftovers += unfinished.count
            try files.prepare()
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["slot"])
            let state = try files.load(name).state
            #expect(state == CrashTests.state(state.tokens[0]))
        }
        #expect(leftovers > 0, "nobody was killed in the middle of a file")
    }

    /// Kills the child a moment after its first file is there.
    private func kill(report: String, file: String, delay: Duration) async -> Bool {
        await withCheckedContinuation { continuation in
            Thread {
                func child() -> Int32? {
                    let text = (try? String(contentsOfFile: report, encoding: .utf8)) ?? ""
                    return text.hasSuffix("\n") ? Int32(text.dropLast()) : nil
                }
                let deadline = ContinuousClock.now + .seconds(60)
                while child() == nil || access(file, F_OK) != 0, ContinuousClock.now < deadline { sched_yield() }
                let moment = ContinuousClock.now + delay
                while ContinuousClock.now < moment { sched_yield() }
                continuation.resume(returning: child().map { Glibc.kill($0, SIGKILL) == 0 } ?? false)
            }.start()
        }
    }
}
