public import HTTPServing
import JSONText
import RequestScope
public import Vocabulary

/// One request to a worker's own endpoint, by way of the platform.
public struct RelayedCall: Sendable {
    public let id: RequestID
    /// Empty where the caller names none.
    public let model: ModelID
    public let method: HTTPMethod
    /// One of the known paths; what stands for a placeholder is a number.
    public let path: String
    /// With its `?`, or empty; made of known parameters.
    public let query: String
    public let body: [UInt8]
    /// A stable word for metrics: `tokenize`.
    public let operation: String
    /// Whether a model is loaded for it. What only looks wakes nobody.
    public let wakes: Bool
    /// Whether it changes the worker.
    public let changes: Bool
    /// Whether it is an administrator's business, and no use of the model.
    public let isAdministration: Bool
}

/// Sends requests to the worker of a model.
public protocol WorkerRelaying: Sendable {
    /// - Parameter call: a request to a known path.
    /// - Returns: the worker's answer as it comes.
    /// - Throws: a `ServiceError` when there is no such model, or what the worker refused it with.
    func relay(_ call: RelayedCall) async throws -> HTTPResponse
}

/// The endpoints of workers through the platform: `?model=`, the body's `model` or the default says whose. Only these
/// paths are passed on, each rebuilt from its parts.
public struct RelayRoutes: Sendable {
    private let relay: any WorkerRelaying
    private static let administration = "workers.admin"
    private static let bodyBytesMax = 16 << 20
    private static let modelBytesMax = 256

    public init(_ relay: any WorkerRelaying) { self.relay = relay }

    /// Where these endpoints are, for the shape of their errors.
    public static let paths = [
        "/tokenize", "/detokenize", "/apply-template", "/props", "/slots", "/cache", "/lora-adapters",
    ]

    public var routes: [Route] {
        [
            route(.post, "/tokenize", EngineSchemas.tokenize, "chat.use"),
            route(.post, "/detokenize", EngineSchemas.detokenize, "chat.use"),
            route(.post, "/apply-template", EngineSchemas.applyTemplate, "chat.use"),
            route(.get, "/props", EngineSchemas.props, "models.read"),
            // Slots and cache show what others have written.
            route(.get, "/slots", EngineSchemas.slots, Self.administration, wakes: false, query: ["fail_on_no_slot"]),
            route(
                .post, "/slots/{id}", EngineSchemas.slotAction, Self.administration, changes: true, query: ["action"]),
            route(.get, "/cache", EngineSchemas.cache, Self.administration, wakes: false),
            route(
                .delete, "/cache/{node}", EngineSchemas.invalidate, Self.administration, wakes: false, changes: true),
            route(.get, "/lora-adapters", AdapterSchemas.list, "models.read"),
            route(.post, "/lora-adapters", AdapterSchemas.set, Self.administration, changes: true),
            route(.post, "/lora-adapters/load", AdapterSchemas.load, Self.administration, changes: true),
            route(.delete, "/lora-adapters/{id}", AdapterSchemas.remove, Self.administration, changes: true),
        ]
    }

    private func route(
        _ method: HTTPMethod, _ pattern: String, _ description: RouteDescription, _ permission: String,
        wakes: Bool = true, changes: Bool = false, query allowed: [String] = []
    ) -> Route {
        var told = description
        told.permission = permission
        told.parameters.append(.init("model", in: .query, summary: "Whose worker; the default model's when left out."))
        let operation = description.operation ?? pattern
        return Route(method, pattern, told, bodyBytesMax: Self.bodyBytesMax, execution: .bySize) { request in
            let query = try request.query
            let body = method == .post ? try await request.body.collect() : []
            return try await relay.relay(
                RelayedCall(
                    id: request.id, model: try Self.model(query, body), method: method,
                    path: try Self.path(pattern, request), query: Self.query(query, allowed), body: body,
                    operation: operation, wakes: wakes, changes: changes,
                    isAdministration: permission == Self.administration))
        }
    }

    /// The model that the query or the body names. What the body is beside that, the worker reads.
    private static func model(_ query: HTTPQuery, _ body: [UInt8]) throws(ServiceError) -> ModelID {
        var name = query["model"]
        if name == nil, body.contains(UInt8(ascii: "{")) {
            do { name = try JSONValue.parse(body)["model"]?.string } catch { name = nil }
        }
        guard let name else { return ModelID("") }
        guard name.utf8.count <= modelBytesMax else {
            throw ServiceError(
                .invalidValue, "'model' has more than \(modelBytesMax) bytes.", parameter: "model")
        }
        return ModelID(name)
    }

    /// The pattern with its placeholder's number.
    private static func path(_ pattern: String, _ request: HTTPRequest) throws(ServiceError) -> String {
        guard let open = pattern.firstIndex(of: "{"), let close = pattern.firstIndex(of: "}") else { return pattern }
        let name = String(pattern[pattern.index(after: open)..<close])
        let value = request.parameters.string(name)
        guard (1...20).contains(value.utf8.count), value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw ServiceError(
                .notFound, "'\(value.prefix(40))' is no number.",
                hint: "GET \(pattern[..<open].dropLast()) lists those that there are.", parameter: name)
        }
        return pattern[..<open] + value
    }

    /// The known parameters, if they are words.
    private static func query(_ query: HTTPQuery, _ allowed: [String]) -> String {
        let pairs = allowed.compactMap { name -> String? in
            guard let value = query[name] else { return nil }
            return "\(name)=\(value.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }.prefix(32))"
        }
        return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
    }
}
