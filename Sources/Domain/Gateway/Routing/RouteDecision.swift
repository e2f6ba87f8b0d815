public import JSONText

/// Why a model answers. In the order of precedence: the first rule that names somebody who can answer decides.
public enum RouteRule: String, Sendable, CaseIterable {
    /// The request asks for an ensemble, by `ensemble:<name>` or `nexus.ensemble`.
    case ensemble
    /// The name in the request is a deployment's, and no route has it.
    case direct
    /// A tag of the request has a model in the route.
    case tag
    /// The caller prefers a model that the route has.
    case preference
    /// What the request is about has a model in the route.
    case task
    /// How demanding the request is has a model in the route.
    case complexity
    /// The caller is in the canary's share.
    case canary
    /// The targets, as the route balances them.
    case balance
    /// None of them could: those behind.
    case fallback
}

/// Who is asked for one request, in which order, and why not the others.
public struct RouteDecision: Sendable, Equatable {
    /// One that was looked at.
    public struct Candidate: Sendable, Equatable {
        public enum Verdict: Sendable, Equatable {
            /// Asked as number so-and-so, from 0.
            case place(Int)
            case leftOut(String)
        }

        public var model: String
        /// What named it.
        public var rule: RouteRule
        public var verdict: Verdict
        public var inFlight: Int?
        public var latency: Double?
    }

    /// One that is to be asked.
    public struct Attempt: Sendable, Equatable {
        public var model: String
        /// As good as the one before: another server of the same model.
        public var isEqual: Bool

        public init(_ model: String, isEqual: Bool = false) {
            self.model = model
            self.isEqual = isEqual
        }
    }

    /// The name in the request.
    public var asked: String
    /// The routes that led here, the first one first; empty where a deployment was named.
    public var routes: [String] = []
    /// What chose the first attempt.
    public var rule = RouteRule.direct
    public var task: TaskVerdict?
    public var complexity: Complexity?
    public var tier: String?
    public var tag: String?
    public var candidates: [Candidate] = []
    /// Empty when nobody can be asked.
    public var attempts: [Attempt] = []
    /// Gets a copy.
    public var mirror: String?
    public var limits = ModelRoute.TimeLimits()
    public var retries = RetryPolicy.direct
    /// The ensemble that answers instead of attempts.
    public var ensemble: String?
    /// The shortest rest of a breaker among those that were left out for it.
    public var restingFor: Duration?

    public init(asked: String) { self.asked = asked }

    /// A few words for a header: `auto; rule=task:code; model=coder`.
    public var summary: String {
        // Nothing that a client wrote freely: it goes into a header.
        if let ensemble { return "\(RoutingTable.ensemblePrefix)\(ensemble); rule=\(rule.rawValue)" }
        var text = routes.isEmpty ? asked : routes.joined(separator: ">")
        text += "; rule="
        text += rule.rawValue
        switch rule {
        case .task: text += ":" + (task?.task.rawValue ?? "")
        case .complexity: text += ":" + (tier ?? "")
        case .tag: text += ":" + (tag ?? "")
        default: break
        }
        if let first = attempts.first {
            text += "; model="
            text += first.model
        }
        return text
    }

    public var json: JSONValue {
        var object: JSONObject = [
            "asked": .string(asked), "routes": .array(routes.map(JSONValue.string)), "rule": .string(rule.rawValue),
            "chosen": attempts.first.map { .string($0.model) } ?? .null,
            "order": .array(attempts.map { .string($0.model) }),
            "candidates": .array(candidates.map(\.json)),
        ]
        object["ensemble"] = ensemble.map(JSONValue.string)
        object["tag"] = tag.map(JSONValue.string)
        object["task"] = task?.json
        object["complexity"] = complexity.map { complexity in
            var value: JSONObject = [
                "score": .number(Self.rounded(complexity.score)),
                "shares": .object(JSONObject(complexity.shares.map { ($0.name, .number(Self.rounded($0.value))) })),
            ]
            value["tier"] = tier.map(JSONValue.string)
            return .object(value)
        }
        object["mirror"] = mirror.map(JSONValue.string)
        if limits != ModelRoute.TimeLimits() { object["timeouts"] = limits.json }
        object["retries"] = retries.json
        return .object(object)
    }

    static func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
}

extension TaskVerdict {
    var json: JSONValue {
        let known = TaskKind.allCases.compactMap { task in
            scores[task].map { (task.rawValue, JSONValue.number(RouteDecision.rounded($0))) }
        }
        var object: JSONObject = ["name": .string(task.rawValue), "source": .string(source.rawValue)]
        if !known.isEmpty { object["scores"] = .object(JSONObject(known)) }
        return .object(object)
    }
}

extension RouteDecision.Candidate {
    var json: JSONValue {
        var object: JSONObject = ["model": .string(model), "named_by": .string(rule.rawValue)]
        switch verdict {
        case .place(let place): object["place"] = .whole(place)
        case .leftOut(let reason): object["left_out"] = .string(reason)
        }
        object["in_flight"] = inFlight.map(JSONValue.whole)
        object["latency_ms"] = latency.map { .number(RouteDecision.rounded($0 * 1_000)) }
        return .object(object)
    }
}
