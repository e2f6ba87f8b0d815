/// How much of its rate a model gets while its servers are overloaded: additive increase, multiplicative decrease.
///
/// Signals are refusals of the servers (429, 503) and long waits in their queues. A bad second takes three tenths, a good one
/// gives a twentieth of the whole back, down to a tenth and up to the whole. Pure: time comes in as milliseconds.
///
/// Source: Chiu, Jain 1989, "Analysis of the Increase and Decrease Algorithms for Congestion Avoidance".
public struct AdaptiveRate: Sendable, Equatable {
    /// Waiting longer than this in a queue is a sign of overload, in milliseconds.
    public static let waitMax: Int64 = 5_000
    private static let floor: Int64 = 100
    private static let step: Int64 = 50

    /// Of 1,000.
    public private(set) var permille: Int64 = 1_000
    private var nextDecrease: Int64 = 0
    private var nextIncrease: Int64 = 0

    public init() {}

    /// A request was refused by an overloaded server, or waited too long.
    public mutating func overloaded(now: Int64) {
        nextIncrease = now + 1_000
        guard now >= nextDecrease else { return }
        nextDecrease = now + 1_000
        permille = max(Self.floor, permille * 7 / 10)
    }

    /// A request was served in time.
    public mutating func served(now: Int64) {
        guard permille < 1_000, now >= nextIncrease else { return }
        nextIncrease = now + 1_000
        permille = min(1_000, permille + Self.step)
    }
}
