/// Decides on how many threads a step is computed: on all of them, or on one. Pure.
///
/// The threads of a step wait for each other hundreds of times. On a quiet machine two of them are nearly twice as fast as
/// one; when other programs want the cores, one thread waits at each barrier for another that is not running, and a
/// single thread is several times faster than two. Nobody tells a program which of the two it is, so the engine tries:
/// nearly never while its thread has a core whenever it wants one, at once when steps suddenly take longer, and less and
/// less often what was worse before.
struct ThreadPolicy: Sendable, Equatable {
    /// Steps of a trial.
    static let trialSteps = 3
    /// Steps between two trials, at least and at most.
    static let pauses = 48...768
    /// Steps between two trials of one thread while the engine's thread has a core for so much of each step: nobody else
    /// wants the cores then, and what is left is a machine whose cores are slower together than alone.
    static let quietPause = 4_096
    static let quietShare = 0.9
    /// Steps after which all threads are tried again for the first time: what took them may have been a moment's noise.
    static let firstPause = 6
    /// A step that takes so much longer than usual calls for a trial.
    static let alarm = 1.5
    /// How much faster the other way must be.
    static let gainMin = 0.9

    private enum Phase: Equatable {
        /// Can go to: trial.
        case steady(sinceTrial: Int)
        /// The other way is tried. Can go to: steady.
        case trial(step: Int, ratios: [Double])
    }

    let most: Int
    private(set) var threads: Int
    private var phase = Phase.steady(sinceTrial: 0)
    private var pause = pauses.lowerBound
    /// Measured by predicted time, of the last steps of the present way.
    private var recent: [Double] = []
    /// How much of these steps the engine's thread had a core.
    private var shares: [Double] = []
    /// Alarms in a row.
    private var slow = 0

    init(most: Int) {
        self.most = max(1, most)
        threads = self.most
    }

    /// How many threads the next step is to have.
    var next: Int {
        if case .trial = phase { return other }
        return threads
    }

    private var other: Int { threads == most ? 1 : most }

    /// Learns from a step.
    ///
    /// - Parameters:
    ///   - ratio: the measured duration by the predicted one; any positive number.
    ///   - share: the part of the step in which the engine's thread had a core, 0 to 1; where that is not known, nothing
    ///     says that the machine is quiet.
    mutating func observed(ratio: Double, share: Double = 0) {
        guard most > 1, ratio > 0, ratio.isFinite else { return }
        switch phase {
        case .steady(let count):
            // The same as that the median of those before, times the alarm, is less.
            let isSlow = recent.count >= 4 && recent.count { $0 < ratio / Self.alarm } > recent.count / 2
            recent.append(ratio)
            shares.append(share)
            if recent.count > 8 {
                recent.removeFirst()
                shares.removeFirst()
            }
            slow = isSlow ? slow + 1 : 0
            let isDue = count + 1 >= (isQuiet ? Self.quietPause : pause) || (slow >= 3 && count > 8)
            phase = isDue ? .trial(step: 0, ratios: []) : .steady(sinceTrial: count + 1)
        case .trial(let step, let ratios):
            let all = ratios + [ratio]
            guard step + 1 >= Self.trialSteps else {
                phase = .trial(step: step + 1, ratios: all)
                return
            }
            judge(all)
        }
    }

    /// All threads compute, and nobody else wants their cores. One slow step in eight says nothing.
    private var isQuiet: Bool {
        threads == most && !shares.isEmpty && shares.count { $0 < Self.quietShare } <= shares.count / 2
    }

    private mutating func judge(_ trial: [Double]) {
        // The last of those before the trial: what it is like now.
        let now = Self.median(Array(recent.suffix(Self.trialSteps)))
        if Self.median(trial) < now * Self.gainMin {
            threads = other
            pause = threads == most ? Self.pauses.lowerBound : Self.firstPause
        } else {
            pause = min(pause * 2, Self.pauses.upperBound)
        }
        recent = []
        shares = []
        slow = 0
        phase = .steady(sinceTrial: 0)
    }

    private static func median(_ values: [Double]) -> Double {
        values.isEmpty ? .infinity : values.sorted()[values.count / 2]
    }
}
