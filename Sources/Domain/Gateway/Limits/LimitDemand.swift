public import Vocabulary

/// Which meter is meant: one rule, for one caller.
public struct LimitKey: Sendable, Hashable {
    public let rule: String
    public let subject: String

    public init(rule: String, subject: String) {
        self.rule = rule
        self.subject = subject
    }
}

/// What one request needs of one limit.
public struct LimitDemand: Sendable, Equatable {
    public let key: LimitKey
    public let rule: LimitRule
    /// What must be there for the request to begin.
    public let need: Int64
    /// What is taken when it begins.
    public let charge: Int64
    /// How much of the refill flows in now, of 1,000.
    public let permille: Int64

    public init(key: LimitKey, rule: LimitRule, need: Int64, charge: Int64, permille: Int64 = 1_000) {
        self.key = key
        self.rule = rule
        self.need = need
        self.charge = charge
        self.permille = permille
    }
}

/// How a limit stands after a request, for headers and errors.
public struct LimitStanding: Sendable, Equatable {
    public let rule: LimitRule
    public let remaining: Int64
    /// Milliseconds until all of it is allowed again.
    public let reset: Int64

    public init(rule: LimitRule, remaining: Int64, reset: Int64) {
        self.rule = rule
        self.remaining = remaining
        self.reset = reset
    }
}

/// Whether a request may begin. Refused, it has taken nothing of any limit.
public struct LimitVerdict: Sendable, Equatable {
    public struct Refusal: Sendable, Equatable {
        public let rule: LimitRule
        /// Milliseconds until asking again makes sense.
        public let wait: Int64

        public init(rule: LimitRule, wait: Int64) {
            self.rule = rule
            self.wait = wait
        }
    }

    /// The limit that it has to wait for longest; `nil` when it may begin.
    public let refusal: Refusal?
    /// One for each demand, in order.
    public let standings: [LimitStanding]

    public init(refusal: Refusal?, standings: [LimitStanding]) {
        self.refusal = refusal
        self.standings = standings
    }
}

/// Who asks for what, as limits and budgets see it.
public struct LimitCaller: Sendable, Equatable {
    public var principal: Principal
    /// The peer's address; empty over a Unix socket.
    public var address: String
    public var model: String

    public init(principal: Principal, address: String, model: String) {
        self.principal = principal
        self.address = address
        self.model = model
    }

    /// The names under which a scope counts this caller; none when it does not apply.
    public func subjects(of scope: LimitScope) -> [String] {
        switch scope {
        case .key: if case .apiKey(let id) = principal.origin { [id] } else { [] }
        case .user: [principal.user.text]
        case .team: principal.teams.count < 2 ? principal.teams : Self.distinct(principal.teams)
        case .tenant: principal.tenant.name.isEmpty ? [] : [principal.tenant.name]
        case .ip: address.isEmpty ? [] : [Self.network(of: address)]
        case .model: [model]
        case .everyone: ["*"]
        }
    }

    private static func distinct(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    /// An IPv6 address counts by its first 64 bits, because whoever has one has all behind them.
    static func network(of address: String) -> String {
        guard address.contains(":"), !address.contains(".") else { return address }
        let bare = address.split(separator: "%")[0]
        let gap = bare.firstRange(of: "::")
        var groups = bare[..<(gap?.lowerBound ?? bare.endIndex)].split(separator: ":")
        if let gap {
            let tail = bare[gap.upperBound...].split(separator: ":")
            groups += Array(repeating: "0", count: max(0, 8 - groups.count - tail.count)) + tail
        }
        return groups.prefix(4).joined(separator: ":") + "::/64"
    }
}
