internal import Synchronization

/// Commands that one caller waits for: answered exactly once, whoever comes first: the server, the deadline, or the
/// cancellation, which may come before the caller waits.
final class RedisOrder: Sendable {
    typealias Answer = Result<[RedisReply], RedisError>

    private enum State {
        case fresh
        case waiting(CheckedContinuation<Answer, Never>)
        /// Answered before the caller waited.
        case early(Answer)
        case over
    }

    let bytes: [UInt8]
    let commandCount: Int
    let deadline: ContinuousClock.Instant
    private let state = Mutex(State.fresh)

    init(_ commands: [[RedisArgument]], deadline: ContinuousClock.Instant) {
        var bytes: [UInt8] = []
        for command in commands { RedisArgument.encode(command, to: &bytes) }
        self.bytes = bytes
        commandCount = commands.count
        self.deadline = deadline
    }

    func wait(_ continuation: CheckedContinuation<Answer, Never>) {
        let early: Answer? = state.withLock { state in
            guard case .early(let answer) = state else {
                state = .waiting(continuation)
                return nil
            }
            state = .over
            return answer
        }
        if let early { continuation.resume(returning: early) }
    }

    func answer(_ answer: Answer) {
        let waiting: CheckedContinuation<Answer, Never>? = state.withLock { state in
            switch state {
            case .fresh: state = .early(answer)
            case .waiting(let continuation):
                state = .over
                return continuation
            case .early, .over: break
            }
            return nil
        }
        waiting?.resume(returning: answer)
    }
}
