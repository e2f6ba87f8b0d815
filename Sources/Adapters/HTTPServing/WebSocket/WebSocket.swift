import Synchronization

/// A WebSocket as its server-side user sees it: messages in, messages out, both with backpressure.
///
///     for try await message in socket { try await socket.send(message) }
///
/// One reader. The iteration ends when the peer closes, and throws ``WebSocketError`` when the connection is lost.
/// Any number of senders.
public final class WebSocket: AsyncSequence, Sendable {
    public typealias Element = Message
    typealias Waiter = CheckedContinuation<Void, Never>

    public enum Message: Sendable, Equatable {
        case text(String)
        case binary([UInt8])

        var byteCount: Int {
            switch self {
            case .text(let text): text.utf8.count
            case .binary(let bytes): bytes.count
            }
        }
    }

    /// Why a socket was closed (RFC 6455, section 7.4.1).
    public struct CloseCode: RawRepresentable, Hashable, Sendable {
        public let rawValue: UInt16
        public init(rawValue: UInt16) { self.rawValue = rawValue }

        public static let normal = Self(rawValue: 1000)
        public static let goingAway = Self(rawValue: 1001)
        public static let protocolError = Self(rawValue: 1002)
        public static let noStatus = Self(rawValue: 1005)
        /// There was no closing handshake. Never sent.
        public static let abnormal = Self(rawValue: 1006)
        public static let policyViolation = Self(rawValue: 1008)
        public static let messageTooBig = Self(rawValue: 1009)
        public static let internalError = Self(rawValue: 1011)
    }

    let options: WebSocketOptions
    private let state = Mutex(WebSocketState<Waiter>())
    private let wake: @Sendable () -> Void

    init(options: WebSocketOptions, wake: @escaping @Sendable () -> Void) {
        self.options = options
        self.wake = wake
    }

    /// How it ended; `nil` while it is open.
    public var closeCode: CloseCode? { state.withLock { $0.closeCode } }

    /// Hands over a message and returns when there is room for more.
    ///
    /// - Throws: ``WebSocketError`` when the socket is closed, `CancellationError` when the task is cancelled.
    public func send(_ message: Message) async throws {
        try Task.checkCancellation()
        switch state.withLock({ $0.send(message) }) {
        case .closed(let code): throw WebSocketError(closeCode: code)
        case .more: wake()
        case .full:
            wake()
            await wait { $0.waitToSend($1) }
            if let closeCode { throw WebSocketError(closeCode: closeCode) }
            try Task.checkCancellation()
        }
    }

    /// Begins the closing handshake. Messages that were handed over before are still sent.
    public func close(_ code: CloseCode = .normal, reason: String = "") {
        state.withLock { $0.close(code, reason: reason) }
        wake()
    }

    public func makeAsyncIterator() -> Iterator { Iterator(socket: self) }

    public struct Iterator: AsyncIteratorProtocol {
        let socket: WebSocket

        public mutating func next() async throws -> Message? { try await socket.receive() }
    }

    private func receive() async throws -> Message? {
        while true {
            switch state.withLock({ $0.receive() }) {
            case .message(let message, let madeRoom):
                if madeRoom { wake() }
                return message
            case .ended: return nil
            case .lost: throw WebSocketError(closeCode: .abnormal)
            case .empty:
                // Asked only here: how the connection ended is told before the cancellation that follows from it.
                try Task.checkCancellation()
                await wait { $0.waitToReceive($1) }
            }
        }
    }

    /// Waits until the server's side resumes all waiters; `keep` says whether there is still a reason to wait.
    private func wait(_ keep: @Sendable (inout WebSocketState<Waiter>, Waiter) -> Bool) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let isKept = state.withLock { !Task.isCancelled && keep(&$0, waiter) }
                if !isKept { waiter.resume() }
            }
        } onCancel: {
            // Everyone looks again; only the cancelled one has a reason to leave.
            resumeAll()
        }
    }

    private func resumeAll() { for waiter in state.withLock({ $0.takeWaiters() }) { waiter.resume() } }
}

/// The socket is closed, so nothing can be sent or is missing at its end.
public struct WebSocketError: Error, Sendable, Equatable {
    public var closeCode: WebSocket.CloseCode
}

// MARK: - The server's side. Nothing here waits.

extension WebSocket {
    /// Runs the route's closure and closes with what its end means.
    func serve(_ body: @Sendable (WebSocket) async throws -> Void) async {
        do {
            try await body(self)
            close(.normal)
        } catch is CancellationError {
            close(.goingAway)
        } catch {
            close(.internalError)
        }
    }

    var hasRoom: Bool { state.withLock { $0.hasRoom } }

    func deliver(_ message: Message) {
        state.withLock { $0.deliver(message) }
        resumeAll()
    }

    /// What is to be sent next. `isDrained` says that everything taken before is on the wire.
    func takeOutgoing(isDrained: Bool) -> WebSocketState<Waiter>.Outgoing? {
        let outgoing = state.withLock { $0.takeOutgoing(isDrained: isDrained) }
        if outgoing != nil { resumeAll() }
        return outgoing
    }

    /// The connection is over. Messages that were received before can still be read.
    func end(_ code: CloseCode) {
        state.withLock { $0.end(code) }
        resumeAll()
    }
}
