public import JSONText
import Synchronization
public import Vocabulary

/// What was decided about one request, and what became of it. Holds nothing of the prompt or the answer.
public final class DecisionRecord: Sendable {
    /// One deployment that was asked, once.
    public struct Attempt: Sendable, Equatable {
        public enum Outcome: Sendable, Equatable {
            case running
            case answered
            /// The client went, or another member's answer was enough.
            case abandoned
            case failed(FailureClass, code: String, recovery: String)
        }

        public var model: String
        /// Since the request came.
        public var began: Duration
        public var took: Duration?
        public var firstToken: Duration?
        public var outcome = Outcome.running
        /// A copy, or a member of an ensemble.
        public var role: String?
    }

    private struct State {
        var attempts: [Attempt] = []
        var dropped = 0
        var demonstration = false
    }

    public let id: RequestID
    public let decision: RouteDecision
    /// ``RouteDecision/summary``, which is asked for several times.
    public let summary: String
    /// Unix time in milliseconds.
    public let at: Int64
    private let state = Mutex(State())
    /// The record of the whole request, where this is a part of it: that one keeps the attempts.
    private let whole: DecisionRecord?

    /// Attempts that are kept of one request.
    public static let attemptsMax = 64

    public init(id: RequestID, decision: RouteDecision, at: Int64) {
        self.id = id
        self.decision = decision
        summary = decision.summary
        self.at = at
        whole = nil
    }

    private init(_ decision: RouteDecision, of whole: DecisionRecord) {
        id = whole.id
        at = whole.at
        self.decision = decision
        summary = decision.summary
        self.whole = whole
    }

    /// The record of one member of an ensemble, whose attempts stand in this one.
    public func part(_ decision: RouteDecision) -> DecisionRecord { DecisionRecord(decision, of: self) }

    public var attempts: [Attempt] { state.withLock { $0.attempts } }

    /// Notes that a deployment is asked.
    ///
    /// - Returns: the attempt's number; `nil` when there are too many to keep.
    public func begin(_ model: String, at began: Duration, role: String? = nil) -> Int? {
        if let whole { return whole.begin(model, at: began, role: role) }
        return state.withLock { state in
            guard state.attempts.count < Self.attemptsMax else {
                state.dropped += 1
                return nil
            }
            state.attempts.append(Attempt(model: model, began: began, role: role))
            return state.attempts.count - 1
        }
    }

    /// The first piece of an answer came.
    public func first(_ attempt: Int?, at now: Duration) {
        change(attempt) { $0.firstToken = $0.firstToken ?? now - $0.began }
    }

    /// An attempt is over. Only the first end counts.
    public func end(_ attempt: Int?, _ outcome: Attempt.Outcome, at now: Duration) {
        change(attempt) { one in
            guard one.outcome == .running else { return }
            one.outcome = outcome
            one.took = now - one.began
        }
    }

    /// Nobody could answer, and the demonstration did.
    public func noteDemonstration() { state.withLock { $0.demonstration = true } }

    private func change(_ attempt: Int?, _ body: (inout Attempt) -> Void) {
        guard let attempt else { return }
        if let whole { return whole.change(attempt, body) }
        state.withLock { body(&$0.attempts[attempt]) }
    }

    public var json: JSONValue {
        let state = state.withLock(\.self)
        guard case .object(var object) = decision.json else { preconditionFailure("a decision is an object") }
        object["request_id"] = .string(id.text)
        object["at_ms"] = .integer(at)
        object["attempts"] = .array(state.attempts.map(\.json))
        if state.dropped > 0 { object["attempts_dropped"] = .whole(state.dropped) }
        if state.demonstration { object["demonstration"] = true }
        return .object(object)
    }
}

extension DecisionRecord.Attempt {
    var json: JSONValue {
        func milliseconds(_ time: Duration) -> JSONValue { .number((time / .microseconds(1)).rounded() / 1_000) }
        var object: JSONObject = ["model": .string(model), "began_ms": milliseconds(began)]
        object["role"] = role.map(JSONValue.string)
        object["took_ms"] = took.map(milliseconds)
        object["first_token_ms"] = firstToken.map(milliseconds)
        switch outcome {
        case .running: object["outcome"] = "running"
        case .answered: object["outcome"] = "answered"
        case .abandoned: object["outcome"] = "abandoned"
        case .failed(let kind, let code, let recovery):
            object["outcome"] = "failed"
            object["error_class"] = .string(kind.rawValue)
            object["code"] = .string(code)
            object["recovery"] = .string(recovery)
        }
        return .object(object)
    }
}

/// The newest decisions. The oldest leave. One is looked for only when somebody asks, so that no index is kept of them.
public final class DecisionLog: Sendable {
    private struct State {
        var ring: [DecisionRecord] = []
        var next = 0
    }

    public let countMax: Int
    private let state = Mutex(State())

    /// - Parameter countMax: how many are kept; 1 or more.
    public init(countMax: Int = 2_048) { self.countMax = max(1, countMax) }

    public func add(_ record: DecisionRecord) {
        // What leaves is let go after the lock.
        var old = record
        state.withLock { state in
            if state.ring.count < countMax {
                state.ring.append(record)
                return
            }
            swap(&state.ring[state.next], &old)
            state.next = (state.next + 1) % countMax
        }
    }

    /// The decision about a request; the newest one where clients used an id again.
    public func find(_ id: String) -> DecisionRecord? { newest(countMax).first { $0.id.text == id } }

    /// The newest ones, newest first.
    public func newest(_ count: Int) -> [DecisionRecord] {
        state.withLock { state in
            let ordered = state.ring[state.next...] + state.ring[..<state.next]
            return Array(ordered.suffix(max(0, count)).reversed())
        }
    }
}
