/// How an ``HTTPServer`` listens, and its limits.
public struct ServerConfiguration: Sendable, Equatable {
    public enum Address: Sendable, Equatable {
        /// A host name or IP address, and a port 0 ... 65535; 0 takes a free one.
        case tcp(host: String, port: Int)
        /// A socket file, made with mode 0600. A stale one is replaced; one that still answers is an error.
        case unix(path: String)
    }

    /// A certificate chain and its private key, as PEM text.
    public struct TLS: Sendable, Equatable {
        public var certificate: String
        public var key: String

        public init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    public struct Limits: Sendable, Equatable {
        /// Request line and headers together; more is answered with 431 or a closed connection. At least 4 KiB. This is
        /// also what each connection costs in buffer memory at most; a stream that waits needs two pages of it.
        public var headerBytes = 32 * 1024
        /// A request's body, unless its route says otherwise; more is answered with 413.
        public var bodyBytes = 16 * 1024 * 1024
        /// Further connections wait in the listen queue.
        public var connections = 10_000
        /// Further connections of one IP address are closed; 0 means no such limit.
        public var connectionsPerAddress = 0

        public init() {}
    }

    public struct Timeouts: Sendable, Equatable {
        /// From the connection, or a request's first line, to the end of its headers.
        public var header = Duration.seconds(15)
        /// How long a body may take beyond what 1 KiB/s would; time in which the handler does not read is not counted.
        public var body = Duration.seconds(30)
        /// Between two requests, and for a client that takes nothing of its response. Whole seconds, at least 1.
        public var idle = Duration.seconds(75)

        public init() {}
    }

    public var address: Address
    public var tls: TLS?
    public var limits = Limits()
    public var timeouts = Timeouts()

    public init(_ address: Address = .tcp(host: "127.0.0.1", port: 0), tls: TLS? = nil) {
        self.address = address
        self.tls = tls
    }
}

/// Why a server could not start.
public struct HTTPServerError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        case badAddress
        case addressInUse
        case notPermitted
        case badConfiguration
        case system
    }

    public var code: Code
    /// What failed and what to change, for an operator.
    public var description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
