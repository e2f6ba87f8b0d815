public import Vocabulary

/// Times of the week at which a model is to be there.
public struct PreloadSchedule: Sendable, Equatable {
    public var model: ModelID
    /// Days on which a window begins; 0 is Monday.
    public var days: Set<Int>
    /// Minutes of the day, 0 to 1,439. An end that is not after the start is on the next day.
    public var start: Int
    public var end: Int

    /// Schedules of a server at most.
    public static let countMax = 256

    /// `nil` unless days are 0 to 6 and not empty, and both minutes are of a day.
    public init?(model: ModelID, days: Set<Int>, start: Int, end: Int) {
        let minutes = 0..<WeekTime.minutesPerDay
        guard !days.isEmpty, days.allSatisfy({ (0...6).contains($0) }), minutes.contains(start), minutes.contains(end)
        else { return nil }
        self.model = model
        self.days = days
        self.start = start
        self.end = end
    }

    /// Minutes until the window that `time` is in ends; `nil` outside.
    public func remaining(at time: WeekTime) -> Int? {
        let length = end > start ? end - start : end - start + WeekTime.minutesPerDay
        return days.compactMap { day in
            let since = WeekTime(minute: time.minute - day * WeekTime.minutesPerDay - start).minute
            return since < length ? length - since : nil
        }.max()
    }
}

/// Chooses which models should be there before somebody asks: by schedule, and by what was learned of their use.
public struct PreloadPlan: Sendable, Equatable {
    /// A model that should be there.
    public struct Wish: Sendable, Equatable {
        public var model: ModelID
        /// How long it is to stay without work.
        public var keepAlive: KeepAlive
        /// Why: a schedule, or the likelihood that it is asked for.
        public var likelihood: Double?

        public init(model: ModelID, keepAlive: KeepAlive, likelihood: Double? = nil) {
            self.model = model
            self.keepAlive = keepAlive
            self.likelihood = likelihood
        }
    }

    /// A model that might be wished for.
    public struct Candidate: Sendable, Equatable {
        public var model: HostedModel
        public var pattern: UsagePattern

        public init(model: HostedModel, pattern: UsagePattern) {
            self.model = model
            self.pattern = pattern
        }
    }

    public var schedules: [PreloadSchedule] = []
    /// From which likelihood on a model is wished for.
    public var likelihoodMin = 0.5
    /// Minutes before an hour begins at which its models are wished for.
    public var leadMinutes = 5
    /// Hours that have to be learned before anything is believed: a day.
    public var hoursMin = 24

    public init() {}

    /// Models that should be there, the most valuable first, as many as fit into the budget together.
    ///
    /// - Parameters:
    ///   - candidates: what is hosted, with its pattern.
    ///   - budget: memory of all models.
    ///   - time: the local time.
    /// - Returns: scheduled models first, then by likelihood times loading time for the bytes that they take.
    public func wishes(among candidates: [Candidate], budget: Footprint, at time: WeekTime) -> [Wish] {
        let byID = Dictionary(candidates.map { ($0.model.id, $0) }, uniquingKeysWith: { first, _ in first })
        var longest: [ModelID: Int] = [:]
        for schedule in schedules where byID[schedule.model] != nil {
            guard let rest = schedule.remaining(at: time) else { continue }
            longest[schedule.model] = max(longest[schedule.model] ?? 0, rest)
        }
        let scheduled = longest.sorted { $0.key.name < $1.key.name }.map { id, rest in
            Wish(model: id, keepAlive: .lasting(.seconds(rest * 60)))
        }
        let hour = WeekTime(minute: time.minute + leadMinutes).hour
        let rest = 60 - (time.minute + leadMinutes) % 60 + leadMinutes
        let learned = candidates.filter { candidate in
            longest[candidate.model.id] == nil && candidate.pattern.hoursSeen >= hoursMin
                && candidate.pattern.likelihood[hour] >= likelihoodMin
        }.sorted { left, right in
            (gain(right, hour), left.model.id.name) < (gain(left, hour), right.model.id.name)
        }.map { candidate in
            Wish(
                model: candidate.model.id, keepAlive: .lasting(.seconds(rest * 60)),
                likelihood: candidate.pattern.likelihood[hour])
        }
        var used = Footprint.none
        return (scheduled + learned).filter { wish in
            guard let footprint = byID[wish.model]?.model.footprint, (used + footprint).fits(in: budget) else {
                return false
            }
            used = used + footprint
            return true
        }
    }

    private func gain(_ candidate: Candidate, _ hour: Int) -> Double {
        candidate.pattern.likelihood[hour] * candidate.model.loadSeconds
            / Double(max(1, candidate.model.footprint.total))
    }

    /// Hours of the week with little use of all models together: for work that may wait, such as quantising.
    ///
    /// - Parameter patterns: of all models.
    /// - Returns: hours of the week with less than a quarter of the mean use; none when nothing was learned.
    public static func quietHours(_ patterns: [UsagePattern]) -> [Int] {
        let sums = (0..<WeekTime.hoursPerWeek).map { hour in patterns.reduce(0) { $0 + $1.uses[hour] } }
        let mean = sums.reduce(0, +) / Double(WeekTime.hoursPerWeek)
        guard mean > 0 else { return [] }
        return sums.indices.filter { sums[$0] < mean / 4 }
    }
}
