/// One request: what to send, where, and within which limits.
public struct FetchRequest: Sendable {
    /// `GET`, `POST`, … : a token of RFC 9110, sent as it is.
    public var method: String
    /// An absolute `http` or `https` URL. Its user and password, if it has them, are sent as Basic authorization.
    public var url: String
    /// `Content-Length`, `Transfer-Encoding` and `Expect` are made by the client and refused here.
    public var headers: FetchHeaders
    public var body: RequestBody
    /// Connect to this Unix socket instead of the URL's host, which then only names the `Host`.
    public var unixSocketPath: String?
    /// `http://host:port` or what else libcurl knows (`https`, `socks5h`). None connects directly: the environment is
    /// never asked.
    public var proxy: String?
    public var tls: TLSOptions
    public var timeouts: Timeouts
    public var redirects: RedirectPolicy
    /// Bound on the response's header, in bytes, with its interim responses and trailers.
    public var headerBytesMax: Int
    /// Offer the encodings that libcurl can undo (gzip, brotli, …) and undo them. The bounds on the body count the
    /// bytes that come out.
    public var decompresses: Bool
    /// Bytes of one read of this response, where they are not to be the client's `receiveBytes`: little for an answer that
    /// comes in small pieces over a long time.
    public var receiveBytes: Int?
    /// Where the task that asked goes on when something of the response has come.
    public var resumption: Resumption
    /// Asked with the address of the peer (the proxy, if there is one) before a connection to it is opened, and again
    /// before the request is sent, so that a connection that another request opened is covered too. Not asked for Unix
    /// sockets. Called on the client's thread: it must return at once.
    public var allowsPeer: (@Sendable (PeerAddress) -> Bool)?

    public init(
        _ url: String, method: String = "GET", headers: FetchHeaders = [:], body: RequestBody = .none,
        unixSocketPath: String? = nil, proxy: String? = nil, tls: TLSOptions = TLSOptions(),
        timeouts: Timeouts = Timeouts(), redirects: RedirectPolicy = .manual, headerBytesMax: Int = 64 << 10,
        decompresses: Bool = false, receiveBytes: Int? = nil, resumption: Resumption = .concurrent,
        allowsPeer: (@Sendable (PeerAddress) -> Bool)? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.unixSocketPath = unixSocketPath
        self.proxy = proxy
        self.tls = tls
        self.timeouts = timeouts
        self.redirects = redirects
        self.headerBytesMax = headerBytesMax
        self.decompresses = decompresses
        self.receiveBytes = receiveBytes
        self.resumption = resumption
        self.allowsPeer = allowsPeer
    }

    public enum Resumption: Sendable {
        /// On Swift's pool.
        case concurrent
        /// On the client's thread until the task suspends again, if it prefers `LocalExecutor`: the bytes are in that core's
        /// cache, and nobody is woken. All of the client's exchanges wait meanwhile, so this is for tasks that compute
        /// little with what comes. After ``inlineBytesMax`` bytes of the body it is `concurrent`.
        case inline
    }

    /// Chosen: to read so many bytes of JSON takes less than a millisecond.
    public static let inlineBytesMax = 64 << 10
}

/// What is sent after the request's header.
public enum RequestBody: Sendable {
    case none
    case bytes([UInt8])
    /// Chunks as they come, sent with `Transfer-Encoding: chunked`, or with `Content-Length` where the length in bytes
    /// is known. The client asks for the next chunk only when it has room.
    case stream(any AsyncSequence<[UInt8], any Error> & Sendable, length: Int? = nil)

    public static func text(_ text: String) -> RequestBody { .bytes(Array(text.utf8)) }
}

/// Whom to trust and who to be on a TLS connection. TLS 1.2 is the least that is spoken.
public struct TLSOptions: Sendable, Equatable {
    /// Verify the server's certificate and its name.
    public var verifiesPeer: Bool
    /// PEM file of the certificates to trust; none means the system's.
    public var trustFile: String?
    public var identity: Identity?

    public init(verifiesPeer: Bool = true, trustFile: String? = nil, identity: Identity? = nil) {
        self.verifiesPeer = verifiesPeer
        self.trustFile = trustFile
        self.identity = identity
    }

    /// A client certificate and its key, both PEM files.
    public struct Identity: Sendable, Equatable {
        public var certificateFile: String
        public var keyFile: String
        public var keyPassword: String?

        public init(certificateFile: String, keyFile: String, keyPassword: String? = nil) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
            self.keyPassword = keyPassword
        }
    }
}

/// The numeric address on the other end of a connection.
public struct PeerAddress: Sendable, Equatable {
    public enum Family: Sendable { case ipv4, ipv6 }

    public var family: Family
    /// `127.0.0.1`, `::1`: no brackets, no zone.
    public var host: String
    public var port: Int

    public init(family: Family, host: String, port: Int) {
        self.family = family
        self.host = host
        self.port = port
    }
}

/// What to do with a 301, 302, 303, 307 or 308 that says where to go.
public enum RedirectPolicy: Sendable {
    /// Give it to the caller like any other response.
    case manual
    /// Follow so many at most, each one only if `allows` says yes. A 303, and a 301 or 302 to a `POST`, turn into a
    /// `GET` without a body. Towards another origin only `Accept…`, `Content-Type`, `Content-Language`, `Range`,
    /// `If-None-Match`, `If-Modified-Since` and `User-Agent` are sent again, and no TLS identity. A streamed body cannot be
    /// sent a second time.
    case follow(max: Int, allows: @Sendable (RedirectHop) async -> Bool = { _ in true })
}

/// One step of a redirect.
public struct RedirectHop: Sendable, Equatable {
    public var status: Int
    /// Absolute, without credentials.
    public var source: String
    /// Absolute, without credentials.
    public var target: String
    /// 1 for the first redirect of a request.
    public var number: Int
}
