import Foundation
import Storage
import Testing

/// What this process holds, from the kernel.
private func count(_ folder: String) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/\(folder)").count
}

@Suite struct LifetimeTests {
    /// In a process of its own, where nobody else opens anything.
    @Test(arguments: Backend.allCases)
    func `every thread and every descriptor is given back`(backend: Backend) async throws {
        try await withScratch(backend) { scratch in
            await #expect(processExitsWith: .success) { [scratch = scratch as Scratch] in
                /// Uses all connections at once, some of them for errors and cancelled work.
                func use() async throws {
                    let database = try await scratch.open()
                    try await withThrowingTaskGroup { group in
                        for index in 0..<20 {
                            group.addTask {
                                _ = try await database.query("SELECT 1 AS x")
                                _ = try? await database.query("SELECT nothing")
                                try await database.execute("CREATE TABLE IF NOT EXISTS t\(index) (x BIGINT)")
                            }
                        }
                        try await group.waitForAll()
                    }
                    await database.close()
                }
                try await use()
                let settled = try await eventually { try count("task") < 12 }
                #expect(settled)
                let (threads, descriptors) = (try count("task"), try count("fd"))
                for _ in 0..<5 { try await use() }
                // Threads end on their own time after they were told to; the pool of Swift may grow by a few.
                let isBack = try await eventually { try count("task") <= threads + 2 && count("fd") <= descriptors }
                #expect(isBack)
            }
        }
    }
}
