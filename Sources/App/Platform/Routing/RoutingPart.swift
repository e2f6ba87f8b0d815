import AdminAPI
import Configuration
import Gateway
import HTTPServing
import JSONText
import Records
import Storage
import Telemetry
import Vocabulary

/// Builds the routing: the table, the layer before the deployments, and its routes of the API.
struct RoutingPart: Sendable {
    let service: RoutedService

    /// - Parameters:
    ///   - configuration: what it says of routing.
    ///   - gateway: what is behind.
    ///   - database: where the API's entries are kept.
    ///   - metrics: where metrics are registered.
    ///   - logger: told of changes and breakers.
    /// - Throws: `ServiceError` when the configuration's routes cannot be read; when the database cannot.
    init(
        _ configuration: RoutingConfiguration, before gateway: ModelGateway, database: Database,
        metrics: MetricsRegistry, logger: Logger
    ) async throws {
        let measures = RoutingMeasures(metrics)
        let book = RoutingBook(
            configured: try Self.table(configuration), store: RoutingRecords(database), logger: logger)
        try await book.open()
        // Told, not refused: a model may have been taken out of the configuration, and everything else is to go on.
        do {
            try book.table.check { gateway.deployments.find($0) != nil }
        } catch {
            logger.warning("a route names what is not there", [.error: .error(error)])
        }
        let policy = CircuitBreaker<ContinuousClock.Instant>.Policy(
            failuresMax: configuration.breaker.failuresMax, window: configuration.breaker.window,
            pause: configuration.breaker.pause)
        service = RoutedService(
            gateway: gateway, book: book, board: HealthBoard(measures: measures, policy: policy, logger: logger),
            decisions: DecisionLog(), mirrors: MirrorPool(measures: measures, logger: logger),
            settings: RoutedService.Settings(
                retries: RetryPolicy(retriesMax: configuration.retriesMax),
                limits: ModelRoute.TimeLimits(firstToken: configuration.firstTokenMax, total: configuration.totalMax),
                isDemonstrating: configuration.isDemonstrating),
            logger: logger)
    }

    private static func table(_ configuration: RoutingConfiguration) throws(ServiceError) -> RoutingTable {
        do {
            return try RoutingTable(
                reading: JSONField(["routes": configuration.routes, "ensembles": configuration.ensembles]))
        } catch {
            throw ServiceError(
                .invalidValue, "The configuration's routing is wrong: 'routing.\(error.path)' \(error.problem).",
                hint: "See `nexus routes --help`, or remove it.")
        }
    }

    var routes: [Route] { RoutingRoutes(RoutingDesk(service: service)).routes }

    func shutDown() async { await service.mirrors.shutDown() }
}

/// What the API asks of routing.
private struct RoutingDesk: RoutingControl {
    let service: RoutedService

    func report() async -> RoutingReport { service.book.report }
    func versions() async throws -> [RoutingVersion] { try await service.book.versions() }

    func change(
        _ terms: RoutingTerms, _ change: @Sendable (inout RoutingTable) throws(ServiceError) -> Void
    ) async throws -> RoutingReport {
        try await service.book.change(terms, knows: { service.deployments.find($0) != nil }, change)
    }

    func explain(_ question: RouteQuestion) throws -> RouteDecision {
        var random = SystemRandomNumberGenerator()
        return try service.decider.decide(question, using: &random)
    }

    /// A request with several choices is several generations; the first one stands for all.
    func decision(of request: String) -> DecisionRecord? {
        service.decisions.find(request) ?? service.decisions.find(request + "-0")
    }
    func decisions(newest count: Int) -> [DecisionRecord] { service.decisions.newest(count) }
    func health() -> JSONValue { service.board.json(of: service.deployments.all) }
}
