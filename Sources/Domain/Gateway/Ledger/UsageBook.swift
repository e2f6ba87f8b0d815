internal import Synchronization

/// Usage that waits to be written: one short lock at the end of a request, nothing per token, and never a wait.
///
/// When the writer cannot keep up, the oldest records lose their own lines, never their amounts: they are summed up by hour and
/// dimensions. Where there are too many of these, they lose key, tag and team, then user, and are summed up further.
public final class UsageBook: Sendable {
    /// Records that wait with a line of their own, and sums of those that have lost it.
    public static let recordsMax = 16_384
    public static let sumsMax = 16_384

    /// Sums of an hour.
    public struct SumKey: Sendable, Hashable {
        /// Seconds since 1970.
        public let hour: Int64
        public let dimensions: UsageDimensions
    }

    /// What is to be written together.
    public struct Batch: Sendable {
        public var records: [UsageRecord] = []
        /// Of requests that have no record any more.
        public var sums: [SumKey: UsageAmounts] = [:]
        public var isEmpty: Bool { records.isEmpty && sums.isEmpty }

        /// The same in batches of at most so many records, to be written one after another.
        public func parts(of count: Int) -> [Batch] {
            var parts = stride(from: 0, to: records.count, by: count).map { start in
                Batch(records: Array(records[start..<min(start + count, records.count)]))
            }
            if parts.isEmpty { parts.append(Batch()) }
            parts[0].sums = sums
            return parts
        }
    }

    private struct State {
        var records: [UsageRecord?] = []
        /// The oldest in `records`; those before it have been summed up.
        var first = 0
        var sums: [SumKey: UsageAmounts] = [:]
        var aggregated: UInt64 = 0
    }

    private let state = Mutex(State())
    private let recordsMax: Int
    private let sumsMax: Int

    public init(recordsMax: Int = recordsMax, sumsMax: Int = sumsMax) {
        self.recordsMax = max(1, recordsMax)
        self.sumsMax = max(1, sumsMax)
    }

    /// How many records have lost their own lines since the start.
    public var aggregatedCount: UInt64 { state.withLock { $0.aggregated } }

    /// Takes a record; returns at once.
    public func add(_ record: UsageRecord) {
        state.withLock { state in
            state.records.append(record)
            guard state.records.count - state.first > recordsMax else { return }
            if let oldest = state.records[state.first] { Self.sum(oldest, &state, sumsMax) }
            state.records[state.first] = nil
            state.first += 1
            if state.first >= recordsMax {
                state.records.removeFirst(state.first)
                state.first = 0
            }
        }
    }

    /// Takes everything that waits.
    public func take() -> Batch {
        let taken = state.withLock { state in
            defer {
                state.records = []
                state.first = 0
                state.sums = [:]
            }
            return (state.records[state.first...], state.sums)
        }
        return Batch(records: taken.0.compactMap(\.self), sums: taken.1)
    }

    /// Takes back what could not be written, as sums: their lines are lost, their amounts are not.
    public func putBack(_ batch: Batch) {
        state.withLock { state in
            for record in batch.records { Self.sum(record, &state, sumsMax) }
            for (key, amounts) in batch.sums { Self.add(amounts, key, &state, sumsMax) }
        }
    }

    private static func sum(_ record: UsageRecord, _ state: inout State, _ sumsMax: Int) {
        state.aggregated += 1
        let key = SumKey(hour: UsageSpan.hour.start(of: record.at), dimensions: record.dimensions)
        add(record.amounts, key, &state, sumsMax)
    }

    private static func add(_ amounts: UsageAmounts, _ key: SumKey, _ state: inout State, _ sumsMax: Int) {
        var dimensions = key.dimensions
        let coarser: [(inout UsageDimensions) -> Void] = [
            {
                $0.key = ""; $0.tag = ""; $0.team = ""
            },
            {
                $0.user = ""; $0.endpoint = ""
            },
            { $0 = UsageDimensions() },
        ]
        for coarsen in coarser {
            let key = SumKey(hour: key.hour, dimensions: dimensions)
            if state.sums[key] != nil || state.sums.count < sumsMax {
                state.sums[key, default: UsageAmounts()] += amounts
                return
            }
            coarsen(&dimensions)
        }
        // The last one is one sum for each hour: the bound may be exceeded by the hours of an outage.
        state.sums[SumKey(hour: key.hour, dimensions: UsageDimensions()), default: UsageAmounts()] += amounts
    }
}
