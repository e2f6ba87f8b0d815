/// Notices a connection that still moves, but so slowly that another one is better. Pure.
///
/// Only the time spent waiting for the server counts, so that a bandwidth limit or a slow disk of ours is not its fault.
struct StallWatch: Sendable {
    /// Bytes per second below which a connection is given up.
    var rateMin = 4096
    /// How long it may be so slow.
    var window = Duration.seconds(20)

    private var waited = Duration.zero
    private var received = 0

    init(rateMin: Int = 4096, window: Duration = .seconds(20)) {
        self.rateMin = rateMin
        self.window = window
    }

    /// Tells whether the connection is too slow.
    ///
    /// - Parameters:
    ///   - bytes: that have arrived.
    ///   - waiting: how long they were waited for.
    /// - Returns: true at the end of a window in which fewer bytes came than ``rateMin`` allows.
    mutating func note(bytes: Int, waiting: Duration) -> Bool {
        waited += waiting
        received += bytes
        guard waited >= window else { return false }
        let isSlow = Double(received) < Double(rateMin) * (waited / .seconds(1))
        waited = .zero
        received = 0
        return isSlow
    }
}
