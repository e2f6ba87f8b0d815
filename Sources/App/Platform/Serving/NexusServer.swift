import Access
import AdminAPI
import Configuration
import Foundation
import HTTPFetching
import HTTPServing
import JSONText
import Jobs
import Launch
import MessagesAPI
import ModelCatalog
import OpenAIAPI
import Processes
import Records
import RequestScope
import Storage
import Telemetry
import Vocabulary
import WebApp

/// The running platform: storage, workers, the HTTP server. It builds every part, joins them, and ends them in order.
struct NexusServer {
    let configuration: Configuration
    let logger: Logger
    /// Path of `nexus-engine`.
    let engineProgram: String
    /// What workers inherit.
    let environment: [String: String]
    /// Where everything that lasts is kept; held as long as the server runs.
    let directory: DataDirectory
    let purpose: Purpose

    enum Purpose: Sendable {
        /// A server for everybody.
        case serving
        /// One command of the terminal: on the data directory's socket only, and no worker starts by itself.
        case command
    }

    /// Serves until `order` returns, then drains.
    ///
    /// - Parameters:
    ///   - onStart: called with the bound port when requests are accepted.
    ///   - order: returns when it is time to stop.
    /// - Throws: when a part cannot be started: the database, a port that is taken.
    func run(onStart: (Int) -> Void, until order: () async -> Void) async throws {
        let database = try await openDatabase()
        let trust = TrustPart(database: database, configuration: configuration, logger: logger.labelled("trust"))
        let secrets: SecretsPart
        let access: AccessPart
        do {
            secrets = try SecretsPart(
                configuration, database: database, audit: trust.audit, logger: logger.labelled("secrets"))
            access = try await AccessPart.open(
                configuration, database: database, sealer: secrets.sealer, logger: logger.labelled("access")
            ) {
                trust.audit.note($0.auditEntry)
            }
        } catch {
            await database.close()
            throw error
        }
        let events = WorkerEvents(database: database, logger: logger.labelled("storage"))
        let uses = DeploymentUses()
        let catalog = CatalogPart(
            database: database, configuration: configuration, uses: uses.modelUses, logger: logger.labelled("catalog"))
        let writer = Task { await events.run() }
        let auditing = Task { await trust.run() }
        await catalog.prepare()
        let cataloguing = Task { await catalog.run() }
        func close() async {
            events.finish()
            catalog.finish()
            trust.finish(wasServing: purpose == .serving)
            await auditing.value
            await writer.value
            await cataloguing.value
            await access.close()
            await database.close()
        }
        do {
            try await serve(
                database, access: access, secrets: secrets, events: events, catalog: catalog, uses: uses, trust: trust,
                onStart: onStart, until: order)
        } catch {
            await close()
            throw error
        }
        await close()
        logger.notice("stopped")
    }

    private func openDatabase() async throws -> Database {
        let database: Database
        switch configuration.storage {
        case .embedded:
            database = try await Database.open(SQLiteSettings(path: configuration.dataDir + "/nexus.db"))
        case .postgres(let url):
            database = try await Database.open(PostgresSettings(connectionText: url.revealed))
        }
        let report = try await database.migrate(WorkerEvents.migrations + Migrations.all)
        if let snapshot = report.snapshotPath {
            logger.notice("database migrated; the file from before is kept", ["snapshot": .string(snapshot)])
        }
        return database
    }

    private func serve(
        _ database: Database, access: AccessPart, secrets: SecretsPart, events: WorkerEvents, catalog: CatalogPart,
        uses: DeploymentUses,
        trust: TrustPart,
        onStart: (Int) -> Void, until order: () async -> Void
    ) async throws {
        await secrets.prepare()
        let client = try HTTPClient(RemoteModel.clientConfiguration)
        let launcher = ProcessLauncher()
        let sockets = try SocketDirectory()
        defer { sockets.remove() }
        let metrics = MetricsRegistry()
        let spans = SpanQueue()
        let tracer = Tracer.system(sampler: sampler, queue: spans)
        let exporter = configuration.telemetry.endpoint.map { endpoint in
            Task { await export(spans, to: endpoint, with: client) }
        }
        let hardware = HardwarePart(
            HardwarePart.Surroundings(
                configuration: configuration, database: database, client: client, launcher: launcher,
                engineProgram: engineProgram, environment: environment, logger: logger.labelled("hardware")))
        let memory = MemoryPart(
            database: database, client: client,
            machine: MachineGlance(watch: hardware.watch, engines: hardware.engines), logger: logger.labelled("memory"),
            find: MemoryForecast.Files.finder(configuration, catalog.catalog))
        let deployments = try await DeploymentsPart(
            configuration: configuration, logger: logger, engineProgram: engineProgram, environment: environment,
            database: database, client: client, launcher: launcher, sockets: sockets, metrics: metrics,
            resolution: ModelResolution(catalog.catalog, hardware.engines), forecast: memory.forecast, secrets: secrets,
            report: { event in
                events.report(event)
                catalog.report(event)
            }
        ).open(isServing: purpose == .serving)
        let gateway = ModelGateway(
            deployments: deployments, configuredDefault: defaultModel, created: unixSeconds(),
            measures: GenerationMeasures(tracer: tracer, metrics: metrics) { model, usage in
                catalog.ledger.add(usage, to: model)
                memory.journal.note(model)
            })
        uses.follow(deployments)
        let routing = try await RoutingPart(
            configuration.routing, before: gateway, database: database, metrics: metrics,
            logger: logger.labelled("routing"))
        let jobs = JobsPart(database: database, logger: logger.labelled("jobs"))
        let hub = try HubPart(configuration, keptToken: secrets.currentHubToken, logger: logger.labelled("hub"))
        await jobs.runner.register(hub.kind(into: catalog))
        let making = MakingPart(
            configuration, catalog: catalog, runner: jobs.runner,
            tool: EngineTool(launcher: launcher, program: engineProgram, environment: environment))
        await making.register()
        let hosting = DeploymentsMemory(deployments: deployments)
        let answers = try AnswerCachePart(
            configuration, database: database, routing: routing.service, metrics: metrics,
            logger: logger.labelled("cache"))
        let admission = try AdmissionPart(configuration, database: database, logger: logger.labelled("admission"))
        try await admission.prepare()
        let service = try trust.ruled(service(before: routing.service, answers, admission))
        let surfaces = SurfacesPart(
            service, gateway: gateway, routing: routing.service, admission: admission.desk,
            standing: access.backgroundStanding, catalog: catalog, runner: jobs.runner, database: database,
            configuration: configuration, logger: logger.labelled("surfaces"))
        let remembering = RememberingPart(
            configuration.memory, database: database, service: service, routing: routing.service,
            person: access.person, logger: logger.labelled("memory"))
        let conversations = ConversationPart(
            database: database, service: service, configuration: configuration.conversations, trust: trust,
            memory: remembering.surroundings, notes: remembering.turns,
            logger: logger.labelled("conversations"))
        let federation = try await FederationPart.open(configuration, database, client, access, secrets, logger)
        let router = makeRouter(
            gateway, service: service, access: access, events: events, trust: trust,
            more: [
                access.routes,
                federation.routes,
                trust.routes,
                secrets.routes,
                routing.routes,
                DeploymentRoutes(deployments).routes,
                EngineStateRoutes(deployments).routes,
                catalog.routes,
                jobs.routes,
                hub.routes(jobs.runner),
                making.routes,
                hardware.routes,
                memory.routes(hosting),
                admission.routes,
                directory.leases.routes,
                conversations.routes,
                remembering.routes(forgettingNotes: conversations.forgetNotes),
                answers.routes,
                surfaces.routes,
            ].flatMap { $0 },
            tracer: tracer, metrics: metrics)
        let entrance = PublicEntrance(access: access, settings: configuration.server, logger: logger.labelled("access"))
        let isClosed = purpose == .serving && !entrance.isOpen
        let servers = try await Listeners.start(
            configuration.server, adminSocket: directory.socket.path, isPublic: purpose == .serving,
            host: isClosed ? PublicEntrance.closedHost : nil, router: router(false), localRouter: router(true))
        let accounting = Task { await access.run() }
        let federating = Task { await federation.run() }
        let working = Task {
            await hub.settleLeftovers()
            await jobs.run()
        }
        let caching = Task { await answers.run() }
        let tending = Task { await surfaces.run(isServing: purpose == .serving) }
        let admitting = Task { await admission.run() }
        let conversing = Task {
            if purpose == .serving { await conversations.run(isAlone: configuration.storage == .embedded) }
        }
        let remembrance = Task {
            if purpose == .serving { await remembering.run(isAlone: configuration.storage == .embedded) }
        }
        let measuring = Task { await memory.run(hosting, preloads: purpose == .serving) }
        if purpose == .serving {
            trust.noteStart()
            await deployments.preload()
        }
        onStart(servers.port)
        if isClosed { try await entrance.announce(port: servers.port) }
        let opening = isClosed ? Task { await entrance.open(servers) } : nil
        await order()
        opening?.cancel()
        // Other commands may have found this one's platform: they are let finish.
        let drain = purpose == .serving ? configuration.server.drain : .seconds(86_400)
        logger.notice("draining", ["deadline": .milliseconds(drain)])
        // First, because those who follow its events would otherwise be waited for.
        working.cancel()
        catalog.endFollowing()
        deployments.endLogs()
        measuring.cancel()
        caching.cancel()
        accounting.cancel()
        federating.cancel()
        conversing.cancel()
        remembrance.cancel()
        tending.cancel()
        await servers.shutDown(deadline: drain)
        await routing.shutDown()
        await conversations.desk.shutDown()
        await remembrance.value
        await surfaces.shutDown()
        await tending.value
        admitting.cancel()
        await admitting.value
        await admission.close()
        await deployments.shutDown()
        await working.value
        await measuring.value
        await caching.value
        await answers.close()
        await accounting.value
        await federating.value
        await memory.close()
        await hub.shutDown()
        await launcher.shutDown()
        spans.finish()
        await exporter?.value
        await client.shutDown()
    }

    // MARK: Parts

    private var defaultModel: ModelID? {
        let first = configuration.defaultModel ?? (configuration.models.count == 1 ? configuration.models[0].name : nil)
        return first.map(ModelID.init)
    }

    /// What the APIs ask: the deployments behind everything that decides about a request, from the outside in: admission
    /// (limits, budgets, the ledger), caches, routing.
    private func service(before routing: RoutedService, _ answers: AnswerCachePart, _ admission: AdmissionPart)
        -> any ModelService
    {
        CallerService(next: admission.service(before: answers.layer)) { await routing.servedName(for: ModelID("")) }
    }

    /// The routes of all parts behind the middleware of a listener: the data directory's socket, or any other.
    private func makeRouter(
        _ gateway: ModelGateway, service: any ModelService, access: AccessPart, events: WorkerEvents, trust: TrustPart,
        more: [Route], tracer: Tracer, metrics: MetricsRegistry
    ) -> (_ isLocal: Bool) -> Router {
        var router = Router()
        let errors = ErrorAnswers(
            logger: logger.labelled("http"), shapes: [MessageErrors.shape] + SurfacesPart.errorShapes)
        router.onError = { error, request in errors.respond(to: error, request) }
        let observation = Observation(
            logger: logger.labelled("http"), tracer: tracer, metrics: metrics, ids: .system)
        let all =
            OpenAIRoutes(service, now: { unixSeconds() }).routes
            + EmbeddingRoutes(service, now: { unixSeconds() }).routes + TokenCountRoutes(service).routes
            + MessagesRoutes(service).routes
            + HealthRoutes.routes(metrics: metrics, health: { await gateway.health() })
            + PlatformRoutes(gateway: gateway, events: events).routes + more
            + WebRoutes(folder: WebFolder.find(beside: WebFolder.program)).routes
        let routes = RoutePermissions.closing(all, logger: logger.labelled("access"))
        for route in routes { router.add(route) }
        router.add(PlatformRoutes.document(of: routes))
        return { [router] isLocal in
            var router = router
            let (mode, refuse) = (access.mode, router.onError)
            let isOpen: @Sendable () -> Bool = { mode() == .open }
            router.middleware =
                trust.outermost + [observation] + trust.guards(isOpen: isOpen) + [
                    CrossOrigin(origins: Set(configuration.server.corsOrigins)), Compression(),
                    access.authentication(isLocal: isLocal, refuse: refuse), trust.identity,
                    AnswerNoting(metrics),
                    CallNoting(),
                ]
            return router
        }
    }

    private var sampler: Sampler {
        guard configuration.telemetry.endpoint != nil else { return .never }
        return configuration.telemetry.sampling >= 1 ? .always : .ratio(configuration.telemetry.sampling)
    }

    private func export(_ spans: SpanQueue, to endpoint: String, with client: HTTPClient) async {
        let base = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        let url = base.hasSuffix(OTLPEncoding.path) ? base : base + OTLPEncoding.path
        var headers: FetchHeaders = ["Content-Type": OTLPEncoding.mediaType]
        for header in configuration.telemetry.headers { headers.add(header.name, header.value.revealed) }
        let exporter = SpanExporter(
            queue: spans, resource: TelemetryResource(serviceName: "llama-nexus", serviceVersion: productVersion)
        ) { [headers] body in
            let response = try await client.fetch(
                FetchRequest(
                    url, method: "POST", headers: headers, body: .bytes(body),
                    timeouts: Timeouts(connect: .seconds(5), firstByte: .seconds(10), total: .seconds(20))))
            _ = try await response.body.collect(upTo: 1 << 20)
            if (400..<500).contains(response.status), response.status != 429 { throw SpanExporter.Refused() }
            if response.status >= 300 { throw ExportFailed(status: response.status) }
        }
        await exporter.run()
    }
}

private struct ExportFailed: Error { let status: Int }

/// Now, as Unix time in seconds.
private func unixSeconds() -> Int64 { UnixTime.now().nanoseconds / 1_000_000_000 }

extension RemoteModel.Endpoint {
    /// A URL without its trailing slash and without `/v1`, which the API's paths begin with.
    static func base(of url: String) -> String {
        var base = url
        while base.hasSuffix("/") { base.removeLast() }
        return base.hasSuffix("/v1") ? String(base.dropLast(3)) : base
    }
}
