import AdminAPI
import Foundation
import HTTPFetching
import HTTPServing
import Hardware
import Hosting
import JSONText
import Records
import Storage
import Telemetry
import Vocabulary

/// The memory plan in the running platform: predictions, what workers really take, what was learned from it, and which models
/// should be there before somebody asks.
struct MemoryPart: Sendable {
    let forecast: MemoryForecast
    /// Takes each request's model; never waits.
    let journal: UsageJournal
    private let meter: WorkerMeter
    private let lessons: MemoryLessons
    private let schedules: PreloadTimetable

    /// How often processes are measured, usage is written, and wishes are looked at.
    private static let pause = Duration.seconds(10)

    init(
        database: Database, client: HTTPClient, machine: MachineGlance, logger: Logger,
        find: @escaping @Sendable (String) async -> MemoryForecast.Files?
    ) {
        lessons = MemoryLessons(records: MemoryRecords(database: database), logger: logger)
        forecast = MemoryForecast(lessons: lessons, machine: { await machine.now }, find: find)
        journal = UsageJournal(
            records: UsageHours(database: database), logger: logger,
            now: { UnixTime.now().seconds })
        meter = WorkerMeter(forecast: forecast, lessons: lessons, client: client)
        schedules = PreloadTimetable(records: PreloadRecords(database: database), logger: logger)
    }

    func routes(_ hosting: any MemoryHosting) -> [Route] { MemoryRoutes(planner(hosting)).routes }

    private func planner(_ hosting: any MemoryHosting) -> MemoryPlanner {
        MemoryPlanner(forecast: forecast, meter: meter, journal: journal, schedules: schedules, hosting: hosting)
    }

    /// Measures, learns, writes and preloads until its task is cancelled; `close` writes the rest.
    ///
    /// - Parameters:
    ///   - hosting: who has models in memory.
    ///   - preloads: whether models are loaded before somebody asks.
    func run(_ hosting: any MemoryHosting, preloads: Bool) async {
        await lessons.load()
        await journal.load()
        await schedules.load()
        let planner = planner(hosting)
        var preloader = Preloader()
        while !Task.isCancelled {
            if preloads { await preloader.work(await planner.preloading(), hosting) }
            let readings = await meter.look(at: await hosting.processes())
            await hosting.measured(
                readings.reduce(into: [:]) { sums, reading in
                    let use = Footprint(host: reading.use.ownBytes)
                    sums[reading.process.model] = (sums[reading.process.model] ?? .none) + use
                })
            await journal.write()
            do { try await Task.sleep(for: Self.pause) } catch { break }
        }
    }

    /// Writes what is not kept yet, when no more requests come. Not for a cancelled task, in which the database does nothing.
    func close() async { await journal.write() }
}

/// Has models loaded that are wished for: each once in an hour, so that one that leaves by an order stays away.
struct Preloader {
    private var wished: [ModelID: WeekTime] = [:]

    mutating func work(_ status: PreloadStatus, _ hosting: any MemoryHosting) async {
        for wish in status.wishes {
            if let last = wished[wish.model], last.hour == status.time.hour { continue }
            wished[wish.model] = status.time
            await hosting.preload(wish)
        }
    }
}

/// Answers what the routes ask.
struct MemoryPlanner: MemoryPlanning {
    let forecast: MemoryForecast
    let meter: WorkerMeter
    let journal: UsageJournal
    let schedules: PreloadTimetable
    let hosting: any MemoryHosting

    func schedule(_ schedules: [PreloadSchedule]) async throws { try await self.schedules.replace(with: schedules) }

    func status() async -> MemoryStatus {
        let found = await meter.look(at: await hosting.processes())
        var plan = await hosting.plan()
        var workers: [ModelID: MemoryStatus.Worker] = [:]
        for process in found {
            var worker = workers[process.process.model] ?? MemoryStatus.Worker()
            worker.answer = process.answer ?? worker.answer
            worker.use = worker.use.map { $0 + process.use } ?? process.use
            workers[process.process.model] = worker
        }
        for index in plan.lines.indices where plan.lines[index].measured == nil {
            guard let use = workers[plan.lines[index].id]?.use else { continue }
            plan.lines[index].measured = Footprint(host: use.ownBytes)
        }
        let machine = await forecast.machine().machine
        return MemoryStatus(
            machineBytes: machine.memoryBytes, freeBytes: machine.memoryFreeBytes, plan: plan, workers: workers)
    }

    func predict(_ question: MemoryQuestion) async throws -> MemoryPrediction {
        let (path, request, answer) = try await forecast.answer(question)
        let plan = await hosting.plan()
        // Devices' budgets are what is free on them.
        func withDevices(_ pool: Footprint) -> Footprint {
            var pool = pool
            for device in request.devices where pool.devices[device.name] == nil {
                pool.devices[device.name] = device.freeBytes
            }
            return pool
        }
        return MemoryPrediction(
            path: path, request: request, answer: answer, budget: withDevices(plan.budget), free: withDevices(plan.free)
        )
    }

    func preloading() async -> PreloadStatus {
        let offset = Int64(TimeZone.current.secondsFromGMT())
        let time = WeekTime(secondsSinceEpoch: UnixTime.now().seconds + offset)
        let patterns = journal.patterns(offset: offset)
        var plan = PreloadPlan()
        plan.schedules = schedules.all
        let candidates = await hosting.candidates().map { model in
            PreloadPlan.Candidate(model: model, pattern: patterns[model.id] ?? UsagePattern())
        }
        let wishes = plan.wishes(among: candidates, budget: await hosting.plan().budget, at: time)
        return PreloadStatus(time: time, patterns: patterns, wishes: wishes, plan: plan)
    }
}
