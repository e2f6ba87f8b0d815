public import HTTPServing
import JSONText
import RequestScope
public import Vocabulary

/// `GET /api/v1/chat/socket`: chats over a WebSocket, several at once. Each message is a JSON object in a text frame; the
/// module's README tells which there are.
public struct ChatSocketRoutes: Sendable {
    public static let path = "/api/v1/chat/socket"
    /// Bytes of one message from the client.
    public static let messageBytesMax = 4 << 20

    private let source: any Generating
    private let kept: ChatSocketAnswers
    private let now: @Sendable () -> Int64
    private let origins: Set<String>

    /// - Parameters:
    ///   - source: what answers.
    ///   - kept: answers that outlast their sockets.
    ///   - origins: of pages elsewhere that may connect; those that this server delivers always may.
    ///   - now: Unix time in seconds.
    public init(
        _ source: any Generating, kept: ChatSocketAnswers, origins: Set<String>,
        now: @escaping @Sendable () -> Int64
    ) {
        self.source = source
        self.kept = kept
        self.origins = origins
        self.now = now
    }

    public var routes: [Route] {
        let description = RouteDescription(
            operation: "openChatSocket", summary: "Chats over a WebSocket, several at once.", tags: ["platform"],
            responses: [.init(.switchingProtocols), .init(.upgradeRequired), .init(.forbidden)],
            permission: "chat.use")
        return [
            Route(.get, Self.path, description) { request in
                let host = request.headers["Host"]
                if let origin = request.headers["Origin"], !origins.contains(origin), !Self.isOwn(origin, host: host) {
                    throw ServiceError(
                        .forbidden, "Pages of '\(origin.prefix(200))' may not connect.",
                        hint: "Name the origin in server.corsOrigins.")
                }
                var options = WebSocketOptions { _ in true }
                options.messageBytesMax = Self.messageBytesMax
                // Who asks was found out for the handshake, and asks for everything on the socket.
                let principal = Principal.current
                let scheduling = try NexusFields.scheduling(request.headers)
                let id = request.id
                return try .webSocket(request, options: options) { socket in
                    let session = ChatSocketSession(
                        socket: socket, source: source, kept: kept, id: id, scheduling: scheduling, now: now)
                    try await Principal.$current.withValue(principal) { try await session.run() }
                }
            }
        ]
    }

    /// Whether a page comes from where the request went.
    static func isOwn(_ origin: String, host: String?) -> Bool {
        guard let host, !host.isEmpty else { return false }
        return ["http://", "https://"].contains { origin.lowercased() == ($0 + host).lowercased() }
    }
}
