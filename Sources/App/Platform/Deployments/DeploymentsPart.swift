import Configuration
import HTTPFetching
import Hosting
import Processes
import Records
import Storage
import Telemetry

/// Builds the deployments from what the platform has.
struct DeploymentsPart {
    let configuration: Configuration
    let logger: Logger
    let engineProgram: String
    let environment: [String: String]
    let database: Database
    let client: HTTPClient
    let launcher: ProcessLauncher
    let sockets: SocketDirectory
    let metrics: MetricsRegistry
    let resolution: ModelResolution
    /// Takes what happens to workers.
    let report: @Sendable (WorkerSupervisor.Event) -> Void

    /// Takes in what the configuration names and what the database keeps; nothing is loaded yet.
    func open() async throws -> Deployments {
        let logger = logger.labelled("hosting")
        let foundry = ReplicaFoundry(
            engine: WorkerCommand(program: engineProgram, environment: environment),
            engineConfiguration: configuration.engine, hosting: configuration.hosting, launcher: launcher,
            client: client, sockets: sockets, logger: logger, report: report, resolution: resolution)
        let budget = configuration.hosting.memoryMax.map { UInt64($0.bytes) } ?? ProcessMemory.budget
        let desk = ResidencyDesk(
            policy: ResidencyPolicy(budget: Footprint(host: budget)), metrics: metrics, logger: logger)
        let deployments = Deployments(
            Deployment.Surroundings(
                store: DeploymentRecords(database), foundry: foundry,
                forecast: FootprintForecast(foundry: foundry, logger: logger), desk: desk,
                measures: DeploymentMeasures(metrics), logger: logger,
                now: { UnixTime.now().nanoseconds / 1_000 }))
        desk.attach(deployments)
        try await deployments.open(configuration.models)
        return deployments
    }
}
