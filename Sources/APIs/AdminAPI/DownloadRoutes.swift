public import HTTPServing
import JSONText
public import Jobs
public import ModelHub
import RequestScope
import Streaming
import Vocabulary

/// What clients may know of the hub's configuration: never the token.
public struct HubDescription: Sendable, Equatable {
    public let url: String
    public let hasToken: Bool
    public let connections: Int

    public init(url: String, hasToken: Bool, connections: Int) {
        self.url = url
        self.hasToken = hasToken
        self.connections = connections
    }
}

/// `/api/v1/models/downloads` and `/api/v1/hub`: bringing models to this machine. A download is a job of the kind
/// `download`; these routes show it with what is known of its speed.
public struct DownloadRoutes: Sendable {
    private let runner: JobRunner
    private let client: HubClient
    private let throttle: Throttle
    private let hub: HubDescription
    private let progress: @Sendable (JobID) -> DownloadProgress?

    /// - Parameters:
    ///   - runner: has the kind `download`.
    ///   - client: of the hub.
    ///   - throttle: the bandwidth limit.
    ///   - hub: its configuration.
    ///   - progress: of a running download.
    public init(
        runner: JobRunner, client: HubClient, throttle: Throttle, hub: HubDescription,
        progress: @escaping @Sendable (JobID) -> DownloadProgress?
    ) {
        self.runner = runner
        self.client = client
        self.throttle = throttle
        self.hub = hub
        self.progress = progress
    }

    public var routes: [Route] {
        [
            Route(.post, "/api/v1/models/downloads", Self.start) { request in
                let body = try JSONField.body(try await request.body.collect())
                let job = try await runner.submit(DownloadJob.name, body.object())
                return .json(json(job), status: .accepted)
            },
            Route(.get, "/api/v1/models/downloads", Self.list) { _ in
                let jobs = try await runner.list(JobFilter(kind: DownloadJob.name, countMax: 100))
                return .json(["downloads": .array(jobs.map { json($0) })])
            },
            Route(
                .get, "/api/v1/models/downloads/{id}",
                Self.one("showDownload", "One download.", answer: DownloadShapes.whole)
            ) { request in
                .json(json(try await find(request), hasLog: true))
            },
            Route(.get, "/api/v1/models/downloads/{id}/events", Self.follow) { request in
                events(of: try await find(request).id, await runner.events(of: try await find(request).id))
            },
            Route(
                .delete, "/api/v1/models/downloads/{id}",
                Self.one(
                    "cancelDownload", "End a download; what has arrived is kept.", permission: "models.write",
                    status: .accepted, answer: DownloadShapes.one)
            ) {
                request in
                .json(json(try await runner.cancel(try await find(request).id)), status: .accepted)
            },
            Route(.get, "/api/v1/hub", Self.description) { _ in .json(hubJSON) },
            Route(.patch, "/api/v1/hub", Self.change) { request in
                try change(try JSONField.body(try await request.body.collect()))
                return .json(hubJSON)
            },
            Route(.get, "/api/v1/hub/files", Self.files) { request in try await files(request.query) },
        ]
    }

    private func find(_ request: HTTPRequest) async throws -> JobRecord {
        let id = request.parameters.string("id")
        let job = try await runner.find(JobID(id))
        guard job.kind == DownloadJob.name else {
            throw ServiceError(
                .notFound, "The job '\(id)' is no download.", hint: "GET /api/v1/models/downloads lists them.")
        }
        return job
    }

    private func json(_ job: JobRecord, hasLog: Bool = false) -> JSONValue {
        var members = job.json(hasLog: hasLog)
        members["model"] = job.parameters[DownloadJob.reference] ?? .null
        members["download"] = progress(job.id)?.json ?? .null
        return .object(members)
    }

    /// The download as it is, then each change, until it is finished.
    private func events(of id: JobID, _ changes: JobEvents) -> HTTPResponse {
        .events(keepAlive: .seconds(15)) { writer in
            let first = try await runner.find(id)
            try await writer.write(ServerSentEvent(event: "download", data: json(first).text))
            if first.state.isFinished { return }
            for await job in changes {
                try await writer.write(
                    ServerSentEvent(event: "download", data: json(job, hasLog: job.state.isFinished).text))
                if job.state.isFinished { return }
            }
        }
    }

    // MARK: the hub

    private var hubJSON: JSONValue {
        [
            "url": .string(hub.url), "has_token": .bool(hub.hasToken), "connections": .whole(hub.connections),
            "bytes_per_second_max": throttle.bytesPerSecond.map { .whole($0) } ?? .null,
        ]
    }

    private func change(_ body: JSONField) throws {
        let members = body.value.object ?? [:]
        guard let limit = members["bytes_per_second_max"], members.count == 1 else {
            throw ServiceError(
                .invalidValue, "Only 'bytes_per_second_max' can be changed while the server runs.",
                hint: "Send {\"bytes_per_second_max\": 5000000}, or null for no limit.")
        }
        guard !limit.isNull else { return throttle.change(bytesPerSecond: nil) }
        do {
            throttle.change(
                bytesPerSecond: try body.required("bytes_per_second_max").integer(in: 1024...(1 << 40)))
        } catch {
            throw ServiceError(reading: error)
        }
    }

    private func files(_ query: HTTPQuery) async throws -> HTTPResponse {
        let reference = try DownloadJob.reference(of: [DownloadJob.reference: .string(query["model"] ?? "")])
        do {
            let listing = try await client.listing(of: reference.repository)
            return .json([
                "repository": .string(listing.repository.description), "commit": .string(listing.commit),
                "chosen": try Self.choice(from: listing, selector: reference.selector),
                "files": .array(
                    listing.files.map { file in
                        [
                            "path": .string(file.path), "bytes": file.size.map { .whole($0) } ?? .null,
                            "checksum": file.checksum.map { .string("\($0.algorithm):\($0.hexadecimal)") } ?? .null,
                        ]
                    }),
            ])
        } catch let error as HubError {
            throw error.serviceError
        }
    }

    /// The paths that would be downloaded; null where several models could be meant.
    private static func choice(from listing: HubListing, selector: String?) throws(HubError) -> JSONValue {
        do {
            return .array(try FileChoice.choose(from: listing, selector: selector).files.map { .string($0.path) })
        } catch {
            guard error.code == .ambiguous else { throw error }
            return .null
        }
    }
}

// MARK: Descriptions

extension DownloadRoutes {
    private static let model: RouteDescription.Content = .json([
        "type": "object", "required": ["model"],
        "properties": ["model": ["type": "string", "example": "owner/name:Q4_K_M"]],
    ])

    private static let start = RouteDescription(
        operation: "startDownload", summary: "Bring a model from the hub. The same model twice is one download.",
        tags: ["hub"], requestBodies: [model],
        responses: [.init(.accepted, nil, .json(DownloadShapes.one)), .init(.badRequest)],
        permission: "models.write")

    private static let list = RouteDescription(
        operation: "listDownloads", summary: "Downloads, newest first.", tags: ["hub"],
        responses: [.init(.ok, nil, .json(DownloadShapes.list))], permission: "models.read")

    private static let follow = RouteDescription(
        operation: "streamDownload", summary: "A download as it is and as it goes on, until it is finished.",
        tags: ["hub"], parameters: [.init("id", in: .path, summary: "The job's id.")],
        responses: [.init(.ok, nil, .events), .init(.notFound)], permission: "models.read")

    private static let description = RouteDescription(
        operation: "showHub", summary: "Where models are downloaded from, and the bandwidth limit.", tags: ["hub"],
        responses: [.init(.ok, nil, .json(DownloadShapes.hub))], permission: "hub.read")

    private static let change = RouteDescription(
        operation: "changeHub", summary: "Change the bandwidth limit, also of downloads that are running.",
        tags: ["hub"],
        requestBodies: [
            .json([
                "type": "object",
                "properties": ["bytes_per_second_max": ["type": ["integer", "null"], "minimum": 1024]],
            ])
        ], responses: [.init(.ok, nil, .json(DownloadShapes.hub)), .init(.badRequest)], permission: "hub.write")

    private static let files = RouteDescription(
        operation: "listHubFiles", summary: "What a repository holds, and what would be downloaded.", tags: ["hub"],
        parameters: [.init("model", in: .query, isRequired: true, summary: "owner/name[:quantisation].")],
        responses: [.init(.ok, nil, .json(DownloadShapes.files)), .init(.notFound)], permission: "hub.read")

    private static func one(
        _ operation: String, _ summary: String, permission: String = "models.read", status: HTTPStatus = .ok,
        answer: JSONValue
    ) -> RouteDescription {
        RouteDescription(
            operation: operation, summary: summary, tags: ["hub"],
            parameters: [.init("id", in: .path, summary: "The job's id.")],
            responses: [.init(status, nil, .json(answer)), .init(.notFound)], permission: permission)
    }
}
