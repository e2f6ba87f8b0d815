public import HTTPServing
import JSONText
import RequestScope
import Vocabulary

extension EngineRoutes {
    /// `GET /props`, and `POST /props` where it is allowed; nothing can be changed by it yet.
    func propertyRoutes(_ profile: EngineProfile) -> [Route] {
        [
            Route(.get, "/props", EngineSchemas.props) { _ in .json(profile.value) },
            Route(.post, "/props", EngineSchemas.changeProps) { request in
                guard profile.offersProps else { throw Self.isOff("changing global properties", "--props") }
                _ = try JSONField.body(try await request.body.collect())
                return .json(["success": true])
            },
        ]
    }

    /// Answers for endpoints that the engine's options leave off.
    public static func off(_ routes: [Route], _ what: String, option: String) -> [Route] {
        routes.map { route in
            Route(route.method, route.pattern, route.description) { _ in throw isOff(what, option) }
        }
    }

    private static func isOff(_ what: String, _ option: String) -> ServiceError {
        ServiceError(.notSupported, "This server does not support \(what).", hint: "Start it with `\(option)`.")
    }
}
