/// What becomes of a transfer that failed. Pure: chance and time come in as values.
struct RetryPolicy: Sendable, Equatable {
    /// Failures one after the other, with nothing gained between them, before a file is given up.
    var failuresMax = 8
    /// The first wait, which doubles with each failure.
    var waitMin = Duration.milliseconds(500)
    var waitMax = Duration.seconds(30)
    /// A server that asks for more patience than this is not waited for.
    var patienceMax = Duration.seconds(900)

    enum Decision: Sendable, Equatable {
        case again(after: Duration)
        case giveUp(HubError)
    }

    /// Decides after a failure.
    ///
    /// - Parameters:
    ///   - reason: a full sentence.
    ///   - asked: how long the server asks to wait.
    ///   - failures: failures since something was gained, with this one: at least 1.
    ///   - chance: evenly from 0 to 1: many downloads that broke together do not come back together ("full jitter",
    ///     Brooker 2015, of which at least a half is kept here).
    /// - Returns: how long to wait, or the error to end with.
    func decide(reason: String, asked: Duration?, failures: Int, chance: Double) -> Decision {
        if let asked, asked > patienceMax {
            return .giveUp(
                HubError(
                    .rateLimited, "\(reason) It asks to wait for \(asked.components.seconds) seconds.",
                    hint: "Start the download again later; what is here is kept."))
        }
        guard failures < failuresMax else {
            return .giveUp(
                HubError(
                    .unreachable, "\(reason) It was tried \(failures) times.",
                    hint: "What is here is kept: starting the download again goes on from there."))
        }
        let doubled = waitMin * (1 << min(failures - 1, 20))
        let wait = min(doubled, waitMax) * (0.5 + 0.5 * min(max(chance, 0), 1))
        return .again(after: max(wait, asked ?? .zero))
    }
}
