/// Every key there is. This is the one place where a key is declared.
enum Settings {
    static let all: [Setting<ConfigurationDraft>] = server + storage + observation + engine + hosting + hub

    private static let server: [Setting<ConfigurationDraft>] = [
        Setting(
            "server.host", \.configuration.server.host, .text("HOST", bytesMax: 255), alias: "host",
            "Address to listen on."),
        Setting(
            "server.port", \.configuration.server.port, .integer(in: 0...65535, placeholder: "PORT"), alias: "port",
            "Port to listen on; 0 takes a free one."),
        Setting(
            "server.unixSocket", \.configuration.server.unixSocket, .optional(.path(bytesMax: 107)),
            "Unix socket to listen on in addition to the port."),
        Setting(
            "server.tls.certificate", \.tlsCertificate, .optional(.path()),
            "PEM file with the server's certificate chain; needs server.tls.key too."),
        Setting(
            "server.tls.key", \.tlsKey, .optional(.path()),
            "PEM file with the certificate's private key."),
        Setting(
            "server.cors.origins", \.configuration.server.corsOrigins, .list(of: .origin, countMax: 64),
            "Web origins whose pages may call the API from a browser."),
        Setting(
            "server.limits.headerBytes", \.configuration.server.limits.headerBytes,
            .bytes(in: .kibibytes(1)...(.mebibytes(1))), "Largest request header."),
        Setting(
            "server.limits.bodyBytes", \.configuration.server.limits.bodyBytes,
            .bytes(in: .kibibytes(1)...(.mebibytes(4096))), "Largest request body."),
        Setting(
            "server.limits.connections", \.configuration.server.limits.connections, .integer(in: 1...1_000_000),
            "Connections at the same time."),
        Setting(
            "server.timeouts.idle", \.configuration.server.timeouts.idle,
            .duration(in: .seconds(1)...(.seconds(86_400))),
            "How long a connection without a request stays open."),
        Setting(
            "server.timeouts.request", \.configuration.server.timeouts.request,
            .duration(in: .milliseconds(100)...(.seconds(86_400))),
            "How long a client may take to send a request."),
        Setting(
            "server.drain", \.configuration.server.drain, .duration(in: .zero...(.seconds(3600))),
            "How long running requests may go on when the server stops."),
    ]

    private static let storage: [Setting<ConfigurationDraft>] = [
        Setting(
            "dataDir", \.configuration.dataDir, .path("DIRECTORY"), alias: "data-dir",
            "Directory for the database and everything else that lasts."),
        Setting(
            "storage.url", \.configuration.storage, .storage, isSecret: true,
            "PostgreSQL connection URL; empty keeps the data in SQLite in the data directory."),
    ]

    private static let observation: [Setting<ConfigurationDraft>] = [
        Setting(
            "log.level", \.configuration.log.level, .choice, alias: "log-level", "Least severe messages to log."),
        Setting(
            "log.format", \.configuration.log.format, .choice, alias: "log-format",
            "How log lines look; auto is human on a terminal and json elsewhere."),
        Setting(
            "telemetry.otlp.endpoint", \.configuration.telemetry.endpoint, .optional(.httpURL),
            "OpenTelemetry collector (OTLP over HTTP) that receives traces."),
        Setting(
            "telemetry.otlp.headers", \.configuration.telemetry.headers, .headers, isSecret: true,
            "Headers to send to the collector."),
        Setting(
            "telemetry.sampling", \.configuration.telemetry.sampling, .number(in: 0...1), "Share of traces to keep."),
    ]

    private static let hub: [Setting<ConfigurationDraft>] = [
        Setting(
            "hub.url", \.configuration.hub.url, .httpURL, customaryVariable: "HF_ENDPOINT",
            "Hub that models are downloaded from, or a mirror of it; HF_ENDPOINT where it is not set."),
        Setting(
            "hub.token", \.configuration.hub.token, .optional(.secret(.text("TOKEN"))), customaryVariable: "HF_TOKEN",
            isSecret: true,
            "Token for private and gated repositories, sent to the hub's own host only; HF_TOKEN where it is not set."
        ),
        Setting(
            "hub.bandwidthMax", \.configuration.hub.bandwidthMax,
            .optional(.bytes(in: .kibibytes(1)...(.mebibytes(1 << 20)))),
            "Bytes per second that all downloads together may take."),
        Setting(
            "hub.connections", \.configuration.hub.connections, .integer(in: 1...16),
            "Connections that fetch parts of one file at the same time."),
    ]

    private static let engine: [Setting<ConfigurationDraft>] = [
        Setting(
            "engine.threads", \.configuration.engine.parameters.threads, .automatic(EngineKinds.threads),
            alias: "threads", "Computing threads of each engine worker."),
        Setting(
            "engine.contextTokens", \.configuration.engine.parameters.contextTokens,
            .automatic(EngineKinds.contextTokens), "Context of each sequence in tokens; auto takes the model's own."),
        Setting(
            "engine.parallel", \.configuration.engine.parameters.parallel, EngineKinds.parallel,
            "Sequences that a worker decodes at the same time."),
        Setting(
            "engine.batchTokens", \.configuration.engine.parameters.batchTokens, EngineKinds.batchTokens,
            "Most tokens in one step of a worker."),
        Setting(
            "engine.queueMax", \.configuration.engine.parameters.queueMax, EngineKinds.queueMax,
            "Requests that may wait for a worker before more are refused."),
        Setting(
            "engine.restart.initial", \.configuration.engine.restart.initial,
            .duration(in: .milliseconds(10)...(.seconds(3600))), "First wait before a failed worker is started again."),
        Setting(
            "engine.restart.max", \.configuration.engine.restart.max,
            .duration(in: .milliseconds(10)...(.seconds(86_400))), "Longest wait before a worker is started again."),
        Setting(
            "engine.heartbeatTimeout", \.configuration.engine.heartbeatTimeout,
            .duration(in: .milliseconds(100)...(.seconds(86_400))),
            "A worker that has work but makes no progress for this long is restarted."),
        Setting(
            "engines", \.configuration.engine.programs, .programs,
            "Further programs that can run models (nexus-engine, llama-server), by name."),
        Setting(
            "defaultModel", \.configuration.defaultModel, .optional(.text("NAME", bytesMax: 128)),
            "Model that answers requests which name none."),
    ]
}

extension Settings {
    private static let hosting: [Setting<ConfigurationDraft>] = [
        Setting(
            "hosting.memoryMax", \.configuration.hosting.memoryMax,
            .automatic(.bytes(in: .mebibytes(1)...(.mebibytes(1 << 30)))),
            "Memory that all models together may take; auto is what the machine has, less a tenth."),
        Setting(
            "hosting.keepAlive", \.configuration.hosting.keepAlive,
            .optional(.duration(in: .zero...(.seconds(31_536_000)))),
            "How long a model stays in memory unused; without it, until its memory is needed."),
        Setting(
            "hosting.loadMax", \.configuration.hosting.loadMax, .duration(in: .seconds(1)...(.seconds(86_400))),
            "A worker that is not ready by then is ended."),
        Setting(
            "hosting.drainMax", \.configuration.hosting.drainMax, .duration(in: .zero...(.seconds(86_400))),
            "How long answers may go on in a worker that another one has taken the place of."),
        Setting(
            "hosting.allowCommands", \.configuration.hosting.allowsCommands, .flag,
            "Whether the API on the port may have programs and containers started, too."),
        Setting(
            "hosting.dockerSocket", \.configuration.hosting.dockerSocket, .path(bytesMax: 107),
            "Unix socket of the Docker Engine."),
    ]
}

/// The kinds of engine parameters, which occur in general and for each model.
enum EngineKinds {
    static let threads = ValueKind<Int>.integer(in: 1...1024)
    static let contextTokens = ValueKind<Int>.integer(in: 16...16_777_216, placeholder: "TOKENS")
    static let parallel = ValueKind<Int>.integer(in: 1...256)
    static let batchTokens = ValueKind<Int>.integer(in: 1...65_536, placeholder: "TOKENS")
    static let queueMax = ValueKind<Int>.integer(in: 0...100_000)
}

extension ValueKind where Value == String {
    /// `*` or scheme, host and port as browsers send them in `Origin`.
    fileprivate static var origin: ValueKind {
        pattern("* or an origin such as https://chat.example.org", placeholder: "ORIGIN") { text in
            guard text != "*" else { return true }
            return isURL(text) && text.split(separator: "/", omittingEmptySubsequences: false).count == 3
        }
    }
}
