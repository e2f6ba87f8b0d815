import Foundation
import Storage
import TestServers
import Testing

/// The two databases that every test of the store runs on.
enum Backend: String, Sendable, Codable, CaseIterable, CustomTestStringConvertible {
    case sqlite
    case postgres

    var testDescription: String { rawValue }
}

/// An empty database for one test. `location` is a file or a connection text.
struct Scratch: Sendable, Codable {
    let backend: Backend
    let location: String

    /// Another handle on the same database, as a second process would have.
    func open(
        writersMax: Int = 8, readersMax: Int = 4, pagesMax: Int? = nil, pool: PoolLimits = PoolLimits()
    ) async throws -> Database {
        switch backend {
        case .sqlite:
            try await Database.open(
                SQLiteSettings(path: location, readersMax: readersMax, pagesMax: pagesMax, pool: pool))
        case .postgres:
            try await Database.open(
                PostgresSettings(
                    connectionText: location, writersMax: writersMax, readersMax: readersMax, pool: pool))
        }
    }
}

/// Runs `body` with an empty database, which is removed afterwards.
func withScratch(_ backend: Backend, _ body: (Scratch) async throws -> Void) async throws {
    switch backend {
    case .sqlite:
        let directory = FileManager.default.temporaryDirectory.appending(path: "nexus-storage-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(Scratch(backend: .sqlite, location: directory.appending(path: "test.db").path))
    case .postgres:
        let server = try await PrivatePostgres.shared.value
        let location = try await server.makeDatabase()
        do {
            try await body(Scratch(backend: .postgres, location: location))
        } catch {
            try await server.dropDatabase(location)
            throw error
        }
        try await server.dropDatabase(location)
    }
}

/// Runs `body` with an open, empty database.
func withDatabase(_ backend: Backend, _ body: (Database) async throws -> Void) async throws {
    try await withScratch(backend) { scratch in
        let database = try await scratch.open()
        do {
            try await body(database)
        } catch {
            await database.close()
            throw error
        }
        await database.close()
    }
}

/// The error that `body` throws.
func storageError(_ body: () async throws -> Void) async throws -> StorageError {
    do {
        try await body()
    } catch {
        return try #require(error as? StorageError)
    }
    throw StorageError(.unexpected, "no error was thrown")
}

/// Looks at a condition until it holds; `false` when it does not within the time.
func eventually(within limit: Duration = .seconds(20), _ condition: () async throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(2))
    }
    return false
}

extension [UInt8] {
    func write(to path: String) throws { try Data(self).write(to: URL(fileURLWithPath: path)) }
}
