internal import Glibc
internal import Synchronization

/// The thread that owns the connection: it takes orders from a mailbox, writes them one behind the other without waiting
/// for answers (pipelining), and hands out the replies in the same order.
///
/// It connects when the first order comes, and again when one comes after the connection was lost. After a failed attempt
/// orders are refused at once for a pause that doubles from 50 ms to 5 s. Without orders it sleeps.
final class RedisThread: Sendable {
    private struct Mailbox {
        var orders: [RedisOrder] = []
        /// Orders that are not answered yet, and their bytes.
        var waiting = 0
        var waitingBytes = 0
        var isStopped = false
        var hasEnded = false
        var ending: [CheckedContinuation<Void, Never>] = []
    }

    private let settings: RedisSettings
    private let doorbell: Doorbell
    private let mailbox = Mutex(Mailbox())

    private init(_ settings: RedisSettings) throws(RedisError) {
        self.settings = settings
        doorbell = try Doorbell()
    }

    static func start(_ settings: RedisSettings) throws(RedisError) -> RedisThread {
        let thread = try RedisThread(settings)
        var handle = pthread_t()
        // Balanced in `threadMain`, which is the only place that takes the reference back.
        let retained = unsafe Unmanaged.passRetained(thread)
        guard unsafe pthread_create(&handle, nil, threadMain, retained.toOpaque()) == 0 else {
            unsafe retained.release()
            throw RedisError(.unexpected, "no thread for Redis could be started")
        }
        pthread_detach(handle)
        return thread
    }

    func submit(_ order: RedisOrder) throws(RedisError) {
        let refusal: RedisError? = mailbox.withLock { mailbox in
            guard !mailbox.isStopped else { return RedisError(.closed, "the connection to Redis is closed") }
            guard mailbox.waiting < settings.waitingMax,
                mailbox.waitingBytes + order.bytes.count <= settings.waitingBytesMax
            else { return RedisError(.busy, "too many callers wait for Redis already") }
            mailbox.waiting += 1
            mailbox.waitingBytes += order.bytes.count
            mailbox.orders.append(order)
            return nil
        }
        if let refusal { throw refusal }
        doorbell.ring()
    }

    /// Refuses new orders; the thread ends when those that wait are answered.
    func stop() {
        mailbox.withLock { $0.isStopped = true }
        doorbell.ring()
    }

    func ended() async {
        await withCheckedContinuation { continuation in
            let isOver = mailbox.withLock { mailbox in
                if !mailbox.hasEnded { mailbox.ending.append(continuation) }
                return mailbox.hasEnded
            }
            if isOver { continuation.resume() }
        }
    }

    private func settle(_ order: RedisOrder, _ answer: RedisOrder.Answer) {
        mailbox.withLock { mailbox in
            mailbox.waiting -= 1
            mailbox.waitingBytes -= order.bytes.count
        }
        order.answer(answer)
    }

    // MARK: On the thread

    fileprivate func run() {
        var wire = Wire(settings)
        while true {
            let (orders, isStopped) = mailbox.withLock { mailbox in
                defer { mailbox.orders = [] }
                return (mailbox.orders, mailbox.isStopped)
            }
            accept(orders, &wire)
            if isStopped, wire.sent.isEmpty { break }
            do throws(RedisError) {
                if wire.connection.isOpen { try wire.connection.flush() }
                try exchange(&wire)
            } catch {
                drop(&wire, error)
            }
        }
        let ending = mailbox.withLock { mailbox in
            mailbox.hasEnded = true
            defer { mailbox.ending = [] }
            return mailbox.ending
        }
        for continuation in ending { continuation.resume() }
    }

    private func accept(_ orders: [RedisOrder], _ wire: inout Wire) {
        guard !orders.isEmpty else { return }
        do throws(RedisError) {
            try wire.connect()
            for order in orders {
                wire.connection.append(order.bytes)
                wire.sent.append(order)
            }
        } catch {
            for order in orders { settle(order, .failure(error)) }
        }
    }

    /// Waits for the server, the doorbell or the first deadline, and hands out what has arrived.
    private func exchange(_ wire: inout Wire) throws(RedisError) {
        var descriptors = [pollfd(fd: doorbell.descriptor, events: Int16(POLLIN), revents: 0)]
        if let socket = wire.pollEntry { descriptors.append(socket) }
        let left = wire.sent.first.map { ($0.deadline - ContinuousClock.now).pollMilliseconds } ?? -1
        _ = unsafe poll(&descriptors, nfds_t(descriptors.count), left)
        if descriptors[0].revents != 0 { doorbell.silence() }
        if descriptors.count == 2, descriptors[1].revents != 0 {
            if Int32(descriptors[1].revents) & POLLOUT != 0 { try wire.connection.flush() }
            if Int32(descriptors[1].revents) & ~POLLOUT != 0 {
                try wire.connection.receive()
                while let (order, answer) = try wire.nextAnswer() { settle(order, answer) }
            }
        }
        if let first = wire.sent.first, ContinuousClock.now >= first.deadline {
            throw RedisError(.timeout, "Redis did not answer in time")
        }
    }

    /// Replies come in order, so that without one the later ones are lost as well.
    private func drop(_ wire: inout Wire, _ error: RedisError) {
        let orders = wire.sent
        wire.end()
        for order in orders { settle(order, .failure(error)) }
    }
}

/// The connection, if there is one, and who waits for its replies.
private struct Wire: ~Copyable {
    private static let pauseMin = Duration.milliseconds(50)
    private static let pauseMax = Duration.seconds(5)

    var connection: RedisConnection
    /// Sent and not answered whole, oldest first.
    var sent: [RedisOrder] = []
    /// What has come for the first of them.
    private var replies: [RedisReply] = []
    private var pause = pauseMin
    private var nextAttempt = ContinuousClock.now
    private var lastFailure: RedisError?

    init(_ settings: RedisSettings) { connection = RedisConnection(settings) }

    mutating func connect() throws(RedisError) {
        if connection.isOpen { return }
        if let lastFailure, ContinuousClock.now < nextAttempt { throw lastFailure }
        do throws(RedisError) {
            try connection.open()
            pause = Self.pauseMin
            lastFailure = nil
        } catch {
            nextAttempt = .now + pause
            pause = min(pause * 2, Self.pauseMax)
            // Whatever it was, nothing of the caller's was sent.
            let failure = error.code == .refused ? error : RedisError(.connection, error.message)
            lastFailure = failure
            throw failure
        }
    }

    var pollEntry: pollfd? {
        guard connection.isOpen else { return nil }
        return pollfd(fd: connection.descriptor, events: connection.events, revents: 0)
    }

    mutating func nextAnswer() throws(RedisError) -> (RedisOrder, RedisOrder.Answer)? {
        while let first = sent.first {
            guard let reply = try connection.nextReply() else { return nil }
            replies.append(reply)
            guard replies.count == first.commandCount else { continue }
            sent.removeFirst()
            defer { replies = [] }
            return (first, .success(replies))
        }
        return nil
    }

    mutating func end() {
        connection.close()
        sent = []
        replies = []
    }
}

private func threadMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { preconditionFailure("the thread is started with its object") }
    unsafe Unmanaged<RedisThread>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
