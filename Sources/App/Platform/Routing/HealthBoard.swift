import Gateway
import JSONText
import Synchronization
import Telemetry
import Vocabulary

/// How every deployment fares, as far as requests tell: breakers, latencies, and how many retries there may be.
final class HealthBoard: Sendable {
    let measures: RoutingMeasures
    private let policy: CircuitBreaker<ContinuousClock.Instant>.Policy
    private let logger: Logger
    private let known = Mutex<[String: DeploymentHealth]>([:])
    private let budget = Mutex(RetryBudget())
    private let started = ContinuousClock.now

    init(
        measures: RoutingMeasures, policy: CircuitBreaker<ContinuousClock.Instant>.Policy, logger: Logger
    ) {
        self.measures = measures
        self.policy = policy
        self.logger = logger
    }

    /// Of one deployment, which is taken in when it is new.
    func health(of deployment: Deployment) -> DeploymentHealth {
        known.withLock { known in
            // One that was removed may have a namesake.
            if let health = known[deployment.name], health.belongs(to: deployment) { return health }
            let health = DeploymentHealth(deployment, policy, measures, logger, started: started)
            known[deployment.name] = health
            return health
        }
    }

    func forget(_ name: String) { known.withLock { $0[name] = nil } }

    /// A request begins: retries are a share of requests.
    func noteRequest() { budget.withLock { $0.deposit() } }
    func mayRetry() -> Bool { budget.withLock { $0.withdraw() } }

    /// Notes that a deployment is asked.
    ///
    /// - Throws: `modelUnavailable` while its breaker keeps requests away.
    func begin(
        _ health: DeploymentHealth, _ record: DecisionRecord, at began: ContinuousClock.Instant, role: String?
    ) throws(ServiceError) -> Attempt {
        try health.admit()
        return Attempt(health, record, since: began, role: role)
    }

    /// What is known of those that were asked, by name.
    func json(of deployments: [Deployment]) -> JSONValue {
        .object(JSONObject(deployments.map { ($0.name, health(of: $0).json) }))
    }
}

/// How one deployment fares.
final class DeploymentHealth: Sendable {
    private struct State: Sendable {
        var breaker: CircuitBreaker<ContinuousClock.Instant>
        var latency = LatencyAverage()
        var failures: [FailureClass: Int] = [:]
        var answers = 0
        /// When the last failure of the network was counted.
        var lastBreak: ContinuousClock.Instant?
    }

    let name: String
    let measures: RoutingMeasures
    /// Tells a deployment from a later one of the same name.
    private let facts: DeploymentFacts
    /// The server is a process of ours, which is started again when it ends.
    private let isSupervised: Bool
    private let logger: Logger
    private let log: LogRing
    private let started: ContinuousClock.Instant
    private let state: Mutex<State>

    init(
        _ deployment: Deployment, _ policy: CircuitBreaker<ContinuousClock.Instant>.Policy,
        _ measures: RoutingMeasures, _ logger: Logger, started: ContinuousClock.Instant
    ) {
        name = deployment.name
        facts = deployment.facts
        self.measures = measures
        self.logger = logger.with([.model: .string(deployment.name)])
        self.started = started
        log = deployment.log
        isSupervised = deployment.facts.isLocal
        state = Mutex(State(breaker: CircuitBreaker(policy: policy)))
        measures.breaker(name, .closed)
    }

    func belongs(to other: Deployment) -> Bool { facts === other.facts }

    /// How long requests are kept away; `nil` when they are not.
    var resting: Duration? { state.withLock { $0.breaker.wait(at: .now) } }
    /// Seconds until the first token.
    var latency: Double? { state.withLock { $0.latency.seconds } }

    func admit() throws(ServiceError) {
        let wait = change { $0.breaker.admit(at: .now) }
        guard let wait else { return }
        throw Self.resting(name, wait)
    }

    static func resting(_ name: String, _ wait: Duration) -> ServiceError {
        ServiceError(
            .modelUnavailable, "'\(name)' fails again and again; it is left alone for a while.",
            hint: "Try again shortly.", retryAfter: max(wait, .seconds(1)))
    }

    func first(after time: Duration) { state.withLock { $0.latency.note(time, at: .now - started) } }

    func answered() {
        change { state in
            state.answers += 1
            state.breaker.succeeded()
        }
    }

    func abandoned() { change { $0.breaker.abandoned(at: .now) } }

    /// Counts a failure of a request.
    ///
    /// - Parameters:
    ///   - kind: what failed.
    ///   - began: when the request was sent. A worker that ends fails all of its requests at once: that is one failure.
    func failed(_ kind: FailureClass, began: ContinuousClock.Instant) {
        change { state in
            state.failures[kind, default: 0] += 1
            if !kind.countsAgainstDeployment {
                state.breaker.succeeded()
            } else if isSupervised, kind == .network, let last = state.lastBreak, began < last {
                state.breaker.abandoned(at: .now)
            } else {
                state.lastBreak = .now
                state.breaker.failed(at: .now)
            }
        }
    }

    private func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        let (result, before, after) = state.withLock { state in
            let before = state.breaker.standing
            let result = body(&state)
            return (result, before, state.breaker.standing)
        }
        if before != after { tell(after) }
        return result
    }

    private func tell(_ standing: CircuitBreaker<ContinuousClock.Instant>.Standing) {
        measures.breaker(name, standing, isChange: true)
        let text =
            switch standing {
            case .open: "it fails again and again: requests are kept away"
            case .halfOpen: "one request tries whether it answers again"
            case .closed: "it answers again"
            }
        log.note("breaker \(standing.rawValue): \(text)")
        logger.warning("breaker", ["state": .string(standing.rawValue), "meaning": .string(text)])
    }

    var json: JSONValue {
        let state = state.withLock(\.self)
        let now = ContinuousClock.now
        var breaker: JSONObject = [
            "state": .string(state.breaker.standing.rawValue), "failures": .whole(state.breaker.failures(at: now)),
        ]
        breaker["open_for_ms"] = state.breaker.wait(at: now).map { .whole(Int($0 / .milliseconds(1))) }
        var object: JSONObject = [
            "breaker": .object(breaker), "answers": .whole(state.answers),
            "failures": .object(
                JSONObject(
                    FailureClass.allCases.compactMap { kind in
                        state.failures[kind].map { (kind.rawValue, .whole($0)) }
                    })),
        ]
        object["first_token_ms"] = state.latency.seconds.map { .number(($0 * 1_000_000).rounded() / 1_000) }
        return .object(object)
    }
}

/// One time that a deployment is asked: told to its health and to the record of the request, exactly once.
final class Attempt: Sendable {
    private let health: DeploymentHealth
    private let record: DecisionRecord
    private let number: Int?
    /// When the request came, and when this one was asked.
    private let since: ContinuousClock.Instant
    private let began = ContinuousClock.now
    private let isOver = Once()

    fileprivate init(
        _ health: DeploymentHealth, _ record: DecisionRecord, since: ContinuousClock.Instant, role: String?
    ) {
        self.health = health
        self.record = record
        self.since = since
        number = record.begin(health.name, at: began - since, role: role)
    }

    deinit { abandoned() }

    private var now: Duration { .now - since }

    /// The first piece of the answer came.
    func first() {
        health.first(after: .now - began)
        record.first(number, at: now)
    }

    func answered() {
        guard isOver.claim() else { return }
        health.answered()
        health.measures.attempted(health.name, "answered")
        record.end(number, .answered, at: now)
    }

    /// - Parameters:
    ///   - error: why it failed.
    ///   - recovery: what is done about it.
    func fail(_ error: ServiceError, then recovery: String) {
        guard isOver.claim() else { return }
        let kind = FailureClass(error)
        health.failed(kind, began: began)
        health.measures.attempted(health.name, kind.rawValue)
        record.end(number, .failed(kind, code: error.code.rawValue, recovery: recovery), at: now)
    }

    /// The reader went.
    func abandoned() {
        guard isOver.claim() else { return }
        health.abandoned()
        health.measures.attempted(health.name, "abandoned")
        record.end(number, .abandoned, at: now)
    }
}
