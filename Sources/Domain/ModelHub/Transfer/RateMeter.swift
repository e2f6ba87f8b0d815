/// How fast a download goes, over the last seconds. Pure.
struct RateMeter: Sendable {
    /// What is looked back on.
    private static let window = Duration.seconds(8)
    /// Oldest first; at most one for each fraction of the window.
    private var samples: [(at: ContinuousClock.Instant, bytes: Int)] = []
    private static let step = Duration.milliseconds(200)

    /// - Parameters:
    ///   - bytes: all that is here now.
    ///   - now: the moment.
    mutating func note(bytes: Int, now: ContinuousClock.Instant) {
        // Fewer bytes than before: the file was begun again.
        if let last = samples.last, bytes < last.bytes { samples = [] }
        if let last = samples.last, samples.count > 1, last.at - samples[samples.count - 2].at < Self.step {
            samples.removeLast()
        }
        samples.append((now, bytes))
        while samples.count > 2, now - samples[0].at > Self.window { samples.removeFirst() }
    }

    /// Bytes per second; `nil` while it is too early to tell.
    var rate: Double? {
        guard let first = samples.first, let last = samples.last, last.at - first.at >= .milliseconds(100) else {
            return nil
        }
        return Double(last.bytes - first.bytes) / ((last.at - first.at) / .seconds(1))
    }
}
