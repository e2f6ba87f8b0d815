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
import ResponsesAPI
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
        let events = WorkerEvents(database: database, logger: logger.labelled("storage"))
        let uses = DeploymentUses()
        let catalog = CatalogPart(
            database: database, configuration: configuration, uses: uses.modelUses, logger: logger.labelled("catalog"))
        let writer = Task { await events.run() }
        await catalog.prepare()
        let cataloguing = Task { await catalog.run() }
        func close() async {
            events.finish()
            catalog.finish()
            await writer.value
            await cataloguing.value
            await database.close()
        }
        do {
            try await serve(
                database, events: events, catalog: catalog, uses: uses, onStart: onStart, until: order)
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
        _ database: Database, events: WorkerEvents, catalog: CatalogPart, uses: DeploymentUses,
        onStart: (Int) -> Void, until order: () async -> Void
    ) async throws {
        let client = try HTTPClient(HTTPClient.Configuration(userAgent: "llama-nexus/\(productVersion)"))
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
            resolution: ModelResolution(catalog.catalog, hardware.engines), forecast: memory.forecast,
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
        let jobs = JobsPart(database: database, logger: logger.labelled("jobs"))
        let hub = try HubPart(configuration, logger: logger.labelled("hub"))
        await jobs.runner.register(hub.kind(into: catalog))
        let making = MakingPart(
            configuration, catalog: catalog, runner: jobs.runner,
            tool: EngineTool(launcher: launcher, program: engineProgram, environment: environment))
        await making.register()
        let hosting = DeploymentsMemory(deployments: deployments)
        let router = makeRouter(
            gateway, service: service(before: gateway), events: events,
            more: DeploymentRoutes(deployments).routes + catalog.routes + jobs.routes + hub.routes(jobs.runner)
                + making.routes + hardware.routes + memory.routes(hosting) + directory.leases.routes,
            tracer: tracer, metrics: metrics)
        let servers = try await Listeners.start(
            configuration.server, adminSocket: directory.socket.path, isPublic: purpose == .serving, router: router)
        let working = Task {
            await hub.settleLeftovers()
            await jobs.run()
        }
        let measuring = Task { await memory.run(hosting, preloads: purpose == .serving) }
        if purpose == .serving { await deployments.preload() }
        onStart(servers.port)
        await order()
        // Other commands may have found this one's platform: they are let finish.
        let drain = purpose == .serving ? configuration.server.drain : .seconds(86_400)
        logger.notice("draining", ["deadline": .milliseconds(drain)])
        // First, because those who follow its events would otherwise be waited for.
        working.cancel()
        catalog.endFollowing()
        deployments.endLogs()
        measuring.cancel()
        await servers.shutDown(deadline: drain)
        await deployments.shutDown()
        await working.value
        await measuring.value
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
    private func service(before gateway: ModelGateway) -> any ModelService { gateway }

    private func makeRouter(
        _ gateway: ModelGateway, service: any ModelService, events: WorkerEvents, more: [Route], tracer: Tracer,
        metrics: MetricsRegistry
    ) -> Router {
        var router = Router()
        router.middleware = [
            Observation(logger: logger.labelled("http"), tracer: tracer, metrics: metrics, ids: .system),
            CrossOrigin(origins: Set(configuration.server.corsOrigins)), Compression(), AnswerNoting(),
        ]
        let errors = ErrorAnswers(logger: logger.labelled("http"), shapes: [MessageErrors.shape])
        router.onError = { error, request in errors.respond(to: error, request) }
        let routes =
            OpenAIRoutes(service, now: { unixSeconds() }).routes
            + EmbeddingRoutes(service, now: { unixSeconds() }).routes + TokenCountRoutes(service).routes
            + ResponsesRoutes(service, now: { unixSeconds() }).routes + MessagesRoutes(service).routes
            + HealthRoutes.routes(metrics: metrics, health: { await gateway.health() })
            + PlatformRoutes(gateway: gateway, events: events).routes + more + WebRoutes.routes
        for route in routes { router.add(route) }
        router.add(PlatformRoutes.document(of: routes))
        return router
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
