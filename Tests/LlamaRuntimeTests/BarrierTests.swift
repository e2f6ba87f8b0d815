import Foundation
import Testing

@testable import LlamaRuntime

/// Threads of a step wait for each other as `scripts/llama.cpp/barrier-waits.patch` has it.
@Suite struct BarrierTests {
    private static let starter = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Models/tiny-chat.gguf").path

    /// The likeliest token after each of a few steps, with its logit.
    private func steps(_ model: LlamaModel, threads: Int, count: Int) throws -> [Float] {
        let context = try LlamaContext(
            model: model,
            options: LlamaContext.Options(cells: 512, sequencesMax: 1, batchTokensMax: 64, threads: threads))
        return try (0..<count).map { position in
            context.clearBatch()
            let row = context.append(
                token: Int32(300 + position), position: Int32(position), sequence: 0, wantsLogits: true)
            try context.decode()
            return try context.withLogits(row: row) { unsafe $0.max() ?? .nan }
        }
    }

    /// With more threads than cores each waits for others that have none: they sleep, are woken, and nobody is forgotten.
    @Test(.timeLimit(.minutes(3)))
    func `more threads than cores compute the same, and all of them come through`() throws {
        let model = try LlamaModel(path: Self.starter)
        let alone = try steps(model, threads: 1, count: 60)
        for threads in [2, 4 * ProcessInfo.processInfo.activeProcessorCount] {
            for (one, other) in zip(alone, try steps(model, threads: threads, count: 60)) {
                #expect(abs(one - other) <= 1e-3 * abs(one), "\(threads) threads: \(other) instead of \(one)")
            }
        }
    }

    /// Two that take turns on one core part: one goes elsewhere, by telling the kernel for a moment where it may not run.
    @Test(.timeLimit(.minutes(3))) func `threads that leave a core may run on it afterwards`() throws {
        let before = try allowedCores()
        #expect(before.count == 1)
        let model = try LlamaModel(path: Self.starter)
        _ = try steps(model, threads: 4 * ProcessInfo.processInfo.activeProcessorCount, count: 60)
        #expect(try allowedCores() == before)
    }

    /// Where the threads of this process may run: a mask for each kind of them.
    private func allowedCores() throws -> Set<Substring> {
        let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
        return Set(
            try tasks.compactMap { task in
                // One that has ended meanwhile is not asked.
                guard FileManager.default.fileExists(atPath: "/proc/self/task/\(task)/status") else { return nil }
                let status = try String(contentsOfFile: "/proc/self/task/\(task)/status", encoding: .utf8)
                return status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed:") }
            })
    }
}
