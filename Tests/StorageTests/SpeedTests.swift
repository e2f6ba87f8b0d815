import Foundation
import Storage
import Testing

/// Measures; it asserts only that the work was done. Runs when NEXUS_MEASURE is set.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["NEXUS_MEASURE"] != nil), .serialized)
struct SpeedTests {
    private func rate(_ count: Int, _ body: () async throws -> Void) async throws -> Int {
        let begin = ContinuousClock.now
        try await body()
        return Int(Double(count) / ((ContinuousClock.now - begin) / .seconds(1)))
    }

    @Test(arguments: Backend.allCases)
    func `durable single-row writes and point reads a second`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.execute("CREATE TABLE t (id BIGINT PRIMARY KEY, words TEXT)")
            let count = 2000
            let words = SQLValue.text(String(repeating: "w", count: 100))
            let writes = try await rate(count) {
                for id in 0..<count { try await database.execute("INSERT INTO t VALUES ($1, $2)", [.int(id), words]) }
            }
            let writesTogether = try await rate(count) {
                try await withThrowingTaskGroup { group in
                    for worker in 0..<8 {
                        group.addTask {
                            for step in 0..<count / 8 {
                                let id = SQLValue.int(count + worker * count + step)
                                try await database.execute("INSERT INTO t VALUES ($1, $2)", [id, words])
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            let batched = try await rate(count * 10) {
                try await database.transaction { transaction in
                    for id in 0..<count * 10 {
                        try await transaction.execute(
                            "INSERT INTO t VALUES ($1, $2)", [.int(1_000_000 + id), words])
                    }
                }
            }
            let reads = try await rate(count * 5) {
                for id in 0..<count * 5 {
                    _ = try await database.query("SELECT words FROM t WHERE id = $1", [.int(id % count)])
                }
            }
            let streamed = try await rate(count * 12) {
                try await database.forEachRow("SELECT id, words FROM t") { _ in }
            }
            let line =
                "\(backend.rawValue): \(writes) writes/s alone, \(writesTogether) writes/s by 8, "
                + "\(batched) rows/s in one transaction, \(reads) point reads/s, \(streamed) rows/s streamed\n"
            FileHandle.standardError.write(Data(line.utf8))
            #expect(try await database.query("SELECT COUNT(*) AS n FROM t").first?.decodeOnly(Int.self) == count * 12)
        }
    }
}
