/// Who waits, who runs, and in which slot of the key-value cache. Pure: it decides, the engine's thread acts.
///
/// `Job` is what the engine attaches to a generation; in a test it is a name.
struct Scheduler<Job> {
    /// Identifies one generation within this engine, in the order of arrival.
    typealias Key = UInt64

    enum RemoveResult {
        /// It had no slot yet.
        case waiting(Job)
        /// Its slot is free now; the cache must forget it.
        case running(Job, slot: Int)
        case unknown
    }

    struct Running {
        let key: Key
        let slot: Int
        var job: Job
        /// All tokens of the sequence: prompt, then answer.
        var tokens: [Int32]
        /// How many of them are computed.
        var computed = 0
        let promptCount: Int
        /// Its reader is slow: it sits out until there is room.
        var isParked = false

        var isWriting: Bool { computed >= promptCount }
    }

    /// The tokens of one sequence for the next step.
    struct Share: Equatable {
        let index: Int
        let slot: Int
        /// Positions in the sequence.
        let range: Range<Int>
        /// Whether a token is to be chosen after the last position.
        let wantsToken: Bool
    }

    private struct Waiting {
        let key: Key
        let job: Job
        let prompt: [Int32]
    }

    private let policy: BatchPolicy
    private var waiting: [Waiting] = []
    private var freeSlots: [Int]
    /// Oldest first.
    private(set) var running: [Running] = []

    init(sequencesMax: Int, batchTokensMax: Int) {
        policy = BatchPolicy(batchTokensMax: batchTokensMax)
        freeSlots = Array((0..<sequencesMax).reversed())
    }

    var waitingCount: Int { waiting.count }
    var isIdle: Bool { waiting.isEmpty && running.isEmpty }

    /// Adds a generation behind those that wait. The engine's admission bounds how many there are.
    mutating func enqueue(_ job: Job, key: Key, prompt: [Int32]) {
        waiting.append(Waiting(key: key, job: job, prompt: prompt))
    }

    /// Gives free slots to those who wait, first come first served, and tells which of `running` are new.
    mutating func startWaiting() -> Range<Int> {
        let first = running.count
        while !waiting.isEmpty, let slot = freeSlots.popLast() {
            let next = waiting.removeFirst()
            running.append(
                Running(
                    key: next.key, slot: slot, job: next.job, tokens: next.prompt, promptCount: next.prompt.count))
        }
        return first..<running.count
    }

    /// What the next step computes; empty when nothing can go on.
    func plan() -> [Share] {
        let active = running.indices.filter { !running[$0].isParked }
        let candidates = active.map { index in
            BatchPolicy.Candidate(
                pending: running[index].tokens.count - running[index].computed, isWriting: running[index].isWriting)
        }
        return zip(active, policy.shares(of: candidates)).compactMap { index, count in
            guard count > 0 else { return nil }
            let sequence = running[index]
            let range = sequence.computed..<(sequence.computed + count)
            return Share(
                index: index, slot: sequence.slot, range: range, wantsToken: range.upperBound == sequence.tokens.count)
        }
    }

    /// Notes that a share was computed.
    mutating func computed(_ share: Share) { running[share.index].computed = share.range.upperBound }

    /// Notes the token that was chosen for a sequence.
    mutating func wrote(_ token: Int32, at index: Int) { running[index].tokens.append(token) }

    mutating func setParked(_ isParked: Bool, at index: Int) { running[index].isParked = isParked }

    mutating func updateJob<Result>(at index: Int, _ update: (inout Job) -> Result) -> Result {
        update(&running[index].job)
    }

    func index(of key: Key) -> Int? { running.firstIndex { $0.key == key } }

    /// Takes a generation out, whether it waits or runs.
    mutating func remove(_ key: Key) -> RemoveResult {
        if let index = waiting.firstIndex(where: { $0.key == key }) {
            return .waiting(waiting.remove(at: index).job)
        }
        guard let index = index(of: key) else { return .unknown }
        let sequence = running.remove(at: index)
        freeSlots.append(sequence.slot)
        return .running(sequence.job, slot: sequence.slot)
    }

    /// All keys, waiting and running.
    var keys: [Key] { running.map(\.key) + waiting.map(\.key) }
}
