import Foundation
import Synchronization
import Testing

@testable import LlamaRuntime

/// Other work on the threads that compute, as `scripts/llama.cpp/threads-each.patch` has it.
@Suite struct ComputeThreadsTests {
    private static let starter = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Models/tiny-chat.gguf").path

    private func context(threads: Int) throws -> LlamaContext {
        let context = try LlamaContext(
            model: try LlamaModel(path: Self.starter),
            options: LlamaContext.Options(cells: 64, sequencesMax: 1, batchTokensMax: 8, threads: threads))
        context.clearBatch()
        _ = context.append(token: 300, position: 0, sequence: 0, wantsLogits: true)
        try context.decode()
        return context
    }

    @Test(arguments: [1, 2, 3], [0, 1, 2, 5, 64])
    func `all of it is done once when the call returns`(threads: Int, count: Int) throws {
        let context = try context(threads: threads)
        for _ in 0..<20 {
            let done = Mutex([Int]())
            context.each(count) { index, thread in
                done.withLock { $0.append(index) }
                #expect((0..<threads).contains(thread))
            }
            #expect(done.withLock { $0.sorted() } == Array(0..<count))
        }
    }

    @Test func `several threads do it, unless only one computes`() throws {
        let context = try context(threads: 2)
        /// Each call waits for as many threads.
        func threads(_ wanted: Int) -> Set<Int> {
            let seen = Mutex(Set<Int>())
            let deadline = ContinuousClock.now + .seconds(5)
            context.each(2) { _, thread in
                seen.withLock { _ = $0.insert(thread) }
                while seen.withLock(\.count) < wanted, ContinuousClock.now < deadline {}
            }
            return seen.withLock(\.self)
        }
        #expect(threads(2) == [0, 1])
        context.setThreads(1)
        #expect(threads(1) == [0])
    }
}
