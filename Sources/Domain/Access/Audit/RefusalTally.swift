/// Keeps a flood of refusals from flooding the trail: the first of each address in a minute are told one by one, the rest
/// are counted and told together. Pure.
public struct RefusalTally: Sendable {
    /// Refusals of one address that are told one by one in a window.
    public static let toldMax = 20
    /// Microseconds of a window.
    public static let window: Int64 = 60_000_000
    /// Addresses that are known at a time; the ones whose window ends first are closed for others.
    public static let addressesMax = 4_096

    private struct Window {
        var start: Int64
        var count: Int64
    }

    private var windows: [String: Window] = [:]

    public init() {}

    /// What to write about a refusal.
    public enum Verdict: Sendable, Equatable {
        /// As it is.
        case tell
        /// Nothing now: it is counted.
        case count
    }

    /// Refusals of an address beyond those that were told.
    public struct Summary: Sendable, Equatable {
        public var address: String
        public var count: Int64
    }

    /// Takes a refusal.
    ///
    /// - Parameters:
    ///   - address: where it came from.
    ///   - now: microseconds since 1970.
    /// - Returns: what to do with it, and the windows that have ended with something uncounted for.
    public mutating func take(from address: String, now: Int64) -> (verdict: Verdict, ended: [Summary]) {
        var ended: [Summary] = []
        if let window = windows[address], now - window.start >= Self.window || now < window.start {
            ended += close(address)
        }
        if windows[address] == nil, windows.count >= Self.addressesMax {
            ended += self.ended(now: now)
            if windows.count >= Self.addressesMax, let oldest = windows.min(by: { $0.value.start < $1.value.start }) {
                ended += close(oldest.key)
            }
        }
        let count = (windows[address]?.count ?? 0) + 1
        windows[address] = Window(start: windows[address]?.start ?? now, count: count)
        return (count <= Self.toldMax ? .tell : .count, ended)
    }

    /// Closes every window that has ended; `.max` closes all.
    public mutating func ended(now: Int64) -> [Summary] {
        windows.filter { now - $0.value.start >= Self.window }.keys.sorted().flatMap { close($0) }
    }

    private mutating func close(_ address: String) -> [Summary] {
        guard let window = windows.removeValue(forKey: address), window.count > Self.toldMax else { return [] }
        return [Summary(address: address, count: window.count - Int64(Self.toldMax))]
    }
}
