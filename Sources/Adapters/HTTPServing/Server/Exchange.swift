/// One request and its response on a ``Connection``. Confined to the server's thread; what the handler's task shares with
/// it is the ``Transfer``.
final class Exchange {
    enum Stage {
        /// The request line is known. Can go to: buffering, held, bodiless.
        case target
        /// A small body follows and is read before the handler starts. Can go to: bodiless.
        case buffering
        /// The headers are known and a body follows that nobody reads yet. Can go to: reading, discarding, replying.
        case held
        /// Can go to: replying.
        case reading
        /// The answer came before the body; the body is read and thrown away. Can go to: replying.
        case discarding(HTTPResponse)
        /// There is no body, or all of it is here. Can go to: replying.
        case bodiless
        case replying
    }

    unowned let connection: Connection
    let target: String
    let start: ContinuousClock.Instant
    let transfer: Transfer
    var stage = Stage.target
    var request: HTTPRequest?
    var task: HandlerTask?

    var status: HTTPStatus?
    var bodyBytesSent = 0
    var bodyBytesReceived = 0
    var bodyBytesDiscarded = 0
    var keepAlive: HTTPResponse.KeepAlive?
    var lastSend: ContinuousClock.Instant
    /// Whether the client understands chunks: HTTP/1.1.
    var isChunked = false
    var isStreaming = false
    var isFlushed = false

    init(connection: Connection, target: String, at now: ContinuousClock.Instant, transfer: Transfer) {
        self.connection = connection
        self.target = target
        self.transfer = transfer
        start = now
        lastSend = now
    }
}
