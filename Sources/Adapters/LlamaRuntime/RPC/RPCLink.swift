import CLlamaShim
import Foundation
import Synchronization

/// The way from ggml to one worker on another machine: a port of 127.0.0.1 that ggml connects to, and a thread that hands
/// bytes on.
///
/// ggml's own client ends the process when its server dies, from a thread that nobody can catch anything on. Through a
/// link it never sees a server die: it gets zeros instead, quickly, and `isLost` is set before the first of them. So
/// whoever reads a result and finds `isLost` still clear has a true one.
public final class RPCLink: Sendable {
    public let endpoint: RPCEndpoint
    /// Where ggml is to connect to.
    let port: UInt16
    private let shared: RPCLinkState

    /// Listens, and starts the thread.
    ///
    /// - Parameters:
    ///   - endpoint: the worker. It is connected to when ggml connects.
    ///   - patience: how long an answer may take before the worker counts as gone.
    ///   - onLost: called once for each loss, on the link's thread; may not wait.
    /// - Throws: `rpc` when there is no port or thread.
    init(
        to endpoint: RPCEndpoint, patience: Duration, onLost: @escaping @Sendable (RPCEndpoint) -> Void
    ) throws(LlamaError) {
        self.endpoint = endpoint
        var port: UInt16 = 0
        guard let listener = unsafe Descriptor(nexus_socket_listen(&port)),
            let event = Descriptor(nexus_socket_event())
        else { throw LlamaError(code: .rpc, message: "there is no port for a connection to \(endpoint)") }
        self.port = port
        shared = RPCLinkState(wake: event)
        let start = RPCRelayStart(
            endpoint: endpoint, port: port, patience: patience, state: shared, listener: listener)
        let box = Mutex<RPCRelayStart?>(start)
        let thread = Thread {
            guard let start = box.withLock({ $0.take() }) else { return }
            var relay = RPCRelay(start, onLost: onLost)
            relay.run()
        }
        thread.name = "rpc link"
        thread.start()
    }

    deinit { close() }

    /// Whether the worker went while ggml was connected to it; what was computed since is worthless.
    public var isLost: Bool { shared.isLost.load(ordering: .acquiring) }
    /// Whether ggml is connected. After a loss this must be over before anything is loaded again.
    public var isInUse: Bool { shared.isInUse.load(ordering: .acquiring) }

    /// Forgets a loss, so that ggml may connect again.
    ///
    /// - Returns: `false` while ggml still has the connection that was lost.
    func renew() -> Bool {
        guard !isInUse else { return false }
        shared.isLost.store(false, ordering: .releasing)
        return true
    }

    /// Ends the thread, and with it every connection.
    func close() {
        guard !shared.isClosing.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var one: UInt64 = 1
        _ = unsafe write(shared.wake.number, &one, 8)
    }
}

/// What a link's thread tells.
final class RPCLinkState: Sendable {
    let isLost = Atomic<Bool>(false)
    let isInUse = Atomic<Bool>(false)
    let isClosing = Atomic<Bool>(false)
    /// An eventfd that ends the thread's sleep.
    let wake: Descriptor

    init(wake: consuming Descriptor) { self.wake = wake }
}

/// What a link's thread starts with.
struct RPCRelayStart: ~Copyable, Sendable {
    let endpoint: RPCEndpoint
    let port: UInt16
    let patience: Duration
    let state: RPCLinkState
    let listener: Descriptor
}
