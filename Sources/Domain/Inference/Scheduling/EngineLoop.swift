import Streaming
import Vocabulary

/// What the engine's thread does, over and over: take messages, compute one step, hand out what was written.
struct EngineLoop<Runtime: ModelRuntime, Tokenizer: Tokenizing> {
    private typealias Job = Generation<Runtime.Sampler>

    private let runtime: Runtime
    private let tokenizer: Tokenizer
    private let model: ModelID
    private let mailbox: Mailbox<EngineMessage>
    private let heartbeat: Heartbeat
    private var scheduler: Scheduler<Job>
    private var isStopping = false
    private var random = SystemRandomNumberGenerator()

    init(
        runtime: Runtime, tokenizer: Tokenizer, options: EngineOptions, model: ModelID, mailbox: Mailbox<EngineMessage>,
        heartbeat: Heartbeat
    ) {
        self.runtime = runtime
        self.tokenizer = tokenizer
        self.model = model
        self.mailbox = mailbox
        self.heartbeat = heartbeat
        scheduler = Scheduler(sequencesMax: options.sequencesMax, batchTokensMax: options.batchTokensMax)
    }

    /// Runs until it is told to stop.
    mutating func run() {
        while !isStopping {
            startWaiting()
            let shares = scheduler.plan()
            if shares.isEmpty { heartbeat.rested() }
            let messages = shares.isEmpty ? mailbox.wait() : mailbox.take()
            if messages.isEmpty {
                step(shares)
            } else {
                // A message may end a planned sequence or bring a new one: plan again before computing.
                for message in messages { handle(message) }
            }
        }
        for message in mailbox.close() { handle(message) }
        for key in scheduler.keys { remove(key, error: .shuttingDown) }
    }

    private mutating func handle(_ message: EngineMessage) {
        switch message {
        case .submit(let key, let request, let outlet, let arrived):
            scheduler.enqueue(
                Job(request: request, outlet: outlet, arrived: arrived), key: key, prompt: request.prompt)
        case .cancel(let key):
            remove(key)
        case .room(let key):
            guard let index = scheduler.index(of: key) else { return }
            deliver([], at: index)
        case .stop:
            isStopping = true
        }
    }

    private mutating func startWaiting() {
        for index in scheduler.startWaiting() {
            let sampling = scheduler.running[index].job.request.sampling
            let seed = sampling.seed ?? UInt32.random(in: 0...UInt32.max, using: &random)
            let sampler = runtime.makeSampler(sampling, seed: seed)
            scheduler.updateJob(at: index) { job in
                job.sampler = sampler
                job.started = .now
            }
        }
    }

    /// Computes the shares together, then chooses a token for each sequence that is due.
    private mutating func step(_ shares: [Scheduler<Job>.Share]) {
        var due: [(key: Scheduler<Job>.Key, row: Int)] = []
        var promptTokens = 0
        for share in shares {
            let sequence = scheduler.running[share.index]
            var row = 0
            for position in share.range {
                let isLast = position == share.range.upperBound - 1
                row = runtime.append(
                    token: sequence.tokens[position], position: position, slot: share.slot,
                    wantsLogits: isLast && share.wantsToken)
            }
            if !sequence.isWriting { promptTokens += share.range.count }
            if share.wantsToken { due.append((sequence.key, row)) }
        }
        do {
            try runtime.decode()
        } catch {
            let keys = shares.map { scheduler.running[$0.index].key }
            for key in keys { remove(key, error: Self.failure(error)) }
            return
        }
        for share in shares { scheduler.computed(share) }
        for (key, row) in due { write(key, row: row) }
        heartbeat.stepped(
            running: scheduler.running.count, promptTokens: promptTokens, completionTokens: due.count)
    }

    /// Chooses the next token of a sequence and hands out what it says.
    private mutating func write(_ key: Scheduler<Job>.Key, row: Int) {
        guard let index = scheduler.index(of: key), let sampler = scheduler.running[index].job.sampler else { return }
        let token: Int32
        do {
            token = try runtime.sample(sampler, row: row)
        } catch {
            return remove(key, error: Self.failure(error))
        }
        scheduler.wrote(token, at: index)
        let bytes = tokenizer.bytes(of: token)
        let isEnd = tokenizer.isEndOfGeneration(token)
        switch scheduler.updateJob(at: index, { [model] in $0.take(bytes, isEnd: isEnd, model: model) }) {
        case .goesOn(let events): deliver(events, at: index)
        case .complete(let events): remove(key, last: events)
        }
    }

    /// Hands events to the reader; parks or cancels the sequence as the reader fares.
    private mutating func deliver(_ events: [GenerationEvent], at index: Int) {
        switch scheduler.updateJob(at: index, { $0.deliver(events) }) {
        case .accepted: scheduler.setParked(false, at: index)
        case .full: scheduler.setParked(true, at: index)
        case .readerGone: remove(scheduler.running[index].key)
        }
    }

    /// Ends a generation: its slot and its cache are free, its reader gets the rest and then the error, if any.
    private mutating func remove(
        _ key: Scheduler<Job>.Key, last: [GenerationEvent] = [], error: ServiceError? = nil
    ) {
        let job: Job
        switch scheduler.remove(key) {
        case .running(let ended, let slot):
            runtime.release(slot: slot)
            job = ended
        case .waiting(let ended):
            job = ended
        case .unknown:
            // Its end and the reader's farewell crossed each other.
            return
        }
        heartbeat.leave()
        job.outlet.end(with: job.undelivered + last, throwing: error)
    }

    private static func failure(_ error: any Error) -> ServiceError {
        error as? ServiceError
            ?? ServiceError(
                .engineFailed, "The model failed while writing this answer.", hint: "Send the request again.",
                detail: String(describing: error))
    }
}
