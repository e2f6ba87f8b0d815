import Configuration
import Jobs
import Telemetry
import Vocabulary

/// The parts of the running platform, joined: each is made of those before it.
struct ServerParts: Sendable {
    let server: NexusServer
    let base: BaseParts
    let hosting: HostingParts
    let routing: RoutingPart
    let jobs: JobsPart
    let hub: HubPart
    let making: MakingPart
    let answers: AnswerCachePart
    let admission: AdmissionPart
    /// What the APIs ask: the deployments behind everything that decides about a request.
    let service: any ModelService
    let surfaces: SurfacesPart
    let remembering: RememberingPart
    let conversations: ConversationPart
    let federation: FederationPart

    /// Makes them; nothing of them goes on by itself yet.
    ///
    /// - Parameters:
    ///   - server: what it was told.
    ///   - base: what they stand on.
    ///   - sockets: where workers listen.
    /// - Throws: when the configuration asks for what cannot be, or the database cannot be read.
    init(_ server: NexusServer, _ base: BaseParts, sockets: SocketDirectory) async throws {
        let (configuration, logger, database) = (server.configuration, server.logger, base.database)
        self.server = server
        self.base = base
        hosting = try await HostingParts(server, base, sockets: sockets)
        routing = try await RoutingPart(
            configuration.routing, before: hosting.gateway, database: database, metrics: hosting.metrics,
            logger: logger.labelled("routing"))

        jobs = JobsPart(database: database, logger: logger.labelled("jobs"))
        hub = try HubPart(configuration, keptToken: base.secrets.currentHubToken, logger: logger.labelled("hub"))
        await jobs.runner.register(hub.kind(into: base.catalog))
        making = MakingPart(
            configuration, catalog: base.catalog, runner: jobs.runner,
            tool: EngineTool(
                launcher: hosting.launcher, program: server.engineProgram, environment: server.environment))
        await making.register()

        answers = try AnswerCachePart(
            configuration, database: database, routing: routing.service, metrics: hosting.metrics,
            logger: logger.labelled("cache"))
        admission = try AdmissionPart(configuration, database: database, logger: logger.labelled("admission"))
        try await admission.prepare()
        // From the outside in: the caller's rights, admission (limits, budgets, the ledger), caches, routing.
        service = try base.trust.ruled(
            CallerService(next: admission.service(before: answers.layer)) { [routing] in
                await routing.service.servedName(for: ModelID(""))
            })

        surfaces = SurfacesPart(
            service, gateway: hosting.gateway, routing: routing.service, admission: admission.desk,
            standing: base.access.backgroundStanding, catalog: base.catalog, runner: jobs.runner, database: database,
            configuration: configuration, logger: logger.labelled("surfaces"))
        remembering = RememberingPart(
            configuration.memory, database: database, service: service, routing: routing.service,
            person: base.access.person, logger: logger.labelled("memory"))
        conversations = ConversationPart(
            database: database, service: service, configuration: configuration.conversations, trust: base.trust,
            memory: remembering.surroundings, notes: remembering.turns, logger: logger.labelled("conversations"))
        federation = try await FederationPart.open(
            configuration, database, hosting.client, base.access, base.secrets, logger)
    }
}
