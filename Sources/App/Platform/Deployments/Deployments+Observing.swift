import AdminAPI
import HTTPFetching
import JSONText
import Vocabulary

extension Deployments: EngineObserving {
    func engineState(of name: String) async throws -> JSONValue {
        let replicas = try await known(name).replicas
        var states: [JSONValue] = []
        for replica in replicas {
            let isReady = replica.server.isReady
            async let slots = isReady ? replica.server.remote.look("/slots") : nil
            async let cache = isReady ? replica.server.remote.look("/cache") : nil
            states.append([
                "id": .whole(replica.id), "state": .string(await replica.server.status.state.rawValue),
                "slots": await slots ?? .null, "cache": await cache ?? .null,
            ])
        }
        return ["deployment": .string(name), "replicas": .array(states)]
    }

    func dropCached(_ node: String, of name: String) async throws -> JSONValue {
        // Numbers only, because it becomes a part of a path.
        guard !node.isEmpty, node.utf8.count <= 20, node.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw Self.noSuchNode(node)
        }
        for replica in try await known(name).replicas where replica.server.isReady {
            if let answer = try await replica.server.remote.drop("/cache/\(node)") { return answer }
        }
        throw Self.noSuchNode(node)
    }

    private static func noSuchNode(_ node: String) -> ServiceError {
        ServiceError(
            .notFound, "No cache has a node \(node.prefix(40)).",
            hint: "GET /api/v1/deployments/{name}/engine lists those that there are.", parameter: "node")
    }
}

extension RemoteModel {
    /// A cache of many thousand prompts is told in some megabytes.
    private static let stateBytesMax = 16 << 20
    private static let limits = Timeouts(
        connect: .seconds(2), firstByte: .seconds(5), idle: .seconds(5), total: .seconds(10))

    /// What a path of an engine tells; `nil` when it tells nothing.
    fileprivate func look(_ path: String) async -> JSONValue? {
        do {
            let (status, body) = try await ask("GET", path)
            return status == 200 ? body : nil
        } catch {
            return nil
        }
    }

    /// - Returns: the answer; `nil` when there is nothing of that name.
    /// - Throws: `ServiceError` when it is refused.
    fileprivate func drop(_ path: String) async throws -> JSONValue? {
        let (status, body) = try await ask("DELETE", path)
        if status == 200 { return body }
        if status == 404 { return nil }
        throw ServiceError(
            .conflict, body["error"]?["message"]?.string ?? "The engine refuses.",
            hint: "Wait until the requests that use it are done.")
    }

    private func ask(_ method: String, _ path: String) async throws -> (status: Int, body: JSONValue) {
        var headers: FetchHeaders = ["Accept": "application/json"]
        if let apiKey = endpoint.apiKey { headers.add("Authorization", "Bearer \(apiKey)") }
        let response = try await client.fetch(
            FetchRequest(
                endpoint.baseURL + path, method: method, headers: headers, unixSocketPath: endpoint.unixSocketPath,
                timeouts: Self.limits))
        return (response.status, try JSONValue.parse(try await response.body.collect(upTo: Self.stateBytesMax)))
    }
}
