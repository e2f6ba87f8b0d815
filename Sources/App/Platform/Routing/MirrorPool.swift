import Gateway
import Synchronization
import Telemetry
import Vocabulary

/// Copies of requests to other models. Their answers are measured and thrown away; nobody waits for them, nobody pays for
/// them, and there are never more than so many at once.
final class MirrorPool: Sendable {
    /// Copies that are answered at the same time; more are left out and counted.
    static let copiesMax = 16
    /// A copy that is not answered by then is given up.
    static let timeMax = Duration.seconds(300)

    private struct State {
        var tasks: [UInt64: Task<Void, Never>] = [:]
        var count: UInt64 = 0
        var isOver = false
    }

    private let measures: RoutingMeasures
    private let logger: Logger
    private let state = Mutex(State())

    init(measures: RoutingMeasures, logger: Logger) {
        self.measures = measures
        self.logger = logger
    }

    /// Sends a copy; returns at once.
    func send(
        _ request: GenerationRequest, to model: String, _ service: RoutedService, _ record: DecisionRecord,
        since began: ContinuousClock.Instant
    ) {
        let number = state.withLock { state -> UInt64? in
            guard !state.isOver, state.tasks.count < Self.copiesMax else { return nil }
            state.count += 1
            // Taken before the task can end.
            state.tasks[state.count] = Task {}
            return state.count
        }
        guard let number else { return measures.copied(model, "left_out") }
        let copy = Self.copy(of: request, to: model)
        let task = AnswerNotes.$current.withValue(nil) {
            Task { [weak self] in
                await self?.answer(copy, model, service, record, began)
                self?.leave(number)
            }
        }
        let isLate = state.withLock { state in
            guard state.tasks[number] != nil else { return state.isOver }
            state.tasks[number] = task
            return state.isOver
        }
        if isLate { task.cancel() }
    }

    private static func copy(of request: GenerationRequest, to model: String) -> GenerationRequest {
        var copy = request
        copy.id = RequestID(request.id.text.prefix(RequestID.lengthMax - 7) + "-mirror") ?? request.id
        copy.model = ModelID(model)
        copy.scheduling.priority = .low
        copy.scheduling.reportsLoading = false
        copy.scheduling.reportsProgress = false
        copy.scheduling.routing = RoutingWish()
        copy.scheduling.routing.totalMax = timeMax
        return copy
    }

    private func answer(
        _ copy: GenerationRequest, _ model: String, _ service: RoutedService, _ record: DecisionRecord,
        _ began: ContinuousClock.Instant
    ) async {
        let start = ContinuousClock.now
        do {
            var decision = RouteDecision(asked: model)
            decision.attempts = [.init(model)]
            decision.limits.total = Self.timeMax
            decision.retries = RetryPolicy(retriesMax: 0, waitMax: .zero)
            let own = DecisionRecord(id: copy.id, decision: decision, at: record.at)
            let number = record.begin(model, at: began.duration(to: start), role: "mirror")
            do {
                let answering = try service.answering(
                    copy, own, since: start, affinity: copy.affinity, role: "mirror")
                for try await event in try await answering.begin() {
                    if case .text = event { record.first(number, at: began.duration(to: .now)) }
                }
                record.end(number, .answered, at: began.duration(to: .now))
            } catch let error as ServiceError {
                record.end(
                    number, .failed(FailureClass(error), code: error.code.rawValue, recovery: "none: a copy"),
                    at: began.duration(to: .now))
                throw error
            }
            measures.copied(model, "answered")
            measures.copied(model, took: .now - start)
        } catch let error as ServiceError {
            measures.copied(model, FailureClass(error).rawValue)
            logger.debug("a copy failed", [.model: .string(model), .error: .error(error)])
        } catch {
            measures.copied(model, "abandoned")
        }
    }

    private func leave(_ number: UInt64) { state.withLock { $0.tasks[number] = nil } }

    /// Ends all copies and takes no more.
    func shutDown() async {
        let tasks = state.withLock { state in
            state.isOver = true
            return Array(state.tasks.values)
        }
        for task in tasks {
            task.cancel()
            await task.value
        }
    }
}
