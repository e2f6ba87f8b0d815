import Configuration
import HTTPFetching
import Hardware
import Hosting
import Processes
import Records
import RequestScope
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
    let forecast: MemoryForecast
    let secrets: SecretsPart
    /// Takes what happens to workers.
    let report: @Sendable (WorkerSupervisor.Event) -> Void

    /// Takes in what the configuration names and what the database keeps; nothing is loaded yet.
    ///
    /// - Parameter isServing: whether anything will be loaded, so that it matters what that takes.
    /// - Returns: all deployments.
    /// - Throws: when the database cannot be read.
    func open(isServing: Bool) async throws -> Deployments {
        let logger = logger.labelled("hosting")
        let foundry = ReplicaFoundry(
            engine: WorkerCommand(program: engineProgram, environment: environment),
            engineConfiguration: configuration.engine, hosting: configuration.hosting, launcher: launcher,
            client: client, sockets: sockets, logger: logger, report: report, resolution: resolution,
            trust: RemoteTrust(
                outgoing: OutgoingURLPolicy(allowed: configuration.trust.outgoingAllowed), secret: secrets.resolve))
        let records = DeploymentRecords(database, secrets: secrets.deployments)
        try await records.sealAll()
        var budget = configuration.hosting.memoryMax.map { UInt64($0.bytes) } ?? .max
        if isServing, configuration.hosting.memoryMax == nil {
            budget = MemoryBudget.bytes(of: await forecast.machine().machine.memoryBytes)
        }
        let desk = ResidencyDesk(
            policy: ResidencyPolicy(budget: Footprint(host: budget)), metrics: metrics, logger: logger)
        let deployments = Deployments(
            Deployment.Surroundings(
                store: records, foundry: foundry,
                forecast: FootprintForecast(foundry: foundry, memory: forecast), desk: desk,
                measures: DeploymentMeasures(metrics), logger: logger,
                now: { UnixTime.now().nanoseconds / 1_000 }))
        desk.attach(deployments)
        try await deployments.open(configuration.models, foresees: isServing)
        return deployments
    }
}
