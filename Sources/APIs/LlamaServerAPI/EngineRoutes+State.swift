import HTTPServing
import JSONText
import RequestScope
import Vocabulary

extension EngineRoutes {
    /// `GET /slots`, `GET /cache` and `DELETE /cache/{node}`.
    var stateRoutes: [Route] {
        [
            Route(.get, "/slots", EngineSchemas.slots) { request in
                let slots = try await engine.slots()
                if try request.query.bool("fail_on_no_slot") == true, !slots.contains(where: { $0.state == .idle }) {
                    throw ServiceError(
                        .modelUnavailable, "No slot is idle.", hint: "Ask again, or send the request: it will wait.",
                        retryAfter: .seconds(1))
                }
                return .json(.array(slots.map { $0.value(contextTokens: contextTokens) }))
            },
            Route(.get, "/cache", EngineSchemas.cache) { _ in .json(try await engine.cache().value) },
            Route(.delete, "/cache/{node}", EngineSchemas.invalidate) { request in
                try await invalidate(request.parameters.string("node"))
            },
        ]
    }

    private func invalidate(_ text: String) async throws -> HTTPResponse {
        // The one way to write each number, so that a node has one path.
        let node = UInt64(text).flatMap { String($0) == text ? $0 : nil }
        var count = 0
        do throws(ServiceError) {
            if let node { count = try await engine.invalidateCache(node: node) }
        } catch {
            throw Self.refusals.contains(error.code) ? error : error.asConflict
        }
        guard count > 0 else {
            throw ServiceError(
                .notFound, "The cache has no node \(text.prefix(40)).", hint: "GET /cache lists those that it has.",
                parameter: "node")
        }
        return .json(["node": .string(text), "removed": .whole(count)])
    }

    /// What an engine says when it is not the node that stands in the way.
    private static let refusals: Set<ServiceError.Code> = [
        .notFound, .engineFailed, .modelUnavailable, .shuttingDown, .timeout, .internalError, .unsupported,
    ]
}

extension ServiceError {
    /// Running requests use what was to be removed.
    fileprivate var asConflict: ServiceError {
        var conflict = self
        conflict.code = .conflict
        conflict.hint = hint ?? "Wait until the requests that use it are done."
        return conflict
    }
}
