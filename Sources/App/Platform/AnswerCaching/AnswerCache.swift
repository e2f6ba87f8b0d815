import Gateway
import Records
import Synchronization
import Telemetry
import Vocabulary

/// The answers that were given: some in memory, more in a store, and what is known of both.
///
/// Requests never wait for the store to write. They wait for it to read only where a key is known to be there.
final class AnswerCache: Sendable {
    struct Limits: Sendable {
        var memoryBytes = 32 << 20
        var memoryCount = 20_000
        var stored = AnswerBounds(bytesMax: 512 << 20, countMax: 100_000)
        /// Bytes that wait to be written; what comes then is kept in memory only.
        var waitingBytes = 16 << 20
        var questionsMax = 20_000
        /// Requests that wait for one answer.
        var followersMax = 256
    }

    fileprivate struct State {
        var answers: AnswerShelf
        /// Vectors of inputs, so that a long document does not drive out answers.
        var vectors: AnswerShelf
        /// Ends of what is in the store.
        var stored: [AnswerKey: Int64] = [:]
        var questions: SimilarQuestions
        var batch = AnswerBatch()
        var batchBytes = 0
        /// Counts up whenever something is forgotten; an answer that began before is not kept.
        var epoch: UInt64 = 0
        var flights: AnswerFlights<OneShot<Void>>
        var waiterCount: UInt64 = 0
    }

    let limits: Limits
    let measures: AnswerCacheMeasures
    private let store: (any AnswerStore)?
    private let questionStore: (any QuestionStore)?
    /// Whether other processes change the store, too.
    private let isShared: Bool
    private let state: Mutex<State>
    private let turn = TaskTurn()
    private let logger: Logger
    /// Microseconds since 1970.
    let now: @Sendable () -> Int64

    init(
        _ limits: Limits, store: (any AnswerStore)?, questions: (any QuestionStore)?, isShared: Bool = false,
        measures: AnswerCacheMeasures, logger: Logger, now: @escaping @Sendable () -> Int64
    ) {
        self.limits = limits
        self.store = store
        questionStore = questions
        self.isShared = isShared
        self.measures = measures
        self.logger = logger
        self.now = now
        state = Mutex(
            State(
                answers: AnswerShelf(bytesMax: limits.memoryBytes / 4 * 3, countMax: limits.memoryCount),
                vectors: AnswerShelf(bytesMax: limits.memoryBytes / 4, countMax: limits.memoryCount),
                questions: SimilarQuestions(countMax: limits.questionsMax),
                flights: AnswerFlights(followersMax: limits.followersMax)))
    }

    // MARK: Requests

    /// The answer with a key, wherever it is; `nil` when there is none whose time is not over.
    func find(_ key: AnswerKey, _ kind: CachedAnswer.Kind) async -> CachedAnswer? {
        let now = now()
        let (found, isStored) = state.withLock { state in
            let found = kind == .answer ? state.answers.find(key, at: now) : state.vectors.find(key, at: now)
            if found != nil, store != nil { state.batch.uses[key, default: 0] += 1 }
            return (found, state.stored[key].map { $0 > now } ?? false)
        }
        if let found { return found }
        guard isStored, let store else { return nil }
        do {
            guard let kept = try await store.find(key), kept.kind == kind, kept.expiresAt > now else {
                state.withLock { $0.stored[key] = nil }
                return nil
            }
            state.withLock { state in
                state.put(kept)
                state.batch.uses[key, default: 0] += 1
            }
            return kept
        } catch {
            logger.warning("an answer could not be read from the cache", [.error: .error(error)])
            measures.storeFailed.increment()
            return nil
        }
    }

    /// Lets go of an answer whose bytes are not what was written.
    func drop(damaged key: AnswerKey) {
        measures.damaged.increment()
        logger.warning("a cached answer was damaged and is removed", ["key": .string(key.description)])
        state.withLock { state in
            state.remove(key)
            if store != nil { state.batch.damaged.append(key) }
        }
    }

    /// What `keep` has to be told: whether something was forgotten meanwhile.
    var epoch: UInt64 { state.withLock(\.epoch) }

    /// Keeps an answer that began at `epoch`.
    func keep(_ answer: CachedAnswer, _ question: SimilarQuestion? = nil, since epoch: UInt64) {
        let isWritten = state.withLock { state -> Bool in
            guard state.epoch == epoch else { return true }
            state.put(answer)
            if let question { state.questions.add(question) }
            guard store != nil else { return true }
            guard state.batchBytes + answer.byteCount <= limits.waitingBytes else { return false }
            state.batch.answers.append(answer)
            if let question { state.batch.questions.append(question) }
            state.batchBytes += answer.byteCount
            return true
        }
        if !isWritten { measures.notWritten.increment() }
    }

    /// The questions that one may be compared with.
    func circle(_ name: AnswerKey) -> SimilarQuestions.Circle? { state.withLock { $0.questions.circle(name) } }

    // MARK: Flights

    /// Begins an answer, or waits for the same one.
    ///
    /// - Parameters:
    ///   - key: of the answer.
    ///   - caller: the client's request.
    ///   - waitMax: longest wait.
    /// - Returns: a lease when the caller is the one who computes; `nil` after a wait, or when it is to compute for itself.
    /// - Throws: `CancellationError`.
    func board(_ key: AnswerKey, for caller: UInt64, waitMax: Duration) async throws -> FlightLease? {
        switch state.withLock({ $0.flights.begin(key, for: caller) }) {
        case .lead(let ticket): return FlightLease(self, ticket)
        case .alone: return nil
        case .follow(let ticket):
            measures.followed.increment()
            let waiter = OneShot<Void>()
            let number = state.withLock { state -> UInt64? in
                state.waiterCount += 1
                return state.flights.wait(waiter, state.waiterCount, for: ticket) ? state.waiterCount : nil
            }
            guard let number else { return nil }
            let timer = Task {
                do { try await Task.sleep(for: waitMax) } catch { return }
                waiter.give(.success(()))
            }
            defer {
                timer.cancel()
                _ = state.withLock { $0.flights.leave(number, ticket) }
            }
            try await waiter.wait()
            return nil
        }
    }

    fileprivate func land(_ ticket: AnswerFlights<OneShot<Void>>.Ticket) {
        let waiters = state.withLock { $0.flights.end(ticket) }
        for waiter in waiters { waiter.give(.success(())) }
    }

    // MARK: Forgetting

    /// Forgets answers, here and in the store. Those that are being written now are not kept either.
    ///
    /// - Returns: how many there were; those in memory only count, too.
    /// - Throws: when the store fails; what is in memory is forgotten then all the same.
    func forget(_ selection: AnswerSelection) async throws -> Int {
        let (dropped, unwritten) = state.withLock { state -> (Int, Int) in
            state.epoch += 1
            var keys = Set(state.answers.remove(selection) + state.vectors.remove(selection))
            keys.formUnion(state.batch.answers.filter(selection.includes).map(\.key))
            state.batch.answers.removeAll(where: selection.includes)
            state.batch.questions.removeAll { keys.contains($0.key) }
            let unwritten = keys.count { state.stored[$0] == nil }
            for key in keys {
                state.remove(key)
                state.batch.uses[key] = nil
            }
            return (keys.count, unwritten)
        }
        guard let store else { return dropped }
        let count = try await turn.take {
            let count = try await store.forget(selection)
            let left = try await store.keys(at: now())
            take(stored: left)
            return count
        }
        return count + unwritten
    }

    // MARK: The store

    /// Reads what is there, and writes what comes, until its task is cancelled; `close` writes the rest.
    func run(every pause: Duration = .milliseconds(500), rereading: Duration = .seconds(10)) async {
        await load()
        var read = ContinuousClock.now
        while !Task.isCancelled {
            do { try await Task.sleep(for: pause) } catch { return }
            await write()
            guard isShared, .now - read > rereading else { continue }
            await reread()
            read = .now
        }
    }

    func load() async {
        guard let store else { return }
        do {
            take(stored: try await store.keys(at: now()))
            let questions = try await questionStore?.questions(limit: limits.questionsMax, at: now()) ?? []
            state.withLock { state in
                for question in questions { state.questions.add(question) }
            }
        } catch {
            failed("read", error)
        }
    }

    /// Writes what waits. What cannot be written is let go: it is a cache.
    func write() async {
        guard let store else { return }
        let batch = state.withLock { state in
            defer {
                state.batch = AnswerBatch()
                state.batchBytes = 0
            }
            return state.batch
        }
        guard !batch.isEmpty else { return }
        do {
            try await turn.take {
                let gone = try await store.keep(batch, within: limits.stored, at: now())
                state.withLock { state in
                    for answer in batch.answers { state.stored[answer.key] = answer.expiresAt }
                    for key in gone {
                        state.stored[key] = nil
                        state.questions.remove(key)
                    }
                }
            }
        } catch  where Task.isCancelled {
            // The end of the process; `close` writes it.
            state.withLock { state in
                state.batch.prepend(batch)
                state.batchBytes += batch.answers.reduce(0) { $0 + $1.byteCount }
            }
        } catch {
            failed("written", error)
        }
    }

    /// Looks again at a store that other processes change: what they forgot is forgotten here, too.
    func reread() async {
        guard let store else { return }
        do {
            try await turn.take { take(stored: try await store.keys(at: now())) }
        } catch {
            failed("read", error)
        }
    }

    private func take(stored keys: [AnswerKey: Int64]) {
        state.withLock { state in
            for key in state.stored.keys where keys[key] == nil { state.remove(key) }
            state.stored = keys
        }
    }

    private func failed(_ what: String, _ error: any Error) {
        guard !error.isCancellation else { return }
        measures.storeFailed.increment()
        logger.warning("cached answers could not be \(what)", [.error: .error(error)])
    }

    // MARK: Reports

    func list(_ selection: AnswerSelection, limit: Int) async throws -> [AnswerLine] {
        await write()
        return try await store?.list(selection, limit: limit, at: now()) ?? []
    }

    /// What there is now.
    struct Contents: Sendable {
        var memoryCount = 0
        var memoryBytes = 0
        var storedCount = 0
        var questionCount = 0
        var questionBytes = 0
        var waitingBytes = 0
    }

    var contents: Contents {
        state.withLock { state in
            Contents(
                memoryCount: state.answers.count + state.vectors.count,
                memoryBytes: state.answers.byteCount + state.vectors.byteCount, storedCount: state.stored.count,
                questionCount: state.questions.count, questionBytes: state.questions.byteCount,
                waitingBytes: state.batchBytes)
        }
    }
}

extension AnswerCache.State {
    fileprivate mutating func put(_ answer: CachedAnswer) {
        switch answer.kind {
        case .answer: answers.put(answer)
        case .vectors: vectors.put(answer)
        }
    }

    fileprivate mutating func remove(_ key: AnswerKey) {
        answers.remove(key)
        vectors.remove(key)
        questions.remove(key)
        stored[key] = nil
    }
}

/// The duty to tell those who wait for an answer that it is there, or that it will not come. Whoever drops it has told them.
final class FlightLease: Sendable {
    private let cache: AnswerCache
    private let ticket: AnswerFlights<OneShot<Void>>.Ticket

    fileprivate init(_ cache: AnswerCache, _ ticket: AnswerFlights<OneShot<Void>>.Ticket) {
        self.cache = cache
        self.ticket = ticket
    }

    deinit { land() }

    func land() { cache.land(ticket) }
}
