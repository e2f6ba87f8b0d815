import Synchronization

/// Ids that must not be believed (again) until some time: of tokens that were revoked, and of assertions that were used.
///
/// In memory, because every request asks; what is to survive a restart is kept elsewhere too.
public final class RevokedTokens: Sendable {
    /// Ids at once. Beyond it those that expire first are given up, after all that have expired.
    public static let countMax = 100_000

    private let expiries: Mutex<[String: Int64]>
    private let countMax: Int

    /// - Parameters:
    ///   - expiries: id and Unix time in seconds of each.
    ///   - countMax: how many are kept.
    public init(_ expiries: [String: Int64] = [:], countMax: Int = RevokedTokens.countMax) {
        self.expiries = Mutex(expiries)
        self.countMax = countMax
    }

    /// - Returns: false when the id was there already: of two that come at once, one is told so.
    @discardableResult
    public func insert(_ id: String, until expiresAt: Int64, now: Int64) -> Bool {
        expiries.withLock { expiries in
            if let known = expiries[id], known > now { return false }
            if expiries.count >= countMax { Self.makeRoom(in: &expiries, countMax: countMax, now: now) }
            expiries[id] = expiresAt
            return true
        }
    }

    public func contains(_ id: String, now: Int64) -> Bool {
        expiries.withLock { expiries in expiries[id].map { $0 > now } ?? false }
    }

    public func remove(_ id: String) { expiries.withLock { $0[id] = nil } }

    /// A tenth at a time, so that the work is seldom.
    private static func makeRoom(in expiries: inout [String: Int64], countMax: Int, now: Int64) {
        expiries = expiries.filter { $0.value > now }
        guard expiries.count >= countMax else { return }
        let soonest = expiries.sorted { $0.value < $1.value }.prefix(countMax / 10 + 1)
        for (id, _) in soonest { expiries[id] = nil }
    }
}
