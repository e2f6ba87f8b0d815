import Inference
import LlamaRuntime
import Synchronization
import Telemetry
import Vocabulary

/// The worker's engine, whether its model is in memory or not: it sleeps when nobody asks for anything, wakes for the next
/// request, and comes back when workers on other machines do.
///
/// `Residency` decides. Requests come from any task; `run()` is the only one that ends and starts engines.
final class EngineHost: Sendable {
    typealias Waiter = CheckedContinuation<Result<Entered, ServiceError>, Never>

    /// A service that a request may be given to.
    struct Entered: Sendable {
        let service: any WorkerService
        let generation: Int
    }

    struct Options: Sendable {
        /// Time without requests after which the model leaves memory; `nil` never.
        var sleepAfter: Duration?
        /// Requests that may wait while it is loaded.
        var waitersMax: Int
        /// What is told of the model while it sleeps.
        var models: [ServedModel]
        var slots: Int
    }

    /// What `run()` is woken by.
    enum Signal: Sendable {
        case wake, lost, stop, look
    }

    let heartbeat: Heartbeat
    let options: Options
    let residency: Mutex<Residency<any WorkerService, Waiter>>
    /// What `GET /cache` showed last before it fell asleep.
    let lastCache = Mutex<CacheListing?>(nil)
    /// The adapters that there were when it left memory.
    let lastAdapters = Mutex<[AdapterReport]?>(nil)
    let source: EngineSource
    private let signals: AsyncStream<Signal>
    private let signal: AsyncStream<Signal>.Continuation

    /// - Parameters:
    ///   - service: the engine, running.
    ///   - heartbeat: the one that all engines of this worker have.
    ///   - options: bounds, and what is told while it sleeps.
    ///   - source: how to make another engine.
    init(_ service: any WorkerService, heartbeat: Heartbeat, options: Options, source: EngineSource) {
        self.heartbeat = heartbeat
        self.options = options
        self.source = source
        residency = Mutex(Residency(service, waitersMax: options.waitersMax))
        // Each of few kinds, and what is dropped is looked for anyway.
        (signals, signal) = AsyncStream.makeStream(of: Signal.self, bufferingPolicy: .bufferingNewest(64))
    }

    var isSleeping: Bool { residency.withLock { $0.isSleeping } }
    /// Whether requests can be answered, be it after waking.
    var isReady: Bool { residency.withLock { !$0.isLost && !$0.isStopped } }

    // MARK: Requests

    /// Gives a request to the engine; wakes it, or says why not.
    func use<Result>(_ body: (any WorkerService) async throws -> Result) async throws -> Result {
        let entered = try await enter()
        defer {
            heartbeat.touch()
            residency.withLock { $0.leave(entered.generation) }
        }
        do {
            return try await body(entered.service)
        } catch let error as ServiceError where error.code == .shuttingDown && residency.withLock({ $0.isLost }) {
            // It came too late to the engine that was lost.
            throw Self.lostError
        }
    }

    private func enter() async throws(ServiceError) -> Entered {
        let entered = await withCheckedContinuation { (waiter: Waiter) in
            switch residency.withLock({ $0.enter(waiter) }) {
            case .use(let service, let generation):
                waiter.resume(returning: .success(Entered(service: service, generation: generation)))
            case .wait(let startsLoading):
                if startsLoading { signal.yield(.wake) }
            case .refuse(let refusal): waiter.resume(returning: .failure(Self.error(refusal)))
            }
        }
        return try entered.get()
    }

    private static func error(_ refusal: Residency<any WorkerService, Waiter>.Refusal) -> ServiceError {
        switch refusal {
        case .full:
            ServiceError(
                .overloaded, "The model is being loaded, and too many requests wait for it already.",
                hint: "Try again after the time in Retry-After.", retryAfter: .seconds(5))
        case .lost: lostError
        case .stopped: .shuttingDown
        }
    }

    /// What those are told who come while a worker on another machine is away.
    static let lostError = ServiceError(
        .modelUnavailable, "A machine that computes a part of this model is away; the model comes back with it.",
        hint: "Send the request again after the time in Retry-After.", retryAfter: .seconds(5))

    // MARK: Life

    /// A worker on another machine went. From any thread; never waits.
    func partWasLost() { signal.yield(.lost) }

    /// Ends and starts engines until `stop()`. Nobody sleeps or wakes without it.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            if let sleepAfter = options.sleepAfter {
                group.addTask { await self.watchIdleness(sleepAfter) }
            }
            for await event in signals {
                switch event {
                case .look: await fallAsleep()
                case .wake: await load()
                case .lost: await recover()
                case .stop: break
                }
                if event == .stop { break }
            }
            group.cancelAll()
        }
    }

    /// Ends every request with an error, then the engine.
    func stop(telling error: ServiceError) async {
        let (service, waiters) = residency.withLock { $0.stop() }
        signal.yield(.stop)
        signal.finish()
        for waiter in waiters { waiter.resume(returning: .failure(error)) }
        await service?.stop(telling: error)
    }

    /// Looks when it may be time to sleep.
    private func watchIdleness(_ sleepAfter: Duration) async {
        while !Task.isCancelled {
            let left = sleepAfter - heartbeat.idle
            if left <= .zero { signal.yield(.look) }
            do {
                // Nobody is there to see it sleep: another look in a while.
                try await Task.sleep(
                    for: left > .zero ? max(left, .milliseconds(10)) : min(sleepAfter, Self.secondLook))
            } catch {
                return
            }
        }
    }

    private static let secondLook = Duration.seconds(2)

    private func fallAsleep() async {
        guard await endIdle() else { return }
        if residency.withLock({ $0.fellAsleep() }) { await load() }
    }

    /// Ends the engine when it is idle. Nothing of it is held any more when this returns.
    ///
    /// - Returns: whether it was ended.
    private func endIdle() async -> Bool {
        guard let sleepAfter = options.sleepAfter,
            let service = residency.withLock({ residency in residency.fallAsleep { $0.heartbeat.idle >= sleepAfter } })
        else { return false }
        await remember(service)
        source.logger.info("the model leaves memory, because nobody asks for anything")
        await source.end(service, telling: .shuttingDown)
        return true
    }

    /// Keeps what is told of the cache while it sleeps.
    private func remember(_ service: any WorkerService) async {
        await rememberAdapters(of: service)
        do throws(ServiceError) {
            let listing = try await service.cache()
            lastCache.withLock { $0 = listing }
        } catch {
            // An engine without a cache has none to show.
        }
    }

    /// Loads the model for those who wait.
    private func load() async {
        do {
            let service = try await source.make(heartbeat)
            await restoreAdapters(of: service)
            guard await place(service) else { return }
            source.logger.info("the model is in memory again")
        } catch {
            source.logger.error("the model could not be loaded again", [.error: .string(String(reflecting: error))])
            let told = Self.told(error)
            for waiter in residency.withLock({ $0.failed() }) { waiter.resume(returning: .failure(told)) }
        }
    }

    /// Lets those in who wait, or ends the engine that nobody wants any more.
    private func place(_ service: any WorkerService) async -> Bool {
        let (waiters, generation) = residency.withLock { ($0.arrived(service), $0.generation) }
        guard let waiters else {
            await source.end(service, telling: .shuttingDown)
            return false
        }
        for waiter in waiters {
            waiter.resume(returning: .success(Entered(service: service, generation: generation)))
        }
        return true
    }

    private static func told(_ error: any Error) -> ServiceError {
        error as? ServiceError
            ?? ServiceError(
                .modelUnavailable, "The model could not be loaded again.", hint: "The reason is in the server's log.",
                detail: String(describing: error), retryAfter: .seconds(5))
    }

    // MARK: Loss

    /// Loads the model again when the workers are back.
    private func recover() async {
        guard await endLost() else { return }
        var pause = Self.pauseMin
        while !residency.withLock({ $0.isStopped }) {
            do {
                let service = try await source.make(heartbeat)
                await restoreAdapters(of: service)
                guard await place(service) else { return }
                source.logger.notice("the model is whole again")
                return
            } catch {
                source.logger.debug("the model is not whole yet", [.error: .string(String(reflecting: error))])
            }
            do { try await Task.sleep(for: pause) } catch { return }
            pause = min(pause * 2, Self.pauseMax)
        }
    }

    /// Tells those who wait, and frees what is left. Nothing of it is held any more when this returns: while it is, no
    /// worker can be connected to again.
    ///
    /// - Returns: whether there was a loss to do anything about.
    private func endLost() async -> Bool {
        // A loss that was told of late may be over.
        guard source.servers?.lost != nil, let lost = residency.withLock({ $0.lose() }) else { return false }
        source.logger.error(
            "a machine that computes a part of the model went",
            ["worker": .string(source.servers?.lost.map(String.init(describing:)) ?? "unknown")])
        for waiter in lost.waiters { waiter.resume(returning: .failure(Self.lostError)) }
        if let service = lost.service {
            await rememberAdapters(of: service)
            await source.end(service, telling: Self.lostError)
        }
        return true
    }

    private static let pauseMin = Duration.milliseconds(250)
    private static let pauseMax = Duration.seconds(10)
}
