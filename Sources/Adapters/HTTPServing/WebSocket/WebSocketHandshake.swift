/// What a WebSocket route allows, and its limits.
public struct WebSocketOptions: Sendable {
    /// A larger message closes the socket with 1009.
    public var messageBytesMax = 1024 * 1024
    /// After so long without a word from the peer it is pinged.
    public var pingInterval = Duration.seconds(30)
    /// A peer that does not answer a ping within this time is taken to be gone.
    public var pongTimeout = Duration.seconds(20)
    /// Protocols that the server speaks; the first that the client asks for too is chosen.
    public var subprotocols: [String] = []
    /// Whether a page of this origin may connect. Called only when there is an `Origin` header: browsers always send
    /// one, and other programs can send what they like.
    public var isOriginAllowed: @Sendable (String) -> Bool

    public init(isOriginAllowed: @escaping @Sendable (String) -> Bool) { self.isOriginAllowed = isOriginAllowed }
}

extension HTTPResponse {
    /// Accepts a WebSocket (RFC 6455, section 4.2) and serves it until `serve` returns.
    ///
    /// - Throws: ``HTTPError`` with status 426 when the request asks for none, 400 when it asks badly, 403 when the
    ///   page's origin is not allowed.
    public static func webSocket(
        _ request: HTTPRequest, options: WebSocketOptions,
        serve: @escaping @Sendable (WebSocket) async throws -> Void
    ) throws -> HTTPResponse {
        let headers = request.headers
        guard request.method == .get, headers.contains("Upgrade", token: "websocket"),
            headers.contains("Connection", token: "upgrade")
        else {
            throw HTTPError(
                .upgradeRequired, code: "upgrade_required", message: "This path speaks WebSocket.",
                headers: ["Upgrade": "websocket"])
        }
        guard headers["Sec-WebSocket-Version"] == "13" else {
            throw HTTPError(
                .badRequest, code: "unsupported_websocket_version", message: "Only WebSocket version 13 is spoken.",
                headers: ["Sec-WebSocket-Version": "13"])
        }
        guard let key = headers["Sec-WebSocket-Key"], isKey(key) else {
            throw HTTPError.malformed("Sec-WebSocket-Key must be 16 bytes in base64.")
        }
        if let origin = headers["Origin"], !options.isOriginAllowed(origin) {
            throw HTTPError(.forbidden, code: "origin_not_allowed", message: "This origin may not connect.")
        }
        var answer: HTTPHeaders = ["Upgrade": "websocket", "Sec-WebSocket-Accept": accept(key)]
        let wanted = headers.list("Sec-WebSocket-Protocol")
        if let chosen = options.subprotocols.first(where: wanted.contains) {
            answer.append("Sec-WebSocket-Protocol", chosen)
        }
        return HTTPResponse(.switchingProtocols, headers: answer, body: .webSocket(options, serve))
    }

    private static func isKey(_ key: String) -> Bool {
        let bytes = Array(key.utf8)
        return bytes.count == 24 && bytes.suffix(2) == Array("==".utf8)[...]
            && bytes.dropLast(2).allSatisfy { Base64.alphabet.contains($0) }
    }

    /// RFC 6455, section 4.2.2, step 5.4.
    static func accept(_ key: String) -> String {
        Base64.encode(SHA1.digest(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }
}

/// Base64 with padding (RFC 4648, section 4).
enum Base64 {
    static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let word = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for index in 0..<4 {
                text.append(
                    index <= group.count ? alphabet[word >> (18 - 6 * index) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
