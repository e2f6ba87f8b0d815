import Sampling
import Streaming
import Vocabulary

/// What the engine's thread does, over and over: take messages, fill slots, compute one step, hand out what was written.
///
/// Decisions are made by pure values (`FairQueue`, `StepPolicy`, `PreemptionPolicy`, `PrefixTree`); this acts.
struct EngineLoop {
    let runtime: any ModelRuntime
    let tokenizer: any Tokenizing
    let options: EngineOptions
    let model: ModelID
    let mailbox: Mailbox<EngineMessage>
    let heartbeat: Heartbeat
    let room: WaitingRoom<Submission>
    let vocabulary: EngineVocabulary
    let book: AdapterBook

    var stepPolicy: StepPolicy
    let slotPolicy: SlotPolicy
    let preemption: PreemptionPolicy
    var cache: PrefixCache
    var threadPolicies: ThreadPolicies
    /// By the number of threads that compute; where nothing is known, rows are computed together.
    var rowPlans: [Int: RowPlan] = [:]
    var adapterTurns = AdapterTurns()
    /// Guesses tokens ahead; `nil` where nothing is guessed.
    var speculator: Speculator?
    /// The sequence of rows that nobody needs.
    let paddingSequence: Int
    /// In the order in which they got their slots.
    var running: [RunningSequence] = []
    var parked: [ParkedSequence] = []
    var freeSlots: [Int]
    var slotHoldings = SlotHoldings()
    /// The second memory for reproducible requests, made when the first one comes.
    var isolatedRuntime: (any ModelRuntime)?
    /// Memory for choosing tokens, for each thread that does so.
    var scratches: [SamplingScratch]
    /// Those who have something to read and do not know it yet.
    private var readers = SleepingReaders()
    var sending: SendingPolicy
    /// Whether they may sleep until the next step is planned.
    var readersMaySleep = false
    /// Where images and recordings become vectors; `nil` where the model reads text only.
    let mediaThread: MediaThread?
    var random = SystemRandomNumberGenerator()
    /// What those are told who wait when the end has come.
    private var stopError: ServiceError?

    init(
        runtime: any ModelRuntime, tokenizer: any Tokenizing, options: EngineOptions, model: ModelID, parts: EngineParts
    ) {
        self.runtime = runtime
        self.tokenizer = tokenizer
        self.options = options
        self.model = model
        mailbox = parts.mailbox
        heartbeat = parts.heartbeat
        room = parts.room
        vocabulary = parts.vocabulary
        book = parts.book
        let bias = LatencyBias(options.latencyBias)
        stepPolicy = StepPolicy(batchTokensMax: options.batchTokensMax, bias: bias)
        sending = SendingPolicy(bias: bias)
        slotPolicy = SlotPolicy(sequencesMax: options.sequencesMax, bias: bias)
        threadPolicies = ThreadPolicies(most: runtime.shape.threads)
        preemption = PreemptionPolicy(parkedTokensMax: runtime.shape.cells)
        mediaThread = options.media.map { MediaThread($0) }
        scratches = [SamplingScratch(vocabularyCount: runtime.shape.vocabulary)]
        freeSlots = Array((0..<options.sequencesMax).reversed())
        paddingSequence = runtime.shape.sequences - 1
        let spare = max(options.sequencesMax, runtime.shape.sequences - 1)
        cache = PrefixCache(
            runtime: runtime, sequences: options.sequencesMax..<spare, limits: options.cache,
            shelf: parts.shelf, now: .now)
    }

    /// Runs until it is told to stop.
    mutating func run() {
        while stopError == nil {
            let now = ContinuousClock.now
            expire(now)
            performSlotOrders()
            fillSlots(now)
            room.tellPositions()
            let shares = plan()
            if shares.isEmpty { heartbeat.rested() }
            heartbeat.remembered(
                reusedTokens: cache.counts.tokensReused, evictions: cache.counts.evictions, parked: parked.count,
                cellsUsed: cache.cellsUsed, prefixBytes: cache.ramBytes)
            // A quiet moment is used for one state at a time, so that whoever comes waits for no more than that.
            if shares.isEmpty { wakeReaders() }
            let mayRest = shares.isEmpty && !cache.shelveOne() && !cache.copyAhead(now: now)
            let messages = mayRest ? mailbox.wait(until: nextDeadline) : mailbox.take()
            readersMaySleep = false
            if messages.isEmpty {
                if !shares.isEmpty { step(shares) }
            } else {
                // A message may end a planned sequence or bring a new one: plan again before computing.
                for message in messages { handle(message) }
            }
            if readersMaySleep { sending.hold(now: .now) } else { wakeReaders() }
        }
        for message in mailbox.close() { handle(message) }
        endAll()
        wakeReaders()
    }

    /// - Returns: whether there were any.
    @discardableResult
    mutating func wakeReaders() -> Bool {
        let areAny = !readers.isEmpty
        readers.wake()
        sending.sent()
        return areAny
    }

    private mutating func handle(_ message: EngineMessage) {
        switch message {
        case .arrived: break
        case .cancel(let key):
            remove(key)
        case .room(let key):
            if let index = running.firstIndex(where: { $0.generation.key == key }) { deliver([], at: index) }
        case .encoded(let key, let index, let result, let time):
            take(result, of: index, key: key, time: time)
        case .inspect(let answer):
            answer(inspection())
        case .invalidate(let node, let answer):
            answer(invalidated(node))
        case .slot(let order):
            take(order)
        case .loadAdapter(let candidate, let answer):
            answer(loaded(candidate))
        case .removeAdapter(let id, let answer):
            answer(removed(adapter: id))
        case .stop(let error):
            stopError = stopError ?? error
        }
    }

    private mutating func endAll() {
        let error = stopError ?? .shuttingDown
        for key in running.map(\.generation.key) + parked.map(\.generation.key) { remove(key, error: error) }
        for order in slotHoldings.orders { order.refuse(error) }
        slotHoldings.orders = []
        for submission in room.close() { end(submission, error: error) }
        mediaThread?.stop()
        cache.shelveAll(within: Self.shelvingMax)
    }

    /// How long the end may wait for a slow disk.
    private static var shelvingMax: Duration { .seconds(10) }

    private mutating func invalidated(_ node: UInt64) -> Result<Int, ServiceError> {
        do throws(ServiceError) {
            return .success(try cache.invalidate(node))
        } catch {
            return .failure(error)
        }
    }

    /// Hands events to a running sequence's reader; blocks or cancels the sequence as the reader fares.
    mutating func deliver(_ events: [GenerationEvent], at index: Int) {
        switch running[index].generation.deliver(events, waking: &readers) {
        case .accepted: running[index].isBlocked = false
        case .full: running[index].isBlocked = true
        case .readerGone: remove(running[index].generation.key)
        }
    }

    /// Ends a generation wherever it is: its slot and its memory are free, its reader gets the rest and then the error,
    /// if any. One that has gone already is left alone: its end and its reader's farewell crossed each other.
    mutating func remove(_ key: UInt64, last: [GenerationEvent] = [], error: ServiceError? = nil) {
        // Its reader may be among those that sleep.
        readersMaySleep = false
        if let index = running.firstIndex(where: { $0.generation.key == key }) {
            let generation = running[index].generation
            vacate(at: index)
            end(generation, last: last, error: error)
        } else if let index = parked.firstIndex(where: { $0.generation.key == key }) {
            end(parked.remove(at: index).generation, last: last, error: error)
        } else if let submission = room.remove(key) {
            end(submission, error: error)
        }
    }

    func end(_ generation: Generation, last: [GenerationEvent] = [], error: ServiceError?) {
        heartbeat.leave()
        heartbeat.finished(generation.timings, prompt: generation.promptCount, completion: generation.written)
        if let charge = generation.charge { room.settle(charge, actual: generation.work) }
        generation.outlet.end(with: generation.undelivered + last, throwing: error)
    }

    func end(_ submission: Submission, error: ServiceError?) {
        heartbeat.leave()
        submission.outlet.end(with: [], throwing: error)
    }

    static func failure(_ error: any Error) -> ServiceError {
        error as? ServiceError
            ?? ServiceError(
                .engineFailed, "The model failed while writing this answer.", hint: "Send the request again.",
                detail: String(describing: error))
    }
}
