public import HTTPServing
public import JSONText
import Vocabulary

/// Looks into the engines that serve a deployment.
public protocol EngineObserving: Sendable {
    /// Slots and prefix cache of each server of a deployment, as the engine tells them.
    ///
    /// - Parameter name: of the deployment.
    /// - Returns: an object with `deployment` and `replicas`; what a server does not tell is `null`.
    /// - Throws: `ServiceError` when there is no such deployment.
    func engineState(of name: String) async throws -> JSONValue
    /// Takes a node and what begins with it out of the prefix caches.
    ///
    /// - Parameters:
    ///   - node: its id, as the cache tells it.
    ///   - name: of the deployment.
    /// - Returns: the engine's answer.
    /// - Throws: `ServiceError` when there is no such deployment or node, or requests use it.
    func dropCached(_ node: String, of name: String) async throws -> JSONValue
}

/// `/api/v1/deployments/{name}/engine` and `/cache`: what the engine does right now.
public struct EngineStateRoutes: Sendable {
    private let engines: any EngineObserving

    /// - Parameter engines: those that are looked into.
    public init(_ engines: any EngineObserving) { self.engines = engines }

    public var routes: [Route] {
        [
            Route(.get, "/api/v1/deployments/{name}/engine", Self.state) { request in
                let state = try await engines.engineState(of: request.parameters.string("name"))
                return .json(Self.shown(state, to: Principal.current ?? .open))
            },
            Route(.delete, "/api/v1/deployments/{name}/cache/{node}", Self.drop) { request in
                try DeploymentRoutes.refuseForeignPages(request)
                let name = request.parameters.string("name")
                return .json(try await engines.dropCached(request.parameters.string("node"), of: name))
            },
        ]
    }

    /// Everybody sees how busy an engine is; only administrators see whose requests those are and what prompts say.
    static func shown(_ state: JSONValue, to caller: Principal) -> JSONValue {
        guard caller.role < .admin, var whole = state.object else { return state }
        whole["replicas"] = .array(
            (state["replicas"]?.array ?? []).map { replica in
                var members = replica.object ?? [:]
                members["slots"] = replica["slots"]?.array.map { slots in
                    .array(slots.map { without($0, unless: caller.tenant.name, ["tenant", "request_id"]) })
                }
                if var cache = replica["cache"]?.object {
                    cache["nodes"] = []
                    members["cache"] = .object(cache)
                }
                return .object(members)
            })
        return .object(whole)
    }

    private static func without(_ value: JSONValue, unless tenant: String, _ names: [String]) -> JSONValue {
        guard var members = value.object, value["tenant"]?.string != tenant else { return value }
        for name in names where members[name] != nil { members[name] = .null }
        return .object(members)
    }

    private static let name = RouteDescription.Parameter("name", in: .path, summary: "The deployment's name.")

    private static let state = RouteDescription(
        operation: "getEngineState", summary: "Slots and prefix cache of each of a deployment's servers, right now.",
        tags: ["deployments"], parameters: [name],
        responses: [
            .init(
                .ok, nil,
                .json([
                    "type": "object",
                    "properties": [
                        "deployment": ["type": "string"],
                        "replicas": [
                            "type": "array",
                            "items": [
                                "type": "object",
                                "properties": [
                                    "id": ["type": "integer"], "state": ["type": "string"],
                                    "slots": [
                                        "type": ["array", "null"],
                                        "items": ["type": "object", "description": "As GET /slots has it."],
                                    ],
                                    "cache": ["type": ["object", "null"], "description": "As GET /cache has it."],
                                ],
                            ],
                        ],
                    ],
                ])), .init(.notFound),
        ],
        permission: "deployments.read")

    private static let drop = RouteDescription(
        operation: "dropCachedPrompt", summary: "Forget a cached prompt and everything that begins with it.",
        tags: ["deployments"], parameters: [name, .init("node", in: .path, summary: "The node's id.")],
        responses: [
            .init(.ok, nil, .json(["type": "object", "description": "What the engine answers."])), .init(.notFound),
            .init(.conflict),
        ],
        permission: "deployments.write")
}
