import Access
import AdminAPI
import Configuration
import HTTPServing
import Launch
import MessagesAPI
import OpenAIAPI
import RequestScope
import Telemetry
import Vocabulary
import WebApp

extension ServerParts {
    /// The routes of all parts behind the middleware of a listener.
    ///
    /// - Returns: what makes a router for the data directory's socket (`isLocal`), or for any other listener.
    func makeRouter() -> (_ isLocal: Bool) -> Router {
        let logger = server.logger.labelled("http")
        let errors = ErrorAnswers(logger: logger, shapes: [MessageErrors.shape] + SurfacesPart.errorShapes)
        var router = Router()
        router.onError = { error, request in errors.respond(to: error, request) }
        let routes = RoutePermissions.closing(routes, logger: server.logger.labelled("access"))
        for route in routes { router.add(route) }
        router.add(PlatformRoutes.document(of: routes))
        let observation = Observation(
            logger: logger, tracer: hosting.tracing.tracer, metrics: hosting.metrics, ids: .system)
        return { [router] isLocal in
            var router = router
            router.middleware = middleware(observation, isLocal: isLocal, refuse: router.onError)
            return router
        }
    }

    /// What a request passes before its route, outermost first.
    private func middleware(
        _ observation: Observation, isLocal: Bool, refuse: @escaping ErrorResponder
    ) -> [any Middleware] {
        let (trust, access) = (base.trust, base.access)
        let mode = access.mode
        return trust.outermost + [observation] + trust.guards(isOpen: { mode() == .open }) + [
            CrossOrigin(origins: Set(server.configuration.server.corsOrigins)), Compression(),
            access.authentication(isLocal: isLocal, refuse: refuse), trust.identity,
            CallNoting(hosting.metrics),
        ]
    }

    private var routes: [Route] {
        let now: @Sendable () -> Int64 = { UnixTime.now().seconds }
        return [
            OpenAIRoutes(service, now: now).routes,
            EmbeddingRoutes(service, now: now).routes,
            TokenCountRoutes(service).routes,
            MessagesRoutes(service).routes,
            HealthRoutes.routes(metrics: hosting.metrics, health: { await hosting.gateway.health() }),
            PlatformRoutes(gateway: hosting.gateway, events: base.events).routes,
            base.access.routes,
            federation.routes,
            base.trust.routes,
            base.secrets.routes,
            routing.routes,
            DeploymentRoutes(hosting.deployments).routes,
            EngineStateRoutes(hosting.deployments).routes,
            base.catalog.routes,
            jobs.routes,
            hub.routes(jobs.runner),
            making.routes,
            hosting.hardware.routes,
            hosting.memory.routes(hosting.residents),
            admission.routes,
            server.directory.leases.routes,
            conversations.routes,
            remembering.routes(forgettingNotes: conversations.forgetNotes),
            answers.routes,
            surfaces.routes,
            WebRoutes(folder: WebFolder.find(beside: WebFolder.program)).routes,
        ].flatMap { $0 }
    }
}
