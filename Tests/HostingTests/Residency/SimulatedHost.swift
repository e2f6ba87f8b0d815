import Hosting
import TestRandomness
import Vocabulary

/// A machine that does what a planner says: loads take time, requests take time, and everything is checked on the way.
struct SimulatedHost {
    struct Job {
        let ticket: ResidencyPlanner.Ticket
        let model: ModelID
        let arrival: Moment
        let lasting: Duration
        var admitted: Moment?
    }

    private enum Event {
        case loaded(ModelID), unloaded(ModelID), ended(ResidencyPlanner.Ticket)
    }

    var planner: ResidencyPlanner
    var now: Moment = .zero
    let loadSeconds: [ModelID: Double]
    let pinned: Set<ModelID>
    private var queue: [(at: Moment, order: Int, event: Event)] = []
    private var order = 0
    var jobs: [ResidencyPlanner.Ticket: Job] = [:]
    var resident: Set<ModelID> = []
    var running: [ModelID: Int] = [:]
    private(set) var loads = 0
    private(set) var log: [String] = []
    private(set) var faults: [String] = []
    private(set) var waits: [Double] = []
    private(set) var refusals: [ResidencyRefusal] = []
    /// Requests that found their model ready.
    private(set) var hits = 0

    init(_ policy: ResidencyPolicy, _ models: [HostedModel]) {
        planner = ResidencyPlanner(policy: policy)
        loadSeconds = Dictionary(uniqueKeysWithValues: models.map { ($0.id, $0.loadSeconds) })
        pinned = Set(models.filter(\.isPinned).map(\.id))
        for model in models { perform(planner.host(model, at: now)) }
    }

    /// Lets time pass, with all that happens meanwhile.
    mutating func run(until end: Moment) {
        while true {
            let event = queue.indices.min { (queue[$0].at, queue[$0].order) < (queue[$1].at, queue[$1].order) }
            let eventTime = event.map { queue[$0].at }
            let wake = planner.nextWakeUp
            guard let next = [eventTime, wake].compactMap({ $0 }).min(), next <= end else { break }
            now = max(now, next)
            if let event, eventTime == next {
                handle(queue.remove(at: event).event)
            } else {
                perform(planner.wake(at: now))
            }
        }
        now = max(now, end)
    }

    mutating func forgetHits() { hits = 0 }

    @discardableResult
    mutating func ask(
        _ model: ModelID, lasting: Duration, priority: Priority = .normal, keepAlive: KeepAlive? = nil
    ) -> ResidencyPlanner.Ticket {
        if planner.standing(of: model) == .ready { hits += 1 }
        let (ticket, actions) = planner.request(model, priority: priority, keepAlive: keepAlive, at: now)
        jobs[ticket] = Job(ticket: ticket, model: model, arrival: now, lasting: lasting)
        perform(actions)
        return ticket
    }

    mutating func give(up ticket: ResidencyPlanner.Ticket) {
        guard let job = jobs[ticket], job.admitted == nil else { return }
        jobs[ticket] = nil
        perform(planner.finish(ticket, at: now))
    }

    mutating func perform(_ actions: [ResidencyPlanner.Action]) {
        for action in actions {
            switch action {
            case .load(let id):
                loads += 1
                log.append("load \(id)")
                after(.seconds(loadSeconds[id] ?? 1), .loaded(id))
            case .unload(let id, let reason):
                log.append("unload \(id) \(reason.rawValue)")
                if running[id] ?? 0 > 0 { faults.append("\(id) was unloaded while busy") }
                if pinned.contains(id), reason != .order { faults.append("\(id) is pinned and left") }
                resident.remove(id)
                after(.milliseconds(50), .unloaded(id))
            case .drain(let id, _):
                if pinned.contains(id) { faults.append("\(id) is pinned and drains") }
            case .admit(let ticket): admit(ticket)
            case .refuse(let ticket, let refusal):
                jobs[ticket] = nil
                refusals.append(refusal)
            }
            if !planner.reserved.fits(in: planner.policy.budget) { faults.append("over budget after \(action)") }
        }
    }

    private mutating func admit(_ ticket: ResidencyPlanner.Ticket) {
        guard var job = jobs[ticket], job.admitted == nil else {
            faults.append("admitted twice, or after its end")
            return
        }
        if !resident.contains(job.model) { faults.append("admitted to \(job.model), which is not there") }
        job.admitted = now
        jobs[ticket] = job
        waits.append((now - job.arrival) / .seconds(1))
        running[job.model, default: 0] += 1
        after(job.lasting, .ended(ticket))
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .loaded(let id):
            resident.insert(id)
            perform(planner.loaded(id, seconds: loadSeconds[id], at: now))
        case .unloaded(let id): perform(planner.unloaded(id, at: now))
        case .ended(let ticket):
            guard let job = jobs.removeValue(forKey: ticket) else { return }
            running[job.model, default: 0] -= 1
            perform(planner.finish(ticket, at: now))
        }
    }

    private mutating func after(_ delay: Duration, _ event: Event) {
        order += 1
        queue.append((now + delay, order, event))
    }
}

extension HostedModel {
    static func sized(
        _ name: String, gib: Double, priority: Priority = .normal, isPinned: Bool = false,
        keepAlive: KeepAlive = .default, loadSeconds: Double = 2, group: String? = nil
    ) -> HostedModel {
        HostedModel(
            id: ModelID(name), footprint: Footprint(host: UInt64(gib * 1_073_741_824)), priority: priority,
            isPinned: isPinned, keepAlive: keepAlive, loadSeconds: loadSeconds, group: group)
    }
}

extension Footprint {
    static func gib(_ count: Double) -> Footprint { Footprint(host: UInt64(count * 1_073_741_824)) }
}
