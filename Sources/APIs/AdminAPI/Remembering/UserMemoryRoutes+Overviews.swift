import Conversations
import HTTPServing
import JSONText
import RequestScope
import Vocabulary

/// Numbers, the graph, the user's choice, and all of it as a file.
extension UserMemoryRoutes {
    var overviews: [Route] {
        [
            Route(
                .get, "/api/v1/memories/stats",
                Self.one(
                    "showMemoryStatistics", "Numbers of what is remembered and talked about.",
                    answer: UserMemoryShapes.statistics)
            ) { request in
                .json(try await tools.memories.statistics(of: request.owner).json(countMax: tools.countMax))
            },
            Route(.get, "/api/v1/memories/graph", Self.graphing) { try await graph($0) },
            Route(
                .get, "/api/v1/memories/settings",
                Self.one("showMemorySettings", "What you want of memory.", answer: UserMemoryShapes.settings)
            ) {
                try await settings(of: $0.owner)
            },
            Route(.put, "/api/v1/memories/settings", Self.choosing) { request in
                let body = try JSONField.body(try await request.body.collect())
                var settings = try await tools.memories.settings(of: request.owner) ?? tools.standard
                do { try settings.change(body) } catch { throw ServiceError(reading: error) }
                try await tools.memories.set(settings, of: request.owner)
                return try await self.settings(of: request.owner)
            },
            Route(
                .get, "/api/v1/memories/export",
                Self.one("exportMemory", "Everything as a file.", answer: UserMemoryShapes.file)
            ) {
                try await export($0)
            },
        ]
    }

    private func settings(of owner: ConversationOwner) async throws -> HTTPResponse {
        let settings = try await tools.memories.settings(of: owner) ?? tools.standard
        return .json(settings.json(countMax: tools.countMax, try await tools.search.state(of: owner)))
    }

    private func graph(_ request: HTTPRequest) async throws -> HTTPResponse {
        let query = try request.query
        let countMax = try query.integer("limit", in: MemoryFilter.countAllowed) ?? 500
        let filter = MemoryFilter(
            state: try query.bool("past") == true ? .all : .valid, space: try query.space(), countMax: 100_000)
        let all = try await tools.memories.memories(filter, of: request.owner).filter { $0.statement != nil }
        return .json(
            MemoryGraph(Array(all.prefix(countMax))).json(at: tools.now(), isTruncated: all.count > countMax))
    }

    private func export(_ request: HTTPRequest) async throws -> HTTPResponse {
        let all = try await tools.memories.memories(MemoryFilter(state: .all, countMax: 100_000), of: request.owner)
        let spaces = try await tools.spaces.spaces(of: request.owner)
        let document: JSONValue = [
            "format": "llama-nexus.memory", "version": 1, "memories": .array(all.reversed().map { $0.json() }),
            "contexts": .array(spaces.map(\.json)),
        ]
        return HTTPResponse(
            headers: [
                "Content-Type": "application/json", "Content-Disposition": "attachment; filename=\"memory.json\"",
            ], body: .bytes(document.bytes))
    }
}
