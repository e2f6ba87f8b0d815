import TestRandomness
import Vocabulary

@testable import Inference

/// How long a simulated machine's steps take, in seconds.
struct SimulatedMachine {
    var base = 0.020
    var row = 0.001
    var prompt = 0.0005
    var attended = 1e-8
    /// Steps scatter evenly by this part up and down.
    var noise = 0.0

    /// A small model on two cores: a prompt's token costs nearly as much as a written one.
    static let processor = SimulatedMachine(base: 0.008, row: 0.003, prompt: 0.0025, attended: 2e-7, noise: 0.1)
    /// A large model on an accelerator: rows are nearly free.
    static let accelerator = SimulatedMachine(base: 0.015, row: 0.00005, prompt: 0.00003, attended: 1e-9, noise: 0.1)

    func duration(_ load: StepLoad, using random: inout SeededRandom) -> Double {
        let exact =
            base + row * Double(load.decodeRows) + prompt * Double(load.prefillTokens)
            + attended * Double(load.attended)
        return exact * (1 + (noise > 0 ? Double.random(in: -noise...noise, using: &random) : 0))
    }
}

struct SimulatedRequest {
    var key: UInt64
    var tenant = TenantID.none
    var weight = 1.0
    var priority = Priority.normal
    var prompt: Int
    var answer: Int
    /// What the queue is told, if that is not the truth.
    var estimate: Int?
    var deadline: Duration?

    var work: Int { prompt + answer }
}

/// An engine made of the policies and a machine that only takes time.
struct EngineSimulation {
    struct Sequence {
        let request: SimulatedRequest
        let charge: QueueCharge
        var computed = 0
        var written = 0
        var tokensSinceStart = 0
        var parkedSince: Duration?
        var parkings = 0

        var isWriting: Bool { computed >= request.prompt }
        var isDone: Bool { written >= request.answer }
    }

    struct Record {
        let request: SimulatedRequest
        var arrived = Duration.zero
        var started: Duration?
        var finished: Duration?
        var parkings = 0
        var isExpired = false
    }

    let machine: SimulatedMachine
    var queue: FairQueue<SimulatedRequest>
    var steps: StepPolicy
    let slots: SlotPolicy
    let preemption: PreemptionPolicy
    var random: SeededRandom
    var now = Duration.zero
    var running: [Sequence] = []
    var records: [UInt64: Record] = [:]
    /// Keys in the order in which they were started.
    var starts: [UInt64] = []
    /// Seconds of each step in which something was written, and whether it read prompts, too.
    var stepLog: [(seconds: Double, load: StepLoad)] = []
    /// Tokens computed and written for each tenant.
    var work: [TenantID: Int] = [:]
    var finishedCount = 0
    /// Writing sequences that a step left out.
    var leftOut = 0

    init(
        machine: SimulatedMachine = SimulatedMachine(), slots: Int = 16, batch: Int = 512, capacity: Int = 256,
        bias: LatencyBias = .default, seed: UInt64 = 1
    ) {
        self.machine = machine
        queue = FairQueue(QueueOptions(capacity: capacity))
        steps = StepPolicy(batchTokensMax: batch, bias: bias)
        self.slots = SlotPolicy(sequencesMax: slots, bias: bias)
        preemption = PreemptionPolicy(parkedTokensMax: 100_000)
        random = SeededRandom(seed: seed)
    }

    /// Asks for an answer; `false` when the queue is full.
    @discardableResult
    mutating func submit(_ request: SimulatedRequest) -> Bool {
        let terms = QueueTerms(
            key: request.key, tenant: request.tenant, weight: request.weight, priority: request.priority,
            cost: request.estimate ?? request.work, deadline: request.deadline)
        guard case .queued = queue.push(request, terms, now: now) else { return false }
        records[request.key] = Record(request: request, arrived: now)
        return true
    }

    var isIdle: Bool { queue.isEmpty && running.isEmpty }

    /// One turn of the engine's loop; does nothing but let time pass when there is nothing to do.
    mutating func turn() {
        for late in queue.expired(now: now) { records[late.item.key]?.isExpired = true }
        startWaiting()
        let active = running.indices.filter { running[$0].parkedSince == nil }
        let candidates = active.map { candidate(running[$0]) }
        let shares = steps.plan(candidates, waiting: queue.count)
        let load = StepPolicy.load(of: candidates, shares: shares)
        guard load.decodeRows + load.prefillTokens > 0 else {
            now += .milliseconds(10)
            return
        }
        let seconds = machine.duration(load, using: &random)
        now += .seconds(seconds)
        steps.observed(load, duration: .seconds(seconds))
        if load.decodeRows > 0 { stepLog.append((seconds, load)) }
        for (index, share) in zip(active, shares) { advance(index, by: share) }
        finish()
    }

    private func candidate(_ sequence: Sequence) -> StepCandidate {
        StepCandidate(
            key: sequence.request.key, pending: sequence.isWriting ? 1 : sequence.request.prompt - sequence.computed,
            computed: sequence.computed, isWriting: sequence.isWriting, tenant: sequence.request.tenant,
            weight: sequence.request.weight, priority: sequence.request.priority)
    }

    private mutating func advance(_ index: Int, by share: Int) {
        let wasWriting = running[index].isWriting
        if wasWriting, share == 0 { leftOut += 1 }
        guard share > 0 else { return }
        running[index].computed += share
        running[index].tokensSinceStart += share
        let writes = running[index].isWriting
        if writes { running[index].written += 1 }
        work[running[index].request.tenant, default: 0] += (wasWriting ? 0 : share) + (writes ? 1 : 0)
    }

    private mutating func finish() {
        for sequence in running where sequence.isDone {
            queue.settle(sequence.charge, actual: sequence.request.work)
            records[sequence.request.key]?.finished = now
            finishedCount += 1
        }
        running.removeAll(where: \.isDone)
    }

    private var preemptionCandidates: [PreemptionCandidate] {
        running.map { sequence in
            PreemptionCandidate(
                key: sequence.request.key, priority: sequence.request.priority, tenant: sequence.request.tenant,
                weight: sequence.request.weight,
                state: sequence.parkedSince.map { .parked(since: $0) }
                    ?? .running(tokensSinceStart: sequence.tokensSinceStart), computed: sequence.computed,
                parkings: sequence.parkings)
        }
    }

    private mutating func startWaiting() {
        let most = slots.sequences(waiting: queue.count, costs: steps.costs)
        while running.count(where: { $0.parkedSince == nil }) < most {
            let level = queue.peek(now: now)?.level
            if let key = preemption.resumed(among: preemptionCandidates, waitingLevel: level, now: now),
                let index = running.firstIndex(where: { $0.request.key == key })
            {
                running[index].parkedSince = nil
                running[index].tokensSinceStart = 0
            } else if let entry = queue.pop(now: now) {
                start(entry)
            } else {
                return
            }
        }
        while let urgent = queue.mostUrgent(),
            let victim = preemption.victim(among: preemptionCandidates, for: urgent.terms.priority),
            let index = running.firstIndex(where: { $0.request.key == victim }),
            let entry = queue.take(urgent.terms.key, now: now)
        {
            running[index].parkedSince = now
            running[index].parkings += 1
            records[victim]?.parkings += 1
            start(entry)
        }
    }

    private mutating func start(_ entry: FairQueue<SimulatedRequest>.Entry) {
        running.append(Sequence(request: entry.item, charge: entry.charge))
        records[entry.item.key]?.started = now
        starts.append(entry.item.key)
    }
}

/// The value below which the given part of the values lies.
func quantile(_ part: Double, of values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
}
