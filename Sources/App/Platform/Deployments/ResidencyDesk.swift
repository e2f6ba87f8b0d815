import Hosting
import Synchronization
import Telemetry
import Vocabulary

/// What loads and unloads models when the planner says so.
protocol LoadCarrying: Sendable {
    /// Loads a model. Returns when it serves.
    func load(_ id: ModelID) async throws
    /// Ends a model's servers. Returns when they are gone.
    func unload(_ id: ModelID, because departure: Departure) async
}

/// Stands in front of all models of this machine: `ResidencyPlanner` decides who is in memory, and this carries it out.
final class ResidencyDesk: Sendable {
    typealias Ticket = ResidencyPlanner.Ticket

    private struct Waiter {
        let model: ModelID
        let admitted: OneShot<Void>
        let tell: @Sendable (LoadingStage) -> Void
    }

    private struct State {
        var planner: ResidencyPlanner
        var waiters: [Ticket: Waiter] = [:]
        var carrier: (any LoadCarrying)?
        /// Why loading a model failed last.
        var failures: [ModelID: any Error] = [:]
        var tasks: [UInt64: Task<Void, Never>] = [:]
        var taskCount: UInt64 = 0
        var alarm: (time: Moment, task: Task<Void, Never>)?
    }

    private let state: Mutex<State>
    private let began = ContinuousClock.now
    private let logger: Logger
    private let evictions: MetricFamily<Counter>

    init(policy: ResidencyPolicy, metrics: MetricsRegistry, logger: Logger) {
        state = Mutex(State(planner: ResidencyPlanner(policy: policy)))
        self.logger = logger
        evictions = metrics.counter(
            "nexus_model_departures_total", help: "Models that left memory, by why.", labels: ["model", "reason"])
        metrics.gauge("nexus_model_memory_budget_bytes", help: "What all models together may take.")
            .set(Double(policy.budget.host))
    }

    private var now: Moment { ContinuousClock.now - began }

    /// Who carries out what is decided from now on.
    func attach(_ carrier: any LoadCarrying) { state.withLock { $0.carrier = carrier } }

    /// Ends every task; nothing is loaded any more.
    func close() async {
        let tasks = state.withLock { state in
            state.carrier = nil
            state.alarm?.task.cancel()
            state.alarm = nil
            for waiter in state.waiters.values {
                waiter.admitted.give(.failure(ServiceError(.shuttingDown, "The server is shutting down.")))
            }
            state.waiters = [:]
            return Array(state.tasks.values)
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    // MARK: Requests

    /// Returns when the model is in memory and may be asked.
    ///
    /// - Parameters:
    ///   - id: the model.
    ///   - priority: of the request.
    ///   - keepAlive: how long the model is to stay after it; `nil` leaves that to the model.
    ///   - tell: is told what is waited for.
    /// - Returns: a ticket for `leave`.
    /// - Throws: `ServiceError` when the model does not come; `CancellationError`.
    func enter(
        _ id: ModelID, priority: Priority, keepAlive: KeepAlive? = nil,
        tell: @escaping @Sendable (LoadingStage) -> Void = { _ in }
    ) async throws -> Ticket {
        let admitted = OneShot<Void>()
        let ticket = change { state in
            let (ticket, actions) = state.planner.request(id, priority: priority, keepAlive: keepAlive, at: now)
            state.waiters[ticket] = Waiter(model: id, admitted: admitted, tell: tell)
            return (ticket, actions)
        }
        do {
            try await admitted.wait()
            return ticket
        } catch let error as CancellationError {
            leave(ticket)
            throw error
        }
    }

    /// Lets a request in whose model is in memory; `nil` when it would have to wait.
    ///
    /// - Throws: `ServiceError` as ``enter(_:priority:keepAlive:tell:)``.
    func enterNow(_ id: ModelID, priority: Priority, keepAlive: KeepAlive? = nil) throws -> Ticket? {
        guard standing(of: id) == .ready else { return nil }
        let admitted = OneShot<Void>()
        let ticket = change { state in
            let (ticket, actions) = state.planner.request(id, priority: priority, keepAlive: keepAlive, at: now)
            state.waiters[ticket] = Waiter(model: id, admitted: admitted, tell: { _ in })
            return (ticket, actions)
        }
        if try admitted.taken() != nil { return ticket }
        leave(ticket)
        return nil
    }

    /// A request has ended.
    func leave(_ ticket: Ticket) {
        change { state in
            state.waiters[ticket] = nil
            return ((), state.planner.finish(ticket, at: now))
        }
    }

    // MARK: Models

    /// Makes a model known, or changes what is known of it.
    func host(_ model: HostedModel) { change { ((), $0.planner.host(model, at: now)) } }
    func remove(_ id: ModelID) { change { ((), $0.planner.remove(id, at: now)) } }
    func preload(_ id: ModelID, keepAlive: KeepAlive? = nil) {
        change { ((), $0.planner.preload(id, keepAlive: keepAlive, at: now)) }
    }
    func unload(_ id: ModelID) { change { ((), $0.planner.unload(id, at: now)) } }

    /// A model's servers ended without an order.
    func lost(_ id: ModelID) {
        change { state in
            state.planner.standing(of: id) == .ready ? ((), state.planner.unloaded(id, at: now)) : ((), [])
        }
    }

    /// What a loaded model's servers take, for the next decisions.
    func measured(_ id: ModelID, _ use: Footprint) { change { ((), $0.planner.measured(id, use, at: now)) } }

    /// Sets memory aside beside what a model has, if it is free.
    ///
    /// - Parameters:
    ///   - bytes: how much.
    ///   - id: a model that is loaded.
    ///   - held: what it has, in bytes.
    /// - Returns: whether there was room.
    func reserve(_ bytes: UInt64, beside id: ModelID, held: UInt64) -> Bool {
        change { state in
            let free = state.planner.policy.budget.less(state.planner.reserved)
            guard Footprint(host: bytes).fits(in: free) else { return (false, []) }
            return (true, state.planner.measured(id, Footprint(host: held + bytes), at: now))
        }
    }

    /// Who is loaded, who leaves next, and what that costs.
    var plan: MemoryPlan { state.withLock { $0.planner.plan(at: now) } }
    func standing(of id: ModelID) -> Standing? { state.withLock { $0.planner.standing(of: id) } }
    var reserved: Footprint { state.withLock { $0.planner.reserved } }
    var budget: Footprint { state.withLock { $0.planner.policy.budget } }

    // MARK: Carrying out

    /// Decides under the lock, then acts.
    @discardableResult private func change<Result: Sendable>(
        _ decide: (inout State) -> (Result, [ResidencyPlanner.Action])
    ) -> Result {
        let (result, actions) = state.withLock { state in
            let (result, actions) = decide(&state)
            setAlarm(&state)
            return (result, actions)
        }
        for action in actions { perform(action) }
        return result
    }

    private func perform(_ action: ResidencyPlanner.Action) {
        switch action {
        case .admit(let ticket):
            let waiter = state.withLock { $0.waiters.removeValue(forKey: ticket) }
            waiter?.admitted.give(.success(()))
        case .refuse(let ticket, let refusal):
            let (waiter, cause) = state.withLock { state in
                let waiter = state.waiters.removeValue(forKey: ticket)
                return (waiter, waiter.flatMap { state.failures[$0.model] })
            }
            guard let waiter else { return }
            waiter.admitted.give(.failure(refusal.serviceError(for: waiter.model, cause: cause)))
        case .load(let id):
            tell(.loading) { $0 == id }
            spawn { await $0.load(id) }
        case .drain(let id, let departure):
            if departure == .memory { tell(.evicting(id.name)) { $0 != id } }
        case .unload(let id, let departure):
            if departure == .memory { tell(.evicting(id.name)) { $0 != id } }
            evictions.with(id.name, departure.rawValue).increment()
            logger.notice("a model leaves memory", [.model: .string(id.name), "reason": .string(departure.rawValue)])
            spawn { desk in
                await desk.carrier?.unload(id, because: departure)
                desk.change { ((), $0.planner.unloaded(id, at: desk.now)) }
            }
        }
    }

    private var carrier: (any LoadCarrying)? { state.withLock { $0.carrier } }

    private func load(_ id: ModelID) async {
        let start = ContinuousClock.now
        do {
            guard let carrier else { throw ServiceError(.shuttingDown, "The server is shutting down.") }
            try await carrier.load(id)
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            tell(.ready) { $0 == id }
            change { state in
                state.failures[id] = nil
                return ((), state.planner.loaded(id, seconds: seconds, at: now))
            }
        } catch {
            change { state in
                state.failures[id] = error
                return ((), state.planner.failed(id, at: now))
            }
        }
    }

    private func tell(_ stage: LoadingStage, who isConcerned: (ModelID) -> Bool) {
        let waiters = state.withLock { $0.waiters.values.filter { isConcerned($0.model) } }
        for waiter in waiters { waiter.tell(stage) }
    }

    private func spawn(_ body: @escaping @Sendable (ResidencyDesk) async -> Void) {
        state.withLock { state in
            state.taskCount += 1
            let number = state.taskCount
            state.tasks[number] = Task {
                await body(self)
                self.state.withLock { _ = $0.tasks.removeValue(forKey: number) }
            }
        }
    }

    /// Sees to it that the planner is woken when it wants to be.
    private func setAlarm(_ state: inout State) {
        guard let time = state.planner.nextWakeUp, state.carrier != nil else { return }
        if let alarm = state.alarm, alarm.time <= time { return }
        state.alarm?.task.cancel()
        let task = Task { [weak self, began] in
            do { try await Task.sleep(until: began + time, clock: .continuous) } catch { return }
            self?.wake(time)
        }
        state.alarm = (time, task)
    }

    private func wake(_ time: Moment) {
        change { state in
            if state.alarm?.time == time { state.alarm = nil }
            return ((), state.planner.wake(at: now))
        }
    }
}
