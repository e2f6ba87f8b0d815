import Foundation
import GGUF
import Hardware
import Hosting
import HTTPFetching
import Records
import Storage
import Synchronization
import Telemetry
import Testing
import Vocabulary

@testable import Platform

private let silent = Logger(label: "test", sink: .none)

@Suite struct MemoryPartTests {
    /// A folder and a database in it, which are gone afterwards.
    private func withDatabase(_ body: (Database, String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "nexus-memory-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let database = try await Database.open(SQLiteSettings(path: folder + "/test.db"))
        do {
            try await database.migrate(Migrations.all)
            try await body(database, folder)
        } catch {
            await database.close()
            throw error
        }
        await database.close()
    }

    /// The smallest model of so many layers.
    private func write(_ path: String, layers: Int) throws {
        var writer = try GGUFWriter()
        try writer.set("general.architecture", .string("llama"))
        for (key, value) in [
            ("block_count", layers), ("context_length", 512), ("embedding_length", 64), ("feed_forward_length", 64),
            ("attention.head_count", 4),
        ] { try writer.set("llama.\(key)", .uint32(UInt32(value))) }
        for layer in 0..<layers {
            try writer.add(
                tensor: "blk.\(layer).attn_q.weight", .f16, [64, 64], bytes: [UInt8](repeating: 0, count: 8_192))
        }
        try Data(try writer.bytes()).write(to: URL(filePath: path))
    }

    private func forecast(_ lessons: MemoryLessons, names: [String: String] = [:]) -> MemoryForecast {
        MemoryForecast(lessons: lessons, machine: { MachineGlance.View(machine: Machine(), devices: []) }) { name in
            names[name].map { MemoryForecast.Files(path: $0) }
        }
    }

    @Test func `a header is read again when the file is another one`() async throws {
        try await withDatabase { database, folder in
            let path = folder + "/a.gguf"
            try write(path, layers: 2)
            let headers = ModelHeaders()
            #expect(try await headers.shape(of: path).layers.count == 2)
            try write(path, layers: 3)
            #expect(try await headers.shape(of: path).layers.count == 3)
            try Data("no model".utf8).write(to: URL(filePath: path))
            let refusal = await #expect(throws: ServiceError.self) { try await headers.shape(of: path) }
            #expect(refusal?.code == .invalidValue)
            let missing = await #expect(throws: ServiceError.self) { try await headers.shape(of: folder + "/none") }
            #expect(missing?.code == .modelNotFound)
            await #expect(throws: ServiceError.self) { try await headers.shape(of: folder) }
        }
    }

    @Test func `what a worker took corrects the next prediction, also after a restart`() async throws {
        try await withDatabase { database, folder in
            let path = folder + "/a.gguf"
            try write(path, layers: 2)
            let lessons = MemoryLessons(records: MemoryRecords(database: database), logger: silent)
            let forecast = forecast(lessons, names: ["small": path])
            var question = MemoryQuestion(model: "small")
            question.request.cells = 256
            let (found, request, answer) = try await forecast.answer(question)
            #expect(found == path && answer.correction == .none)
            let report = EngineMemoryReport(prefixBytes: 0, stepTokensMax: 512, cellsUsedMax: 256)
            let taken = MemoryEstimate(of: answer.shape, served: request, after: report).hostBytes / 10 * 13
            await lessons.learn(
                MemoryUse(residentBytes: taken, proportionalBytes: taken), report, answer, request)
            let next = try await forecast.answer(question).answer
            #expect(abs(Int64(next.footprint.host) - Int64(taken)) < 10_000)
            let again = MemoryLessons(records: MemoryRecords(database: database), logger: silent)
            #expect(again.correction(of: MemoryKey(answer.shape, request)) == .none)
            await again.load()
            #expect(again.correction(of: MemoryKey(answer.shape, request)) == next.correction)
            // Other settings have lessons of their own.
            question.request.keyType = .q8_0
            #expect(try await forecast.answer(question).answer.correction == .none)
            #expect(
                await forecast.footprint(engineArguments: ["--model", path, "-c", "256"]).host == next.footprint.host)
            #expect(await forecast.footprint(engineArguments: ["--model", folder + "/none"]) == .none)
        }
    }

    @Test func `the use of models outlives the server, and what was learned is wished for`() async throws {
        try await withDatabase { database, _ in
            let clock = Mutex<Int64>(4 * 86_400)
            let now = { @Sendable in clock.withLock { $0 } }
            let id = ModelID("a")
            for day in 0..<3 {
                let journal = UsageJournal(records: UsageHours(database: database), logger: silent, now: now)
                await journal.load()
                clock.withLock { $0 = Int64(4 + day) * 86_400 + 9 * 3_600 }
                for _ in 0..<5 { journal.note("a") }
                await journal.write()
                await journal.write()
            }
            clock.withLock { $0 = 11 * 86_400 }
            let journal = UsageJournal(records: UsageHours(database: database), logger: silent, now: now)
            await journal.load()
            let pattern = try #require(journal.patterns(offset: 0)[id])
            #expect(pattern.likelihood[9] == 1 && pattern.uses[9 + 24] == 5 && pattern.likelihood[8] == 0)
            // Two hours ahead of UTC it is at eleven.
            #expect(journal.patterns(offset: 7_200)[id]?.likelihood[11] == 1)
            let model = HostedModel(id: id, footprint: Footprint(host: 10))
            let candidate = PreloadPlan.Candidate(model: model, pattern: pattern)
            let wishes = PreloadPlan().wishes(
                among: [candidate], budget: Footprint(host: 10), at: WeekTime(minute: 9 * 60))
            #expect(wishes.map(\.model) == [id])
        }
    }

    /// Notes what is loaded.
    private final class Host: MemoryHosting {
        let loaded = Mutex<[ModelID]>([])
        func processes() async -> [HostedProcess] { [] }
        func candidates() async -> [HostedModel] { [] }
        func preload(_ wish: PreloadPlan.Wish) async { loaded.withLock { $0.append(wish.model) } }
        func plan() async -> MemoryPlan { ResidencyPlanner(policy: ResidencyPolicy(budget: .none)).plan(at: .zero) }
    }

    @Test func `a model is preloaded once in an hour, so that an order to leave holds`() async {
        let host = Host()
        var preloader = Preloader()
        for minute in [540, 541, 599, 600] {
            let wish = PreloadPlan.Wish(model: ModelID("a"), keepAlive: .forever, likelihood: 1)
            let status = PreloadStatus(
                time: WeekTime(minute: minute), patterns: [:], wishes: [wish], plan: PreloadPlan())
            await preloader.work(status, host)
        }
        #expect(host.loaded.withLock { $0.count } == 2)
    }

    @Test func `a process is measured as the kernel counts it, and one that is gone is left out`() async throws {
        try await withDatabase { database, _ in
            let lessons = MemoryLessons(records: MemoryRecords(database: database), logger: silent)
            let client = try HTTPClient(HTTPClient.Configuration(userAgent: "test"))
            let meter = WorkerMeter(forecast: forecast(lessons), lessons: lessons, client: client)
            let readings = await meter.look(at: [
                HostedProcess(model: ModelID("me"), processID: getpid(), engineSocket: nil),
                HostedProcess(model: ModelID("gone"), processID: .max, engineSocket: nil),
            ])
            #expect(readings.map(\.process.model.name) == ["me"])
            let use = try #require(readings.first?.use)
            #expect(use.residentBytes > 1 << 20 && use.proportionalBytes <= use.residentBytes)
            #expect(use.anonymousBytes < use.residentBytes)
            await client.shutDown()
        }
    }
}
