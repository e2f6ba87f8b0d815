/// Which time limit applies to a transfer now, and when it passes. Pure: it is told what happened and when.
struct DeadlineWatch {
    private let timeouts: Timeouts
    private let totalDeadline: Moment?
    private var stage: Stage
    /// The reader of the response's body is behind: what the server does cannot be seen.
    private var isReceivingPaused = false
    /// The source of the request's body is behind.
    private var isSendingPaused = false

    private enum Stage {
        /// Can transition to: sending, awaitingHead, receiving.
        case connecting(since: Moment)
        /// Can transition to: connecting (libcurl tries again on another connection), awaitingHead, receiving.
        case sending(lastMove: Moment)
        /// Can transition to: connecting, sending, receiving.
        case awaitingHead(since: Moment)
        /// Final.
        case receiving(lastMove: Moment)
    }

    init(timeouts: Timeouts, totalDeadline: Moment?, now: Moment) {
        self.timeouts = timeouts
        self.totalDeadline = totalDeadline
        stage = .connecting(since: now)
    }

    var isConnecting: Bool {
        if case .connecting = stage { true } else { false }
    }

    /// A connection is there and the request is about to be sent on it.
    mutating func connected(hasBody: Bool, now: Moment) {
        stage = hasBody ? .sending(lastMove: now) : .awaitingHead(since: now)
    }

    /// Bytes of the request's body were taken to be sent.
    mutating func sent(isLast: Bool, now: Moment) {
        switch stage {
        case .receiving: stage = .receiving(lastMove: now)
        case .connecting, .sending, .awaitingHead:
            stage = isLast ? .awaitingHead(since: now) : .sending(lastMove: now)
        }
    }

    mutating func headArrived(now: Moment) { stage = .receiving(lastMove: now) }

    mutating func received(now: Moment) {
        if case .receiving = stage { stage = .receiving(lastMove: now) }
    }

    mutating func receivingPaused(_ isPaused: Bool, now: Moment) {
        isReceivingPaused = isPaused
        if !isPaused { received(now: now) }
    }

    mutating func sendingPaused(_ isPaused: Bool, now: Moment) {
        isSendingPaused = isPaused
        if !isPaused, case .sending = stage { stage = .sending(lastMove: now) }
    }

    /// The limit that passes first, if nothing happens before.
    var next: (deadline: Moment, phase: Timeouts.Phase)? {
        let (since, limit, phase) = staged
        guard let limit else { return totalDeadline.map { ($0, .total) } }
        let deadline = since + limit
        if let totalDeadline, totalDeadline <= deadline { return (totalDeadline, .total) }
        return (deadline, phase)
    }

    /// The limit of the present stage, and since when it counts.
    private var staged: (since: Moment, limit: Duration?, phase: Timeouts.Phase) {
        switch stage {
        case .connecting(let since): (since, timeouts.connect, .connect)
        case .sending(let lastMove): (lastMove, isSendingPaused ? nil : timeouts.idle, .idle)
        case .awaitingHead(let since): (since, timeouts.firstByte, .firstByte)
        case .receiving(let lastMove): (lastMove, isReceivingPaused ? nil : timeouts.idle, .idle)
        }
    }
}

/// The earliest instant at which a limit of any transfer may pass: a lower bound, so that the transfers need to be gone
/// through only when it is reached. Not `Sendable`: for the client's thread.
final class DeadlineSchedule {
    private(set) var earliest: Moment?

    /// To be called whenever a transfer's limit may have come nearer. When bytes move, limits only move away.
    func note(_ watch: DeadlineWatch) {
        guard let next = watch.next else { return }
        earliest = min(earliest ?? next.deadline, next.deadline)
    }

    /// Tells whether the instant is reached, and forgets it then: whoever asks notes every transfer again.
    func isDue(now: Moment) -> Bool {
        guard let earliest, earliest <= now else { return false }
        self.earliest = nil
        return true
    }
}
