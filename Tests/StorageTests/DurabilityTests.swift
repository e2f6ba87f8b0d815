import Foundation
import Storage
import TestServers
import Testing

/// What a writing child process reports: its process id first, then each number that the store acknowledged.
private struct Acknowledgements: Sendable {
    let path: String

    var lines: [Int64] {
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        // The last line may be cut: only lines that end count.
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().compactMap { Int64($0) }
    }

    /// Kills the child when it has reported so many writes. On a thread of its own, as the cooperative pool may be busy
    /// while the child hurries on.
    func killWriter(afterWrites count: Int) async -> Bool {
        await offPool {
            let deadline = ContinuousClock.now + .seconds(60)
            while lines.count <= count {
                guard ContinuousClock.now < deadline else { return false }
                usleep(1000)
            }
            guard let child = lines.first else { return false }
            return kill(pid_t(child), SIGKILL) == 0
        }
    }
}

/// Runs in the child process: writes one row after another and reports each when it was acknowledged.
private func writeRows(_ scratch: Scratch, count: Int, reportTo path: String) async throws {
    let report = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    func say(_ number: Int64) {
        let line = Array("\(number)\n".utf8)
        _ = write(report, line, line.count)
    }
    let database = try await scratch.open(writersMax: 1)
    say(Int64(getpid()))
    for id in 1...Int64(count) {
        try await database.execute("INSERT INTO t VALUES ($1, $2)", [.integer(id), .text("row \(id)")])
        say(id)
    }
}

@Suite(.serialized) struct DurabilityTests {
    private func prepare(_ scratch: Scratch) async throws {
        let database = try await scratch.open()
        try await database.execute("CREATE TABLE t (id BIGINT PRIMARY KEY, words TEXT)")
        await database.close()
    }

    private func expectAll(_ acknowledged: [Int64], in scratch: Scratch) async throws {
        let database = try await scratch.open()
        let rows = try await database.query("SELECT id, words FROM t ORDER BY id")
        let stored = try rows.map { row in try row.decode(Int64.self, "id") }
        #expect(Set(acknowledged).subtracting(stored).isEmpty)
        // At most the one write that was on its way may be there without having been acknowledged.
        #expect(stored.count <= acknowledged.count + 1)
        for row in rows { #expect(try row.decode(String.self, "words") == "row \(row.decode(Int64.self, "id"))") }
        if scratch.backend == .sqlite {
            #expect(try await database.query("PRAGMA integrity_check").map(\.values) == [["ok"]])
        }
        await database.close()
    }

    @Test(arguments: Backend.allCases)
    func `a writer that is killed in the middle loses no acknowledged row`(backend: Backend) async throws {
        try await withScratch(backend) { scratch in
            try await prepare(scratch)
            let path = NSTemporaryDirectory() + "nexus-acknowledged-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: path) }
            let acknowledgements = Acknowledgements(path: path)
            async let isKilled = acknowledgements.killWriter(afterWrites: 1000)
            await #expect(processExitsWith: .signal(SIGKILL)) { [scratch = scratch as Scratch, path = path as String] in
                try await writeRows(scratch, count: 50_000, reportTo: path)
            }
            #expect(await isKilled)
            let acknowledged = Array(acknowledgements.lines.dropFirst())
            #expect((1000..<50_000).contains(acknowledged.count))
            try await expectAll(acknowledged, in: scratch)
        }
    }

    @Test func `a PostgreSQL server that is killed in the middle loses no acknowledged row`() async throws {
        let server = try await PrivatePostgres()
        let scratch = Scratch(backend: .postgres, location: try await server.makeDatabase())
        try await prepare(scratch)
        let database = try await scratch.open()
        let writing = Task {
            var acknowledged: [Int64] = []
            for id in 1...Int64(1_000_000) {
                do throws(StorageError) {
                    try await database.execute(
                        "INSERT INTO t VALUES ($1, $2)", [.integer(id), .text("row \(id)")])
                } catch {
                    return (acknowledged, error)
                }
                acknowledged.append(id)
            }
            return (acknowledged, StorageError(.unexpected, "the server was not killed"))
        }
        let watcher = try await scratch.open(readersMax: 1)
        #expect(
            try await eventually {
                try await watcher.query("SELECT COUNT(*) AS n FROM t").first?.decodeOnly(Int.self) ?? 0 > 300
            })
        #expect(await server.crashAndRestart())
        let (acknowledged, error) = await writing.value
        #expect(error.code == .connection, "\(error.debugDescription)")
        #expect(acknowledged.count >= 300)
        // The same handles work again: their broken connections are replaced.
        try await database.execute("INSERT INTO t VALUES (0, 'row 0') ON CONFLICT DO NOTHING")
        try await database.execute("DELETE FROM t WHERE id = 0")
        #expect(try await watcher.query("SELECT COUNT(*) AS n FROM t").count == 1)
        await database.close()
        await watcher.close()
        try await expectAll(acknowledged, in: scratch)
        try await server.stop()
        #expect(!FileManager.default.fileExists(atPath: server.directory))
    }
}
