import JSONText

/// Every key there is. This is the one place where a key is declared.
enum Settings {
    static let all: [Setting<ConfigurationDraft>] =
        server + storage + observation + engine + hosting + hub + trust + access + gateway + routing
        + FederationSettings.all + AnswerCacheSettings.all + MemorySettings.all + responses + conversations

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

extension Settings {
    private static let responses: [Setting<ConfigurationDraft>] = [
        Setting(
            "responses.keep", \.configuration.responses.keep, .duration(in: .seconds(60)...(.seconds(315_360_000))),
            "How long responses of /v1/responses are kept that did not say store: false."),
        Setting(
            "responses.keptMax", \.configuration.responses.keptMax, .integer(in: 1...1_000_000),
            "How many of them are kept of one user; the oldest go first."),
    ]
}

extension Settings {
    private static let access: [Setting<ConfigurationDraft>] = [
        Setting(
            "access.session.idle", \.configuration.access.sessionIdle,
            .duration(in: .seconds(60)...(.seconds(31_536_000))),
            "A session ends after this time without use."),
        Setting(
            "access.session.lifetime", \.configuration.access.sessionLifetime,
            .duration(in: .seconds(60)...(.seconds(31_536_000))), "A session ends after this time whatever happens."),
        Setting(
            "access.session.secureCookies", \.configuration.access.hasSecureCookies, .flag,
            "Whether cookies go over TLS only although this server speaks plain HTTP: behind a proxy that ends TLS."),
        Setting(
            "access.password.charactersMin", \.configuration.access.passwordCharactersMin, .integer(in: 8...128),
            "Fewest characters of a password."),
        Setting(
            "access.password.memory", \.configuration.access.passwordMemory,
            .bytes(in: .kibibytes(8)...(.mebibytes(4096))),
            "Memory that hashing one password takes (Argon2id); passwords follow when their users sign in."),
        Setting(
            "access.password.passes", \.configuration.access.passwordPasses, .integer(in: 1...64),
            "How often hashing a password goes through its memory."),
    ]

    private static let gateway: [Setting<ConfigurationDraft>] = [
        Setting(
            "gateway.store", \.configuration.gateway.store, .choice,
            "Where limits and budgets are counted; several nodes share the database or Redis."),
        Setting(
            "gateway.redis", \.configuration.gateway.redis, .optional(.secret(.text("URL"))), isSecret: true,
            "Redis that nodes share: redis://[user[:password]@]host[:port][/database] or unix:/path."),
        Setting(
            "gateway.defaultLimits", \.configuration.gateway.defaults, .choice,
            "Whether users are limited to 10 requests a second, 100 an hour and 1000 a day; auto is on a public address."
        ),
        Setting(
            "gateway.prices", \.configuration.gateway.prices, .prices,
            "What models cost for a million tokens, by names in which * stands for any characters."),
        Setting(
            "gateway.weights", \.configuration.gateway.weights, .weights,
            "Shares of tenants in the queues, by tenant, or by user without one; others have 1. `nexus tenants` sets more."
        ),
    ]

    private static let routing: [Setting<ConfigurationDraft>] = [
        Setting(
            "routing.routes", \.configuration.routing.routes, .members,
            "Names that requests may use, and who answers to them; see `nexus routes`."),
        Setting(
            "routing.ensembles", \.configuration.routing.ensembles, .members,
            "Groups of models that answer together, by name."),
        Setting(
            "routing.demo", \.configuration.routing.isDemonstrating, .flag,
            "Whether a marked demonstration answers when no model can."),
        Setting(
            "routing.retries", \.configuration.routing.retriesMax, .integer(in: 0...10),
            "Times that a request is sent again to the same deployment, where its route does not say."),
        Setting(
            "routing.timeouts.firstToken", \.configuration.routing.firstTokenMax,
            .optional(.duration(in: .milliseconds(1)...(.seconds(86_400)))),
            "How long until the first piece of an answer before another deployment is asked."),
        Setting(
            "routing.timeouts.total", \.configuration.routing.totalMax,
            .optional(.duration(in: .milliseconds(1)...(.seconds(86_400)))),
            "How long until an answer is whole, with everything that was tried."),
        Setting(
            "routing.breaker.failures", \.configuration.routing.breaker.failuresMax, .integer(in: 1...1_000),
            "Failures within the window before a deployment is left alone."),
        Setting(
            "routing.breaker.window", \.configuration.routing.breaker.window,
            .duration(in: .seconds(1)...(.seconds(3_600))), "Failures that lie longer back are forgotten."),
        Setting(
            "routing.breaker.pause", \.configuration.routing.breaker.pause,
            .duration(in: .milliseconds(100)...(.seconds(3_600))),
            "How long a failing deployment is left alone before one request tries it."),
    ]
}

extension ValueKind where Value == JSONValue {
    /// An object whose members another part reads.
    fileprivate static var members: ValueKind {
        @Sendable func check(_ value: JSONValue) -> JSONValue? { value.object == nil ? nil : value }
        return ValueKind(
            allowed: "an object", placeholder: "JSON", schema: ["type": "object"], decode: check,
            read: { text in
                do { return check(try JSONValue.parse(text)) } catch { return nil }
            }, encode: { $0 })
    }
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
