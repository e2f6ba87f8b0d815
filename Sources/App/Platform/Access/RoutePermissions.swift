import Access
import HTTPServing
import Telemetry

/// Sees to it that every route has its entry in the permission table, or stands in the list of those that are for everybody.
enum RoutePermissions {
    /// The routes, where those that have no entry are closed to everybody but administrators.
    ///
    /// - Parameters:
    ///   - routes: of all parts.
    ///   - logger: told of each that had to be closed.
    /// - Returns: all of them.
    static func closing(_ routes: [Route], logger: Logger) -> [Route] {
        routes.map { route in
            guard let fault = fault(of: route) else { return route }
            logger.error(
                "a route has no entry in the permission table and is closed",
                ["route": .string(name(of: route)), "fault": .string(fault)])
            var closed = route
            closed.description.permission = OpenRoutes.closed
            return closed
        }
    }

    /// What is wrong with a route's permission; `nil` when nothing is.
    static func fault(of route: Route) -> String? {
        guard let permission = route.description.permission else {
            return OpenRoutes.all.contains(name(of: route)) ? nil : "no permission, and not among those for everybody"
        }
        return PermissionTable.permission(named: permission) == nil ? "'\(permission)' is not in the table" : nil
    }

    private static func name(of route: Route) -> String { "\(route.method.rawValue) \(route.pattern)" }
}
