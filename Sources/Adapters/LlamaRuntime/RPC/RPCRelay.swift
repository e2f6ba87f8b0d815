import CLlamaShim
import Glibc
import Synchronization

/// A link's thread: hands bytes from ggml to the worker and back, and stands in for a worker that has gone.
///
/// One connection at a time, as the worker serves one at a time.
struct RPCRelay: ~Copyable {
    private let start: RPCRelayStart
    private let onLost: @Sendable (RPCEndpoint) -> Void
    private var client: Descriptor?
    private var worker: Descriptor?
    private var conversation = RPCConversation()
    private var toWorker = RelayBuffer()
    private var toClient = RelayBuffer()
    private var moved = ContinuousClock.now

    /// How long connecting to the worker may take.
    static let connectTimeout: Int32 = 5_000

    init(_ start: consuming RPCRelayStart, onLost: @escaping @Sendable (RPCEndpoint) -> Void) {
        self.start = start
        self.onLost = onLost
    }

    /// Runs until the link is closed.
    mutating func run() {
        while !start.state.isClosing.load(ordering: .acquiring) {
            let ready = wait()
            if ready.clientBroke { hangUp() }
            if ready.listener { accept() }
            if client != nil {
                if ready.client { readClient() }
                if worker != nil, ready.worker { readWorker() }
                if conversation.awaitsAnswer, worker != nil, .now - moved > start.patience { lose() }
                // Last, so that what stands in for a worker that was just lost is given at once.
                giveOn()
            }
        }
        hangUp()
    }

    private struct Ready {
        var listener = false
        var client = false
        var clientBroke = false
        var worker = false
    }

    /// Sleeps until there is something to do.
    private func wait() -> Ready {
        var polled = [
            pollfd(fd: start.state.wake.number, events: Int16(POLLIN), revents: 0),
            pollfd(fd: start.listener.number, events: Int16(POLLIN), revents: 0),
        ]
        let clientNumber = client.borrowNumber
        let workerNumber = worker.borrowNumber
        if let clientNumber {
            let events = (toWorker.isEmpty ? Int16(POLLIN) : 0) | (toClient.isEmpty ? 0 : Int16(POLLOUT))
            polled.append(pollfd(fd: clientNumber, events: events, revents: 0))
        }
        if let workerNumber {
            let events = (toClient.isEmpty ? Int16(POLLIN) : 0) | (toWorker.isEmpty ? 0 : Int16(POLLOUT))
            polled.append(pollfd(fd: workerNumber, events: events, revents: 0))
        }
        // While an answer is due, look at the time now and then.
        let timeout: Int32 = conversation.awaitsAnswer && workerNumber != nil ? 1_000 : -1
        guard unsafe poll(&polled, nfds_t(polled.count), timeout) > 0 else { return Ready() }
        var ready = Ready()
        for entry in polled where entry.revents != 0 {
            if entry.fd == start.listener.number { ready.listener = true }
            if entry.fd == clientNumber {
                ready.client = true
                ready.clientBroke = entry.revents & Int16(POLLERR) != 0
            }
            if entry.fd == workerNumber { ready.worker = true }
        }
        return ready
    }

    /// Lets ggml in, and nobody else; connects to the worker.
    private mutating func accept() {
        var peer: UInt16 = 0
        guard let accepted = unsafe Descriptor(nexus_socket_accept(start.listener.number, &peer)),
            OwnConnection.isOwn(peer: peer, port: start.port)
        else { return }
        // ggml has one connection to a server: another one means that it is done with the one before.
        hangUp()
        client = consume accepted
        conversation = RPCConversation()
        toWorker.clear()
        toClient.clear()
        moved = .now
        start.state.isInUse.store(true, ordering: .releasing)
        let number = unsafe nexus_socket_connect(
            start.endpoint.host, start.endpoint.port, Self.connectTimeout, nil, 0)
        worker = Descriptor(number)
        if worker == nil { lose() }
    }

    private mutating func readClient() {
        guard let number = client.borrowNumber, toWorker.isEmpty else { return }
        switch toWorker.fill(from: number) {
        case .some(let bytes):
            conversation.sent(bytes)
            moved = .now
            if worker == nil { toWorker.clear() }
        case .nothing: break
        case .ended: hangUp()
        }
    }

    private mutating func readWorker() {
        guard let number = worker.borrowNumber, toClient.isEmpty else { return }
        switch toClient.fill(from: number) {
        case .some(let bytes):
            moved = .now
            let allowed = conversation.received(bytes)
            if allowed < bytes.count {
                toClient.truncate(to: allowed)
                lose()
            }
        case .nothing: break
        case .ended: lose()
        }
    }

    /// Writes what the sockets take.
    private mutating func giveOn() {
        if let number = worker.borrowNumber, !toWorker.drain(to: number) { lose() }
        guard let number = client.borrowNumber else { return }
        if !toClient.drain(to: number) { return hangUp() }
        while worker == nil, toClient.isEmpty, conversation.awaitsAnswer {
            toClient.set(conversation.standIn(countMax: RelayBuffer.capacity))
            if !toClient.drain(to: number) { return hangUp() }
        }
    }

    /// The worker has gone. The flag comes before the first byte that is made up.
    private mutating func lose() {
        worker = nil
        toWorker.clear()
        start.state.isLost.store(true, ordering: .releasing)
        onLost(start.endpoint)
    }

    /// ggml has hung up.
    private mutating func hangUp() {
        client = nil
        worker = nil
        start.state.isInUse.store(false, ordering: .releasing)
    }
}

extension Optional where Wrapped == Descriptor, Wrapped: ~Copyable {
    /// The number, without taking the descriptor.
    fileprivate var borrowNumber: Int32? {
        switch self {
        case .some(let descriptor): descriptor.number
        case .none: nil
        }
    }
}
