import Conversations
import Records
import Telemetry
import Vectors
import Vocabulary

/// What is done about messages and memories in the background: vectors of new texts, lessons of turns, and forgetting what nobody uses.
///
/// What there is to do stands in the database, so that nothing is lost when the process is.
struct MemoryWorker: Sendable {
    /// How often is looked whether there is something to do.
    private static let lookEvery = Duration.seconds(1)
    private static let pruneEvery = Duration.seconds(3_600)
    /// How long others leave alone what was taken.
    private static let lease = Duration.seconds(120)
    private static let itemsMax = 16
    /// How long vectors of memories wait after all that were tried were refused.
    private static let restAfterRefusal = Duration.seconds(30)
    /// After these many attempts a text that no model takes is left without vectors.
    private static let attemptsMax = 8

    let desk: MeaningDesk
    let memories: UserMemoryRecords
    let teacher: MemoryTeacher
    /// Who somebody is; `nil` when there is no such user now.
    let person: @Sendable (ConversationOwner) -> Principal?
    let keep: Duration?
    let logger: Logger

    /// Works until its task is cancelled.
    ///
    /// - Parameter isAlone: whether no other process works on this database.
    func run(isAlone: Bool) async {
        var pruned: ContinuousClock.Instant?
        var hasStarted = false
        var resting: ContinuousClock.Instant?
        while !Task.isCancelled {
            var isIdle = true
            do {
                if isAlone, !hasStarted { try await desk.records.releaseAll() }
                hasStarted = true
                if pruned.map({ ContinuousClock.now - $0 > Self.pruneEvery }) ?? true {
                    let count = try await memories.prune(at: .now(), keeping: keep)
                    if count > 0 { logger.info("unused memories are forgotten", ["count": .integer(Int64(count))]) }
                    pruned = .now
                }
                isIdle = try await !work(&resting)
            } catch {
                if !Task.isCancelled { logger.warning("memory could not go on", [.error: .error(error)]) }
            }
            guard isIdle else { continue }
            do { try await Task.sleep(for: Self.lookEvery) } catch { return }
        }
    }

    /// Does some of what there is.
    ///
    /// - Parameter resting: until when vectors of memories wait, because they were refused.
    /// - Returns: whether there was anything.
    /// - Throws: errors of the store.
    private func work(_ resting: inout ContinuousClock.Instant?) async throws -> Bool {
        let model = try await desk.model()
        let waiting = try await desk.records.claim(
            at: .now(), lease: Self.lease, countMax: Self.itemsMax,
            tasks: model == nil ? [.lesson] : [.vectors, .lesson])
        if let first = waiting.first {
            guard let person = person(first.owner) else {
                try await desk.records.postpone(waiting, until: .now() + .seconds(86_400))
                return true
            }
            try await Principal.$current.withValue(person) {
                if first.task == .lesson {
                    for one in waiting { try await learn(one) }
                } else if let model {
                    try await read(waiting, model: model.number)
                }
            }
        }
        guard let model, resting.map({ $0 <= .now }) ?? true else { return !waiting.isEmpty }
        switch try await readMemories(model: model.number) {
        case .nothing: return !waiting.isEmpty
        case .some: return true
        case .refused:
            resting = .now + Self.restAfterRefusal
            return !waiting.isEmpty
        }
    }

    // MARK: Vectors

    private func read(_ waiting: [MeaningRecords.Waiting], model: Int64) async throws {
        guard let owner = waiting.first?.owner else { return }
        let texts = try await desk.records.texts(of: waiting.map(\.item), without: model)
        let places = texts.mapValues { TextChunks.places(in: $0) }
        let order = places.flatMap { item, places in places.map { (item: item, place: $0) } }
        do {
            var pieces: [String: [MeaningRecords.Piece]] = texts.mapValues { _ in [] }
            for start in stride(from: 0, to: order.count, by: MeaningEncoder.inputsMax) {
                let part = order[start..<min(order.count, start + MeaningEncoder.inputsMax)]
                let vectors = try await desk.encoder.vectors(
                    of: part.map { TextChunks.text(of: $0.place, in: texts[$0.item] ?? "") }, .low)
                for (piece, vector) in zip(part, vectors) {
                    pieces[piece.item, default: []].append(
                        MeaningRecords.Piece(place: piece.place, vector: QuantizedVector(vector)))
                }
            }
            if !pieces.isEmpty { try await desk.records.write(pieces, of: texts, model: model, owner: owner) }
            try await desk.records.finish(waiting)
        } catch let error as ServiceError {
            try await putOff(waiting, error, attemptsMax: Self.attemptsMax)
        }
    }

    private enum Reading { case nothing, some, refused }

    private func readMemories(model: Int64) async throws -> Reading {
        var refused: Set<ConversationOwner> = []
        for _ in 0..<4 {
            let unread = try await memories.unread(countMax: MeaningEncoder.inputsMax, without: refused)
            guard let owner = unread.first?.owner else { return refused.isEmpty ? .nothing : .refused }
            guard let person = person(owner) else {
                refused.insert(owner)
                continue
            }
            do {
                let vectors = try await Principal.$current.withValue(person) {
                    try await desk.encoder.vectors(of: unread.map(\.text), .low)
                }
                try await memories.write(
                    zip(unread, vectors).map { (id: $0.id, bytes: QuantizedVector($1).bytes) }, model: model)
                return .some
            } catch is ServiceError {
                refused.insert(owner)
            }
        }
        return .refused
    }

    // MARK: Lessons

    private func learn(_ waiting: MeaningRecords.Waiting) async throws {
        do {
            if let message = MessageID(waiting.item) { try await teacher.learn(from: message, of: waiting.owner) }
            try await desk.records.finish([waiting])
        } catch let error as ServiceError {
            try await putOff([waiting], error, attemptsMax: MemoryLimits.attemptsMax)
        }
    }

    /// Lets it wait for better times; what has waited often enough is given up.
    private func putOff(_ waiting: [MeaningRecords.Waiting], _ error: ServiceError, attemptsMax: Int) async throws {
        logger.info("memory waits", ["count": .integer(Int64(waiting.count)), .error: .error(error)])
        let isBusy = [.rateLimited, .budgetExceeded, .overloaded, .modelUnavailable, .shuttingDown].contains(error.code)
        let isLost = { (one: MeaningRecords.Waiting) in one.attempts >= attemptsMax && !isBusy }
        try await desk.records.finish(waiting.filter(isLost))
        let pause = error.retryAfter ?? .seconds(isBusy ? 30 : 300)
        try await desk.records.postpone(waiting.filter { !isLost($0) }, until: .now() + max(pause, .seconds(1)))
    }
}
