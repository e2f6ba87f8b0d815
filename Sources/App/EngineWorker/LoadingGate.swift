import HTTPServing
import JSONText
import Synchronization

/// Answers in the place of a worker's routes while its model is being loaded: clients that wait for `/health` to be 200 see
/// 503 until then, as from llama-server, and not a closed port.
///
/// Source: `middleware_server_state` of llama-server. Differs from it in: `Retry-After`.
final class LoadingGate: Sendable {
    private let routes = Mutex<Router?>(nil)

    /// What the server is started with.
    var router: Router {
        var router = Router()
        router.middleware = [
            ClosureMiddleware { [self] request, _ in
                guard let routes = routes.withLock({ $0 }) else { return Self.loading }
                return await routes.respond(to: request)
            }
        ]
        return router
    }

    /// The model is there: from now on `router` answers.
    func open(_ router: Router) { routes.withLock { $0 = router } }

    private static var loading: HTTPResponse {
        .json(
            ["error": ["message": "Loading model", "type": "unavailable_error", "code": 503]],
            status: .serviceUnavailable, headers: ["Retry-After": "1"])
    }
}
