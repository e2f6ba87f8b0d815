import Synchronization
import Vocabulary

/// Signs of life of the engine's thread, readable from anywhere without waiting.
public final class Heartbeat: Sendable {
    private let steps = Atomic<UInt64>(0)
    private let live = Atomic<Int>(0)
    private let running = Atomic<Int>(0)
    private let nextKey = Atomic<UInt64>(0)
    private let promptTokens = Atomic<UInt64>(0)
    private let completionTokens = Atomic<UInt64>(0)
    private let reusedTokens = Atomic<UInt64>(0)
    private let evictions = Atomic<UInt64>(0)
    private let parked = Atomic<Int>(0)
    private let cellsUsed = Atomic<Int>(0)
    private let cellsUsedMax = Atomic<Int>(0)
    private let prefixBytes = Atomic<Int>(0)
    private let stepTokensMax = Atomic<Int>(0)
    /// How guessed tokens fared.
    public let speculation = SpeculationLedger()
    private let busySlots = Atomic<UInt64>(0)
    private let sequenceTokensMax = Atomic<Int>(0)
    private let promptMicroseconds = Atomic<UInt64>(0)
    private let writingMicroseconds = Atomic<UInt64>(0)
    private let epoch = ContinuousClock.now
    /// Nanoseconds from `epoch` to the last time that a generation came or went.
    private let changed = Atomic<Int64>(0)

    /// One that nothing has happened to. An engine that takes another one's place goes on with its heartbeat.
    public init() {}

    public struct Reading: Sendable, Equatable {
        /// Steps of the model so far: a busy engine whose count stands still is stuck.
        public var steps: UInt64
        /// Generations that wait or run.
        public var live: Int
        /// Generations that hold a slot.
        public var running: Int
        /// Prompt tokens computed and tokens written since the start.
        public var promptTokens: UInt64
        public var completionTokens: UInt64

        /// Prompt tokens that came from the prefix cache since the start.
        public var reusedTokens: UInt64 = 0
        /// Prefixes that had to leave the key-value cache since the start.
        public var evictions: UInt64 = 0
        /// Generations that gave their slot to a more urgent one.
        public var parked = 0
        /// Cells of the key-value cache that hold something.
        public var cellsUsed = 0
        /// The most cells that held something.
        public var cellsUsedMax = 0
        /// Bytes of prefixes in ordinary memory, outside the key-value cache.
        public var prefixBytes = 0
        /// The most prompt tokens of one step.
        public var stepTokensMax = 0
        /// Slots in use, added up over all steps.
        public var busySlots: UInt64 = 0
        /// The most tokens that one generation had.
        public var sequenceTokensMax = 0
        /// How long generations that have ended computed their prompts, and wrote.
        public var promptTime = Duration.zero
        public var writingTime = Duration.zero

        public init(steps: UInt64, live: Int, running: Int, promptTokens: UInt64, completionTokens: UInt64) {
            self.steps = steps
            self.live = live
            self.running = running
            self.promptTokens = promptTokens
            self.completionTokens = completionTokens
        }
    }

    public var reading: Reading {
        var reading = Reading(
            steps: steps.load(ordering: .relaxed), live: live.load(ordering: .relaxed),
            running: running.load(ordering: .relaxed), promptTokens: promptTokens.load(ordering: .relaxed),
            completionTokens: completionTokens.load(ordering: .relaxed))
        reading.reusedTokens = reusedTokens.load(ordering: .relaxed)
        reading.evictions = evictions.load(ordering: .relaxed)
        reading.parked = parked.load(ordering: .relaxed)
        reading.cellsUsed = cellsUsed.load(ordering: .relaxed)
        reading.cellsUsedMax = cellsUsedMax.load(ordering: .relaxed)
        reading.prefixBytes = prefixBytes.load(ordering: .relaxed)
        reading.stepTokensMax = stepTokensMax.load(ordering: .relaxed)
        reading.busySlots = busySlots.load(ordering: .relaxed)
        reading.sequenceTokensMax = sequenceTokensMax.load(ordering: .relaxed)
        reading.promptTime = .microseconds(promptMicroseconds.load(ordering: .relaxed))
        reading.writingTime = .microseconds(writingMicroseconds.load(ordering: .relaxed))
        return reading
    }

    /// How long nobody has waited for anything; zero while somebody does.
    public var idle: Duration {
        guard live.load(ordering: .acquiring) == 0 else { return .zero }
        return max(.zero, ContinuousClock.now - epoch - .nanoseconds(changed.load(ordering: .relaxed)))
    }

    /// Notes that somebody was here, though there was nothing to generate.
    public func touch() { noteChange() }

    private func noteChange() {
        let (seconds, attoseconds) = (ContinuousClock.now - epoch).components
        changed.store(seconds * 1_000_000_000 + attoseconds / 1_000_000_000, ordering: .relaxed)
    }

    /// Counts a generation in and gives its key; keys grow with arrival.
    func enter() -> UInt64 {
        noteChange()
        live.add(1, ordering: .relaxed)
        return nextKey.add(1, ordering: .relaxed).newValue
    }

    func leave() {
        noteChange()
        live.subtract(1, ordering: .releasing)
    }

    func stepped(running count: Int, promptTokens prompts: Int, completionTokens completions: Int) {
        steps.add(1, ordering: .relaxed)
        running.store(count, ordering: .relaxed)
        busySlots.add(UInt64(count), ordering: .relaxed)
        promptTokens.add(UInt64(prompts), ordering: .relaxed)
        completionTokens.add(UInt64(completions), ordering: .relaxed)
        // One thread counts steps.
        if prompts > stepTokensMax.load(ordering: .relaxed) { stepTokensMax.store(prompts, ordering: .relaxed) }
    }

    /// How the memory fares.
    func remembered(
        reusedTokens reused: Int, evictions evicted: Int, parked count: Int, cellsUsed cells: Int,
        prefixBytes bytes: Int
    ) {
        prefixBytes.store(bytes, ordering: .relaxed)
        if cells > cellsUsedMax.load(ordering: .relaxed) { cellsUsedMax.store(cells, ordering: .relaxed) }
        reusedTokens.store(UInt64(reused), ordering: .relaxed)
        evictions.store(UInt64(evicted), ordering: .relaxed)
        parked.store(count, ordering: .relaxed)
        cellsUsed.store(cells, ordering: .relaxed)
    }

    /// A generation has ended.
    func finished(_ timings: GenerationTimings, prompt: Int, completion: Int) {
        promptMicroseconds.add(timings.prefill.wholeMicroseconds, ordering: .relaxed)
        writingMicroseconds.add(timings.decode.wholeMicroseconds, ordering: .relaxed)
        if prompt + completion > sequenceTokensMax.load(ordering: .relaxed) {
            sequenceTokensMax.store(prompt + completion, ordering: .relaxed)
        }
    }

    func rested() { running.store(0, ordering: .relaxed) }
}

extension Duration {
    fileprivate var wholeMicroseconds: UInt64 {
        UInt64(max(0, components.seconds)) * 1_000_000 + UInt64(max(0, components.attoseconds)) / 1_000_000_000_000
    }
}
