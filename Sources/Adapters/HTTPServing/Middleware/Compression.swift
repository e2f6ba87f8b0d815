/// Compresses complete bodies for clients that accept it. Streams and server-sent events are never touched: their bytes
/// must leave at once.
public struct Compression: Middleware {
    /// Smaller bodies are not worth the work.
    public var bytesMin: Int

    /// From here on it is done away from the server's thread.
    private static let concurrentBytesMin = 32 * 1024

    public init(bytesMin: Int = 1024) { self.bytesMin = bytesMin }

    public func respond(to request: HTTPRequest, next: HTTPHandler) async throws -> HTTPResponse {
        var response = try await next(request)
        guard case .bytes(let bytes) = response.body, bytes.count >= bytesMin,
            response.headers["Content-Encoding"] == nil, response.status != .partialContent,
            Self.isCompressible(response.headers["Content-Type"] ?? "")
        else { return response }
        response.headers.add("Vary", token: "Accept-Encoding")
        guard let coding = ContentCoding.negotiate(request.headers.list("Accept-Encoding")),
            let compressed = bytes.count < Self.concurrentBytesMin
                ? Compressor.compress(bytes, with: coding) : await Self.compress(bytes, with: coding)
        else { return response }
        response.body = .bytes(compressed)
        response.headers["Content-Encoding"] = coding.rawValue
        // The bytes are others now; a strong tag would promise that they are the same.
        if let tag = response.headers["ETag"], !tag.hasPrefix("W/") { response.headers["ETag"] = "W/" + tag }
        return response
    }

    private static func compress(_ bytes: [UInt8], with coding: ContentCoding) async -> [UInt8]? {
        // `@concurrent` would stay on a thread that the task prefers.
        await withTaskExecutorPreference(globalConcurrentExecutor) { Compressor.compress(bytes, with: coding) }
    }

    /// Whether bodies of this type usually shrink.
    static func isCompressible(_ contentType: String) -> Bool {
        let type = HTTPHeaders.trimmed(contentType.prefix { $0 != ";" }).lowercased()
        if type == "text/event-stream" { return false }
        return type.hasPrefix("text/") || type.hasSuffix("+json") || type.hasSuffix("+xml")
            || compressibleTypes.contains(type)
    }

    private static let compressibleTypes: Set<String> = [
        "application/json", "application/javascript", "application/xml", "application/x-ndjson", "application/yaml",
        "application/wasm", "application/manifest+json", "image/svg+xml", "font/ttf",
    ]
}
