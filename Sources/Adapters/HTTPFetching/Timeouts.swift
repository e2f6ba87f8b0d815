/// How long the parts of one exchange may take. None means without limit.
public struct Timeouts: Sendable, Equatable {
    /// From the start until there is a connection to send on: waiting for a free one, resolving the name, connecting,
    /// the proxy's answer and the TLS handshake.
    public var connect: Duration?
    /// From the moment that the request is sent entirely until the response's header is complete.
    public var firstByte: Duration?
    /// How long nothing may move on the connection while the request is being sent or the response's body is being
    /// read. The time in which the reader of the body, or the source of the request's body, is the slow one does not
    /// count.
    public var idle: Duration?
    /// The whole exchange with its redirects, until the last byte of the body.
    public var total: Duration?

    public init(
        connect: Duration? = .seconds(10), firstByte: Duration? = .seconds(60), idle: Duration? = .seconds(60),
        total: Duration? = nil
    ) {
        self.connect = connect
        self.firstByte = firstByte
        self.idle = idle
        self.total = total
    }

    /// Which limit has passed.
    public enum Phase: Sendable, Hashable {
        case connect
        case firstByte
        case idle
        case total
    }
}
