public import JSONText
public import Streaming

/// What a handler answers.
///
/// `Content-Length`, `Transfer-Encoding`, `Date` and `Connection` are the server's business and are not to be set.
public struct HTTPResponse: Sendable {
    public enum Body: Sendable {
        case bytes([UInt8])
        /// Written piece by piece while it is sent. The writer's `write` waits until the socket has taken enough.
        /// The closure runs in the handler's task, which is cancelled when the client vanishes.
        case stream(keepAlive: KeepAlive? = nil, @Sendable (BodyWriter) async throws -> Void)
        case file(FileRegion)
        /// Turns the connection into a WebSocket and serves it until the closure returns.
        case webSocket(WebSocketOptions, @Sendable (WebSocket) async throws -> Void)
    }

    /// Bytes that the server itself sends whenever the stream was silent for `interval`.
    public struct KeepAlive: Sendable {
        public var interval: Duration
        public var bytes: [UInt8]

        public init(interval: Duration, bytes: [UInt8]) {
            self.interval = interval
            self.bytes = bytes
        }
    }

    public var status: HTTPStatus
    public var headers: HTTPHeaders
    public var body: Body

    public init(_ status: HTTPStatus = .ok, headers: HTTPHeaders = [:], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A JSON document.
    public static func json(
        _ value: JSONValue, status: HTTPStatus = .ok, headers: HTTPHeaders = [:]
    ) -> Self {
        bytes(value.bytes, contentType: "application/json", status: status, headers: headers)
    }

    /// A text, as UTF-8.
    public static func text(
        _ text: String, contentType: String = "text/plain; charset=utf-8", status: HTTPStatus = .ok
    ) -> Self {
        bytes(Array(text.utf8), contentType: contentType, status: status)
    }

    public static func bytes(
        _ bytes: [UInt8], contentType: String, status: HTTPStatus = .ok, headers: HTTPHeaders = [:]
    ) -> Self {
        var headers = headers
        if headers["Content-Type"] == nil { headers.append("Content-Type", contentType) }
        return Self(status, headers: headers, body: .bytes(bytes))
    }

    /// Chunks of bytes as they come.
    public static func stream<Chunks: AsyncSequence & Sendable>(
        _ chunks: Chunks, contentType: String, status: HTTPStatus = .ok
    ) -> Self where Chunks.Element == [UInt8] {
        Self(
            status, headers: ["Content-Type": contentType],
            body: .stream { writer in
                for try await chunk in chunks { try await writer.write(chunk) }
            })
    }

    /// Server-sent events as they come. After a silence of `keepAlive`, rounded up to a quarter of a second, the server
    /// sends a comment.
    public static func events<Events: AsyncSequence & Sendable>(
        _ events: Events, keepAlive: Duration? = nil, headers: HTTPHeaders = [:]
    ) -> Self where Events.Element == ServerSentEvent {
        Self.events(keepAlive: keepAlive, headers: headers) { writer in
            for try await event in events { try await writer.write(event) }
        }
    }

    /// Server-sent events that `produce` writes.
    public static func events(
        keepAlive: Duration? = nil, headers: HTTPHeaders = [:],
        produce: @escaping @Sendable (BodyWriter) async throws -> Void
    ) -> Self {
        var headers = headers
        headers["Content-Type"] = "text/event-stream"
        headers["Cache-Control"] = headers["Cache-Control"] ?? "no-cache"
        headers["X-Accel-Buffering"] = "no"
        let comment = keepAlive.map { KeepAlive(interval: $0, bytes: ServerSentEvent.comment("keep-alive")) }
        return Self(.ok, headers: headers, body: .stream(keepAlive: comment, produce))
    }
}
