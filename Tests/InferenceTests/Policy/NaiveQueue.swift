import Vocabulary

@testable import Inference

/// What `FairQueue` promises, written down as plainly as possible: lists, and searches through all of them.
struct NaiveQueue {
    struct Request {
        let terms: QueueTerms
        let arrived: Duration
        let sequence: Int
        var level: Int
    }

    let options: QueueOptions
    var waiting: [Request] = []
    private var arrivals = 0
    private var clocks: [TenantID: [Double?]] = [:]
    private var virtualTimes = [0.0, 0, 0, 0]

    init(_ options: QueueOptions) { self.options = options }

    mutating func push(_ terms: QueueTerms, now: Duration) -> Bool {
        advance(to: now)
        guard hasPlace(for: terms) else { return false }
        enter(terms.tenant, level: terms.priority.rank, weight: terms.weight)
        arrivals += 1
        waiting.append(Request(terms: terms, arrived: now, sequence: arrivals, level: terms.priority.rank))
        return true
    }

    mutating func pop(now: Duration, where canStart: (UInt64) -> Bool) -> Request? {
        advance(to: now)
        let order = waiting.filter { canStart($0.terms.key) }.min { left, right in
            // The flow decides with its first request, started or not; then the order of arrival within it.
            let (leftClock, rightClock) = (clock(of: left), clock(of: right))
            if left.level != right.level { return left.level > right.level }
            if left.terms.tenant == right.terms.tenant { return left.sequence < right.sequence }
            return leftClock == rightClock
                ? firstSequence(of: left) < firstSequence(of: right) : leftClock < rightClock
        }
        guard let order else { return nil }
        waiting.removeAll { $0.sequence == order.sequence }
        let start = clock(of: order)
        virtualTimes[order.level] = max(virtualTimes[order.level], start)
        clocks[order.terms.tenant]?[order.level] = start + Double(order.terms.cost) / order.terms.weight
        return order
    }

    mutating func remove(_ key: UInt64) { waiting.removeAll { $0.terms.key == key } }

    mutating func settle(_ request: Request, actual: Int) {
        guard let clock = clocks[request.terms.tenant]?[request.level] else { return }
        clocks[request.terms.tenant]?[request.level] =
            clock + Double(actual - request.terms.cost) / request.terms.weight
    }

    mutating func expired(now: Duration) -> [UInt64] {
        let late = waiting.filter { $0.terms.latestStart.map { $0 < now } ?? false }
        waiting.removeAll { request in late.contains { $0.sequence == request.sequence } }
        return late.sorted { left, right in
            (left.terms.latestStart ?? .zero, left.sequence) < (right.terms.latestStart ?? .zero, right.sequence)
        }.map(\.terms.key)
    }

    /// The order if everyone were taken one after another, and nobody aged meanwhile.
    func order() -> [UInt64] {
        var copy = self
        var keys: [UInt64] = []
        // Before everyone's arrival nobody is due for a lift.
        while let next = copy.pop(now: .zero, where: { _ in true }) { keys.append(next.terms.key) }
        return keys
    }

    private func clock(of request: Request) -> Double {
        guard let clock = clocks[request.terms.tenant]?[request.level] else { return 0 }
        return clock
    }

    private func firstSequence(of request: Request) -> Int {
        waiting.filter { $0.terms.tenant == request.terms.tenant && $0.level == request.level }.map(\.sequence).min()
            ?? 0
    }

    private mutating func enter(_ tenant: TenantID, level: Int, weight: Double) {
        if waiting.contains(where: { $0.terms.tenant == tenant && $0.level == level }) { return }
        let now = virtualTimes[level]
        let last = clocks[tenant, default: [nil, nil, nil, nil]][level]
        clocks[tenant, default: [nil, nil, nil, nil]][level] =
            last.map { max($0, now - TenantShares.idleCredit / weight) } ?? now
    }

    private mutating func advance(to now: Duration) {
        func lift(_ request: Request) -> Duration {
            request.arrived + options.ageingStep * (request.level - request.terms.priority.rank + 1)
        }
        while true {
            let due = waiting.filter { $0.level < 3 && lift($0) <= now }
            guard let next = due.min(by: { (lift($0), $0.sequence) < (lift($1), $1.sequence) }) else { return }
            waiting.removeAll { $0.sequence == next.sequence }
            enter(next.terms.tenant, level: next.level + 1, weight: next.terms.weight)
            var lifted = next
            lifted.level += 1
            waiting.append(lifted)
        }
    }

    private func hasPlace(for terms: QueueTerms) -> Bool {
        let own = waiting.filter { $0.terms.tenant == terms.tenant }.count
        var weights: [TenantID: Double] = [terms.tenant: terms.weight]
        for request in waiting where request.terms.tenant != terms.tenant {
            weights[request.terms.tenant] = request.terms.weight
        }
        let share = max(1, Int(Double(options.capacity) * terms.weight / weights.values.reduce(0, +)))
        let isCrowded = waiting.count >= options.capacity * 3 / 4
        if own < waiting.count, isCrowded, own >= share { return false }
        if waiting.count < options.capacity { return true }
        return own < waiting.count && own < options.capacity + options.reserve - waiting.count
    }
}
