/// Everything that the product can be told, checked and complete. Other modules get the part that concerns them.
///
/// The initial values of these structures are the defaults; `Settings` declares how each is written.
public struct Configuration: Sendable, Equatable {
    public var server = ListenerConfiguration()
    public var storage = StorageLocation.embedded
    public var log = LogConfiguration()
    public var telemetry = TelemetryConfiguration()
    public var engine = EngineConfiguration()
    public var hosting = HostingConfiguration()
    public var hub = HubConfiguration()
    public var answerCache = AnswerCacheConfiguration()
    public var responses = ResponseConfiguration()
    public var memory = MemoryConfiguration()
    public var conversations = ConversationConfiguration()
    public var access = AccessConfiguration()
    public var federation = FederationConfiguration()
    public var routing = RoutingConfiguration()
    public var trust = TrustConfiguration()
    public var gateway = GatewayConfiguration()
    /// In the order of the file, then of the arguments.
    public var models: [ModelConfiguration] = []
    /// The model that answers requests which name none; one of `models`.
    public var defaultModel: String?
    /// Where the database and everything else that lasts is kept. An absolute or relative path, not empty.
    public var dataDir: String
    /// The profile whose overrides are in effect.
    public var profile: String?

    /// The defaults, with the data directory given because it depends on the user.
    public init(dataDir: String) { self.dataDir = dataDir }

    /// The model that is served under `name`.
    public func model(named name: String) -> ModelConfiguration? { models.first { $0.name == name } }
}

/// The HTTP server of the platform.
public struct ListenerConfiguration: Sendable, Equatable {
    /// An address or a host name. The default is reachable from this machine only.
    public var host = "127.0.0.1"
    /// 0 lets the system choose a free port.
    public var port = 8484
    /// Listen here in addition to the port.
    public var unixSocket: String?
    /// `nil` means plain HTTP.
    public var tls: TLSFiles?
    /// Origins that browsers may call from; `*` is every origin.
    public var corsOrigins: [String] = []
    public var limits = Limits()
    public var timeouts = Timeouts()
    /// How long running requests may go on after the order to stop.
    public var drain = Duration.seconds(30)

    public struct Limits: Sendable, Equatable {
        public var headerBytes = ByteCount.kibibytes(32)
        public var bodyBytes = ByteCount.mebibytes(32)
        public var connections = 4096
    }

    public struct Timeouts: Sendable, Equatable {
        /// A kept-alive connection without a request is closed after this time.
        public var idle = Duration.seconds(75)
        /// Header and body of a request must have arrived within this time.
        public var request = Duration.seconds(30)
    }
}

/// The files of a server certificate, both in PEM form.
public struct TLSFiles: Sendable, Equatable {
    public var certificate: String
    public var key: String

    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

/// Where the platform's data is.
public enum StorageLocation: Sendable, Equatable {
    /// SQLite in the data directory.
    case embedded
    /// A `postgresql://` connection URL, which may carry a password.
    case postgres(url: Secret)
}

public struct LogConfiguration: Sendable, Equatable {
    public enum Level: String, CaseIterable, Sendable { case trace, debug, info, warning, error }
    public enum Format: String, CaseIterable, Sendable {
        /// `human` on a terminal, `json` elsewhere.
        case auto
        case human
        case json
    }

    public var level = Level.info
    public var format = Format.auto
}

public struct TelemetryConfiguration: Sendable, Equatable {
    /// `nil` sends nothing.
    public var endpoint: String?
    /// Sent with each export, to authenticate.
    public var headers: [HeaderField] = []
    /// The share of traces that is kept, 0 to 1.
    public var sampling = 1.0
}

/// Where models are downloaded from.
public struct HubConfiguration: Sendable, Equatable {
    /// The hub, or a mirror of it.
    public var url = "https://huggingface.co"
    /// For repositories that are private or gated. It goes to `url`'s own host only.
    public var token: Secret?
    /// Bytes per second of all downloads together; `nil` is without limit.
    public var bandwidthMax: ByteCount?
    /// Connections for one file.
    public var connections = 4
}

/// A header that goes out with requests; its value counts as secret.
public struct HeaderField: Sendable, Equatable {
    public let name: String
    public let value: Secret
}
