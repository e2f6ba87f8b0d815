public import HTTPServing
import JSONText
public import Jobs
import RequestScope
import Streaming
import Vocabulary

/// `/api/v1/jobs`: background work, as it is and as it goes on.
public struct JobRoutes: Sendable {
    private let runner: JobRunner

    public init(_ runner: JobRunner) { self.runner = runner }

    public var routes: [Route] {
        [
            Route(.get, "/api/v1/jobs", Self.listing) { request in try await list(request.query) },
            Route(.get, "/api/v1/jobs/events", Self.events) { _ in try await events(of: nil) },
            Route(.get, "/api/v1/jobs/{id}", Self.one("showJob", "One job, with its log.", .ok, JobShapes.wholeJob)) {
                request in
                .json(.object(try await runner.find(request.job).json(hasLog: true)))
            },
            Route(.get, "/api/v1/jobs/{id}/events", Self.jobEvents) { request in
                try await events(of: request.job)
            },
            Route(.post, "/api/v1/jobs/{id}/cancel", Self.one("cancelJob", "End a job.", .accepted)) { request in
                .json(.object(try await runner.cancel(request.job).json()), status: .accepted)
            },
            Route(.post, "/api/v1/jobs/{id}/retry", Self.one("retryJob", "Try a job again.", .accepted)) {
                request in
                .json(.object(try await runner.retry(request.job).json()), status: .accepted)
            },
            Route(
                .delete, "/api/v1/jobs/{id}",
                Self.one("deleteJob", "Forget a finished job.", .ok, ModelShapes.removal, writes: true)
            ) { request in
                try await runner.delete(request.job)
                return .json(["id": .string(request.job.text), "deleted": true])
            },
        ]
    }

    private func list(_ query: HTTPQuery) async throws -> HTTPResponse {
        var states: Set<JobState> = []
        for name in query["state"]?.split(separator: ",") ?? [] {
            guard let state = JobState(rawValue: String(name)) else {
                let known = JobState.allCases.map(\.rawValue).joined(separator: ", ")
                throw ServiceError(
                    .invalidValue, "'\(name.prefix(40))' is no state of a job.", hint: "States: \(known).",
                    parameter: "state")
            }
            states.insert(state)
        }
        let limit = try query.integer("limit", in: JobFilter.countAllowed) ?? 100
        let jobs = try await runner.list(
            JobFilter(states: states, kind: query["kind"], before: query["before"].map(JobID.init), countMax: limit))
        var members: JSONObject = ["jobs": .array(jobs.map { .object($0.json()) })]
        if jobs.count == limit, let last = jobs.last { members["next"] = .string(last.id.text) }
        return .json(.object(members))
    }

    /// The job as it is, and then each change; of one job until it is finished.
    private func events(of id: JobID?) async throws -> HTTPResponse {
        // Subscribed first, so that nothing is missed between.
        let changes = await runner.events(of: id)
        let first: JobRecord?
        if let id { first = try await runner.find(id) } else { first = nil }
        return .events(keepAlive: .seconds(15)) { writer in
            if let first {
                try await writer.write(Self.event(first))
                if first.state.isFinished { return }
            }
            for await record in changes {
                try await writer.write(Self.event(record))
                if id != nil, record.state.isFinished { return }
            }
        }
    }

    private static func event(_ record: JobRecord) -> ServerSentEvent {
        ServerSentEvent(event: "job", data: JSONValue.object(record.json()).text)
    }
}

extension HTTPRequest {
    fileprivate var job: JobID { JobID(parameters.string("id")) }
}

// MARK: Descriptions

extension JobRoutes {
    private static let listing = RouteDescription(
        operation: "listJobs", summary: "Background work, newest first.", tags: ["jobs"],
        parameters: [
            .init("state", in: .query, summary: "Only jobs in these states, with commas between."),
            .init("kind", in: .query, summary: "Only jobs of this kind."),
            .init("before", in: .query, summary: "Only jobs submitted before this one: `next` of the last answer."),
            .init(
                "limit", in: .query, summary: "How many at most.",
                schema: ["type": "integer", "minimum": 1, "maximum": 1_000, "default": 100]),
        ],
        responses: [.init(.ok, nil, .json(JobShapes.list))], permission: "jobs.read")

    private static let events = RouteDescription(
        operation: "streamJobs", summary: "Every change of every job, as server-sent events.", tags: ["jobs"],
        responses: [.init(.ok, nil, .events)], permission: "jobs.read")

    private static let jobEvents = RouteDescription(
        operation: "streamJob", summary: "A job as it is and as it changes, until it is finished.", tags: ["jobs"],
        parameters: [.init("id", in: .path, summary: "The job's id.")],
        responses: [.init(.ok, nil, .events), .init(.notFound)], permission: "jobs.read")

    private static func one(
        _ operation: String, _ summary: String, _ status: HTTPStatus, _ answer: JSONValue = JobShapes.job,
        writes: Bool? = nil
    ) -> RouteDescription {
        let refuses = writes ?? (status == .accepted)
        return RouteDescription(
            operation: operation, summary: summary, tags: ["jobs"],
            parameters: [.init("id", in: .path, summary: "The job's id.")],
            responses: [.init(status, nil, .json(answer)), .init(.notFound)]
                + (refuses ? [.init(.conflict)] : []), permission: refuses ? "jobs.write" : "jobs.read")
    }
}
