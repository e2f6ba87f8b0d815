import Configuration
import HTTPFetching
import ModelCatalog
import Processes
import RequestScope
import Telemetry
import Vocabulary

/// What runs models and reaches them: processes, this machine's memory, deployments, and the gateway to them.
struct HostingParts: Sendable {
    let client: HTTPClient
    let launcher: ProcessLauncher
    let metrics: MetricsRegistry
    let tracing: TracingPart
    let hardware: HardwarePart
    let memory: MemoryPart
    let deployments: Deployments
    let gateway: ModelGateway
    /// Who is in memory, as the memory plan sees it.
    let residents: DeploymentsMemory

    /// - Parameters:
    ///   - server: what it was told.
    ///   - base: the database, the catalogue, and who is told of workers.
    ///   - sockets: where workers listen.
    /// - Throws: when threads cannot be started, or the database cannot be read.
    init(_ server: NexusServer, _ base: BaseParts, sockets: SocketDirectory) async throws {
        let (configuration, logger) = (server.configuration, server.logger)
        client = try HTTPClient(RemoteModel.clientConfiguration)
        launcher = ProcessLauncher()
        metrics = MetricsRegistry()
        tracing = TracingPart(configuration.telemetry, client: client)
        hardware = HardwarePart(
            HardwarePart.Surroundings(
                configuration: configuration, database: base.database, client: client, launcher: launcher,
                engineProgram: server.engineProgram, environment: server.environment,
                logger: logger.labelled("hardware")))
        let memory = MemoryPart(
            database: base.database, client: client,
            machine: MachineGlance(watch: hardware.watch, engines: hardware.engines), logger: logger.labelled("memory"),
            find: MemoryForecast.Files.finder(configuration, base.catalog.catalog))
        self.memory = memory
        deployments = try await DeploymentsPart(
            configuration: configuration, logger: logger, engineProgram: server.engineProgram,
            environment: server.environment, database: base.database, client: client, launcher: launcher,
            sockets: sockets, metrics: metrics, resolution: ModelResolution(base.catalog.catalog, hardware.engines),
            forecast: memory.forecast, secrets: base.secrets,
            report: { event in
                base.events.report(event)
                base.catalog.report(event)
            }
        ).open(isServing: server.purpose == .serving)
        gateway = ModelGateway(
            deployments: deployments, configuredDefault: Self.defaultModel(configuration),
            created: UnixTime.now().seconds,
            measures: GenerationMeasures(tracer: tracing.tracer, metrics: metrics) { model, usage in
                base.catalog.ledger.add(usage, to: model)
                memory.journal.note(model)
            })
        base.uses.follow(deployments)
        residents = DeploymentsMemory(deployments: deployments)
    }

    private static func defaultModel(_ configuration: Configuration) -> ModelID? {
        let first = configuration.defaultModel ?? (configuration.models.count == 1 ? configuration.models[0].name : nil)
        return first.map(ModelID.init)
    }
}
