import Foundation
import Gateway
import Records
import Storage
import Telemetry
import TestAnswers
import Testing
import Vocabulary

@testable import Platform

@Suite struct AnswerCacheTests {
    private func withStore(_ body: (AnswerRecords, Database) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "nexus-answers-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let database = try await Database.open(SQLiteSettings(path: folder + "/test.db"))
        do {
            try await database.migrate(Migrations.all)
            try await body(AnswerRecords(database: database), database)
        } catch {
            await database.close()
            throw error
        }
        await database.close()
    }

    @Test func `answers outlive the process`() async throws {
        try await withStore { store, _ in
            let first = CacheStage(store: store)
            _ = try await first.ask()
            await first.cache.write()
            let second = CacheStage(store: store)
            await second.cache.load()
            #expect(second.cache.contents.storedCount == 1 && second.cache.contents.memoryCount == 0)
            #expect(try await second.ask().cache == .hit && second.asked == 0)
            #expect(second.cache.contents.memoryCount == 1)
            await second.cache.write()
            #expect(try await second.cache.list(AnswerSelection(.all), limit: 9).map(\.hits) == [1])
        }
    }

    @Test func `a damaged answer is a miss, counted and removed`() async throws {
        try await withStore { store, database in
            let first = CacheStage(store: store)
            _ = try await first.ask()
            await first.cache.write()
            try await database.execute("UPDATE answers SET payload = $1", [.blob([1, 2, 3])])
            let second = CacheStage(store: store)
            await second.cache.load()
            #expect(try await second.ask().cache == .miss)
            #expect(second.cache.measures.damaged.value == 1)
            #expect(try await second.ask().cache == .hit, "the new one is kept")
            await second.cache.write()
            #expect(try await store.keys(at: 0).count == 1)
        }
    }

    @Test func `what one process forgets, another one forgets when it looks again`() async throws {
        try await withStore { store, _ in
            let (first, second) = (CacheStage(store: store), CacheStage(store: store))
            _ = try await first.ask(CacheStage.request { $0.cache.answers.tags = ["news"] })
            await first.cache.write()
            await second.cache.reread()
            #expect(try await second.ask().cache == .hit)
            #expect(try await first.cache.forget(AnswerSelection(.tag("news"))) == 1)
            #expect(try await first.ask(CacheStage.request(), AnswerWish(.off)).cache == .bypass("off"))
            await second.cache.reread()
            #expect(try await second.ask().cache == .miss)
        }
    }

    @Test func `what is forgotten before it is written counts, and is not written`() async throws {
        try await withStore { store, _ in
            let stage = CacheStage(store: store)
            _ = try await stage.ask()
            #expect(try await stage.cache.forget(AnswerSelection(.all, of: TenantID("other"))) == 0)
            #expect(try await stage.cache.forget(AnswerSelection(.all)) == 1)
            await stage.cache.write()
            #expect(try await store.keys(at: 0).isEmpty)
            #expect(try await stage.ask().cache == .miss)
        }
    }

    @Test func `a store that fails is done without`() async throws {
        let stage = CacheStage(store: BrokenStore())
        await stage.cache.load()
        _ = try await stage.ask()
        await stage.cache.write()
        #expect(try await stage.ask().cache == .hit)
        #expect(stage.cache.measures.storeFailed.value == 2)
        await #expect(throws: ServiceError.self) { try await stage.cache.forget(AnswerSelection(.all)) }
        #expect(try await stage.ask().cache == .miss, "what is in memory is forgotten all the same")
    }

    @Test func `what waits to be written is bounded`() async throws {
        try await withStore { store, _ in
            var limits = AnswerCache.Limits()
            limits.waitingBytes = 700
            let stage = CacheStage(store: store, limits: limits)
            for number in 0..<5 { _ = try await stage.ask(CacheStage.request("\(number)")) }
            #expect(stage.cache.contents.waitingBytes <= 700 && stage.cache.measures.notWritten.value >= 1)
            #expect(stage.cache.contents.memoryCount == 5)
        }
    }

    private struct BrokenStore: AnswerStore {
        private var failure: ServiceError { ServiceError(.internalError, "The disk is gone.") }
        func find(_ key: AnswerKey) async throws -> CachedAnswer? { throw failure }
        func keep(_ batch: AnswerBatch, within bounds: AnswerBounds, at now: Int64) async throws -> [AnswerKey] {
            throw failure
        }
        func forget(_ selection: AnswerSelection) async throws -> Int { throw failure }
        func keys(at now: Int64) async throws -> [AnswerKey: Int64] { throw failure }
        func list(_ selection: AnswerSelection, limit: Int, at now: Int64) async throws -> [AnswerLine] {
            throw failure
        }
    }
}
