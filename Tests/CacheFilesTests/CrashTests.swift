import Digests
import Foundation
import TestRandomness
import Testing

@testable import CacheFiles

/// Runs in the child process: puts one state after another and reports each whose file is there.
private func writeForever(to path: String, report: String) -> Never {
    let descriptor = open(report, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    func say(_ number: Int32) {
        let line = Array("\(number)\n".utf8)
        _ = write(descriptor, line, line.count)
    }
    let folder = CacheFolder(
        CacheFolder.Options(path: path, fingerprint: Scratch.fingerprint("model"), bytesMax: 1 << 30)
    ) { _ in }
    say(getpid())
    var number: Int32 = 0
    while true {
        number += 1
        _ = folder.put(CrashTests.state(number))
        if number % 3 == 0, folder.settle(within: .seconds(60)) { say(number) }
    }
}

@Suite(.serialized, .timeLimit(.minutes(2))) struct CrashTests {
    static func state(_ number: Int32) -> KeptState {
        var state = keptState(number, tenant: number % 2 == 0 ? "a" : nil)
        // Large, so that writing takes long.
        state.state += [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 1 << (20 + Int(number % 3)))
        return state
    }

    /// Kills the child when it reported so many files, and a moment later.
    private func kill(report: String, files: Int, delay: Duration) async -> [Int32] {
        await offPool {
            func lines() -> [Int32] {
                let text = (try? String(contentsOfFile: report, encoding: .utf8)) ?? ""
                return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().compactMap { Int32($0) }
            }
            let deadline = ContinuousClock.now + .seconds(60)
            while lines().count <= files, ContinuousClock.now < deadline { sched_yield() }
            let moment = ContinuousClock.now + delay
            while ContinuousClock.now < moment { sched_yield() }
            guard let child = lines().first else { return [] }
            _ = Glibc.kill(child, SIGKILL)
            return lines()
        }
    }

    /// Runs something that blocks on a thread of its own: the pool may be busy with the child.
    private func offPool<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: body()) }.start()
        }
    }

    @Test func `whoever is killed while saving leaves whole files or none`() async throws {
        var random = SeededRandom(seed: 2_026)
        let scratch = Scratch()
        var leftovers = 0
        var round = 0
        // As often as it takes until somebody was killed in the middle of a file.
        while round < 20 || leftovers == 0 && round < 200 {
            round += 1
            let report = "\(scratch.path)-report-\(round)"
            defer { try? FileManager.default.removeItem(atPath: report) }
            let files = Int.random(in: 0...4, using: &random)
            let delay = Duration.microseconds(Int.random(in: 0...4_000, using: &random))
            async let reported = kill(report: report, files: files, delay: delay)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = scratch.path as String, report = report as String] in
                writeForever(to: path, report: report)
            }
            let acknowledged = await reported.dropFirst()
            leftovers += scratch.names().count { $0.hasPrefix(StateFiles.unfinished) }
            let folder = scratch.open()
            let entries = folder.contents()
            for entry in entries { #expect(folder.get(entry.name) == Self.state(entry.tokens[0])) }
            let known = Set(entries.map { $0.tokens[0] })
            #expect(Set(acknowledged).isSubset(of: known), "a file that was reported is missing")
            #expect(folder.rejectedCount == 0)
            #expect(!scratch.names().contains { $0.hasPrefix(StateFiles.unfinished) })
            for entry in entries where Bool.random(using: &random) { folder.remove(entry.name) }
            #expect(folder.settle(within: .seconds(60)))
        }
        #expect(leftovers > 0, "nobody was killed in the middle of a file")
    }
}
