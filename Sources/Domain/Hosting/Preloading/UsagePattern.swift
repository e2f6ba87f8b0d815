/// In which hours of the week a model is used, learned from its requests.
///
/// Each of the 168 hours has the likelihood that somebody asks in it, and how often: means over the weeks in which recent
/// ones count most, so that new habits are learned within a few weeks, and old ones fade.
public struct UsagePattern: Sendable, Equatable {
    /// For each hour of the week, from Monday 00:00: part of the weeks in which it was used, 0 to 1.
    public private(set) var likelihood: [Double]
    /// For each hour: requests.
    public private(set) var uses: [Double]
    /// Hours that were closed so far.
    public private(set) var hoursSeen: Int
    /// The hour that is being counted, in hours since the epoch of the local clock; `nil` before the first.
    private var hour: Int64?
    private var count = 0.0

    /// How much a week counts against those before it.
    private static let weight = 0.35
    /// After a longer pause what was learned is old anyway.
    private static let hoursMax: Int64 = 8 * 168

    public init() {
        likelihood = Array(repeating: 0, count: WeekTime.hoursPerWeek)
        uses = likelihood
        hoursSeen = 0
    }

    /// What was kept of an earlier one; `nil` unless both lists have 168 numbers that make sense.
    public init?(likelihood: [Double], uses: [Double], hoursSeen: Int) {
        guard likelihood.count == WeekTime.hoursPerWeek, uses.count == WeekTime.hoursPerWeek, hoursSeen >= 0,
            likelihood.allSatisfy({ (0...1).contains($0) }), uses.allSatisfy({ $0 >= 0 && $0.isFinite })
        else { return nil }
        self.likelihood = likelihood
        self.uses = uses
        self.hoursSeen = hoursSeen
    }

    /// Learns from what was counted before, as if all of it happened now.
    ///
    /// - Parameters:
    ///   - hours: requests in hours since the epoch of the local clock, in any order; hours without are left out.
    ///   - present: Unix time, moved to the local clock. Hours after it are passed over.
    public init(hours: [Int64: Int64], until present: Int64) {
        self.init()
        let now = present.quotientRoundedDown(by: 3600)
        for (hour, requests) in hours.sorted(by: { $0.key < $1.key }) where hour <= now {
            note(secondsSinceEpoch: hour * 3600, requests: requests)
        }
        guard hour != nil else { return }
        advance(secondsSinceEpoch: present)
    }

    /// Notes requests.
    ///
    /// - Parameters:
    ///   - seconds: Unix time, moved to the local clock. A time before the last one counts in the present hour.
    ///   - requests: how many.
    public mutating func note(secondsSinceEpoch seconds: Int64, requests: Int64 = 1) {
        advance(secondsSinceEpoch: seconds)
        count += Double(max(0, requests))
    }

    /// Lets time pass, so that hours without requests are learned, too.
    public mutating func advance(secondsSinceEpoch seconds: Int64) {
        let present = seconds.quotientRoundedDown(by: 3600)
        guard let last = hour else {
            hour = present
            return
        }
        guard present > last else { return }
        for closed in max(last, present - Self.hoursMax)..<present {
            close(closed, count: closed == last ? count : 0)
        }
        hour = present
        count = 0
    }

    private mutating func close(_ hour: Int64, count: Double) {
        let index = WeekTime(secondsSinceEpoch: hour * 3600).hour
        // The first week is all that there is.
        let weight = hoursSeen < WeekTime.hoursPerWeek ? 1 : Self.weight
        likelihood[index] += weight * ((count > 0 ? 1 : 0) - likelihood[index])
        uses[index] += weight * (count - uses[index])
        hoursSeen += 1
    }
}
