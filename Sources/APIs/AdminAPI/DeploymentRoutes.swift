public import HTTPServing
public import Hosting
import JSONText
import RequestScope
import Streaming
import Vocabulary

/// `/api/v1/deployments`: what is served, under which configuration, and orders to those who serve.
public struct DeploymentRoutes: Sendable {
    private let control: any DeploymentControl
    /// So long a silence of a followed log is broken with a comment.
    private static let keepAlive = Duration.seconds(15)
    private static let path = "/api/v1/deployments"
    private static let one = path + "/{name}"

    /// - Parameter control: carries the orders out.
    public init(_ control: any DeploymentControl) { self.control = control }

    public var routes: [Route] { reading + changing + orders }

    private var reading: [Route] {
        let read = "deployments.read"
        return [
            Route(
                .get, Self.path,
                Self.describe(
                    "listDeployments", "All deployments and how they fare.", shape: DeploymentShapes.list,
                    permission: read)
            ) { _ in
                .json(["deployments": .array(await control.reports().map(\.json))])
            },
            Route(.get, Self.one, Self.describe("getDeployment", "One deployment and how it fares.", permission: read))
            { request in
                .json(try await control.report(of: Self.name(request)).json)
            },
            Route(
                .get, Self.one + "/versions",
                Self.describe(
                    "listDeploymentVersions", "Every configuration that a deployment had, the oldest first.",
                    shape: DeploymentShapes.versions, permission: read)
            ) { request in
                let versions = try await control.versions(of: Self.name(request))
                return .json(["versions": .array(versions.map(\.json))])
            },
            Route(
                .get, Self.one + "/diff",
                Self.describe(
                    "diffDeploymentVersions", "What differs between two versions.",
                    [
                        .init("from", in: .query, summary: "A version; the one before `to` when left out."),
                        .init("to", in: .query, summary: "A version; the active one when left out."),
                    ], shape: DeploymentShapes.difference, permission: read)
            ) { request in .json(try await difference(request)) },
            Route(
                .get, Self.one + "/logs",
                Self.describe(
                    "getDeploymentLog", "The newest lines that a deployment's processes wrote.",
                    [
                        .init("tail", in: .query, summary: "How many lines; 100 when left out."),
                        .init("follow", in: .query, summary: "Whether to go on with those that come, as events."),
                    ], shape: DeploymentShapes.log)
            ) { request in try await log(request) },
        ]
    }

    private var changing: [Route] {
        [
            Route(
                .post, Self.path,
                Self.describe(
                    "createDeployment", "Make a deployment.", body: DeploymentSchemas.create, answers: .created)
            ) { request in
                let body = try await Self.body(request)
                let (name, start, spec) = try Self.creation(body)
                let terms = try Self.terms(body, request)
                var report = try await control.create(name, spec, terms)
                if start { report = try await control.start(name) }
                return .json(report.json, status: .created)
            },
            Route(
                .patch, Self.one,
                Self.describe(
                    "changeDeployment", "Change members of the configuration, which makes a version.",
                    body: DeploymentSchemas.change)
            ) { request in
                let body = try await Self.body(request)
                var patch = body.value.object ?? [:]
                for name in Self.termMembers { patch[name] = nil }
                return .json(
                    try await control.change(Self.name(request), patch: .object(patch), try Self.terms(body, request))
                        .json)
            },
            Route(
                .delete, Self.one,
                Self.describe(
                    "removeDeployment", "End a deployment and forget it with all versions.",
                    [.init("force", in: .query, summary: "Whether also while it is in use.")], answers: .noContent)
            ) { request in
                try Self.refuseForeignPages(request)
                try await control.remove(Self.name(request), isForced: try request.query.bool("force") ?? false)
                return HTTPResponse(.noContent)
            },
            Route(
                .post, Self.one + "/rollback",
                Self.describe(
                    "rollBackDeployment", "Make an earlier version's configuration the active one again.",
                    body: DeploymentSchemas.rollback)
            ) { request in
                let body = try await Self.body(request, mayBeEmpty: true)
                do {
                    let number = try body.optional("to")?.integer(in: 1...Int(Int32.max))
                    return .json(
                        try await control.rollBack(Self.name(request), to: number, try Self.terms(body, request)).json)
                } catch let error as JSONFieldError {
                    throw ServiceError(reading: error)
                }
            },
            Route(
                .post, Self.one + "/scale",
                Self.describe(
                    "scaleDeployment", "Change how many equal servers there are.", body: DeploymentSchemas.scale)
            ) { request in
                let body = try await Self.body(request)
                do {
                    let count = try body.required("replicas").integer(in: 1...DeploymentSpec.replicasMax)
                    var terms = try Self.terms(body, request)
                    if terms.note.isEmpty { terms.note = "scaled to \(count)" }
                    return .json(
                        try await control.change(Self.name(request), patch: ["replicas": .whole(count)], terms).json)
                } catch let error as JSONFieldError {
                    throw ServiceError(reading: error)
                }
            },
        ]
    }

    private var orders: [Route] {
        [
            order("start", "startDeployment", "Load a deployment. Answers when it serves.") {
                try await control.start($0)
            },
            order("stop", "stopDeployment", "End a deployment when its answers are finished; no request loads it.") {
                try await control.stop($0)
            },
            order("restart", "restartDeployment", "Start equal servers in place of those that run.") {
                try await control.restart($0)
            },
        ]
    }

    private func order(
        _ word: String, _ operation: String, _ summary: String,
        _ body: @escaping @Sendable (String) async throws -> DeploymentReport
    ) -> Route {
        Route(.post, Self.one + "/" + word, Self.describe(operation, summary)) { request in
            try Self.refuseForeignPages(request)
            return .json(try await body(Self.name(request)).json)
        }
    }

    // MARK: Answers

    private func difference(_ request: HTTPRequest) async throws -> JSONValue {
        let name = Self.name(request)
        let versions = try await control.versions(of: name)
        func version(_ number: Int) throws -> DeploymentVersion {
            if let found = versions.first(where: { $0.number == number }) { return found }
            throw ServiceError(
                .notFound, "There is no version \(number) of '\(name)'.",
                hint: "There are \(versions.map { String($0.number) }.joined(separator: ", ")).")
        }
        let range = 1...Int(Int32.max)
        let active = versions.last { $0.state == .active }?.number ?? 1
        let to = try version(try request.query.integer("to", in: range) ?? active)
        let before = versions.last { $0.number < to.number && $0.state != .failed }?.number ?? to.number
        let from = try version(try request.query.integer("from", in: range) ?? before)
        let changes = ConfigurationDifference.between(from.spec.json(isShown: true), to.spec.json(isShown: true))
        return [
            "from": .whole(from.number), "to": .whole(to.number), "changes": .array(changes.map(\.json)),
        ]
    }

    private func log(_ request: HTTPRequest) async throws -> HTTPResponse {
        let name = Self.name(request)
        let count = try request.query.integer("tail", in: 0...2_000) ?? 100
        guard try request.query.bool("follow") ?? false else {
            return .json(["lines": .array(try await control.log(of: name, last: count).map(\.json))])
        }
        let lines = try await control.followLog(of: name, last: count)
        return .events(keepAlive: Self.keepAlive) { writer in
            for await line in lines {
                try await writer.write(ServerSentEvent(data: line.json.text, id: String(line.number)))
            }
        }
    }

    private static func describe(
        _ operation: String, _ summary: String, _ parameters: [RouteDescription.Parameter] = [],
        body: JSONValue? = nil, answers status: HTTPStatus = .ok, shape: JSONValue = DeploymentShapes.deployment,
        permission: String = "deployments.write"
    ) -> RouteDescription {
        RouteDescription(
            operation: operation, summary: summary, tags: ["deployments"], parameters: parameters,
            requestBodies: body.map { [.json($0)] } ?? [],
            responses: [status == .noContent ? .init(status) : .init(status, nil, .json(shape))],
            permission: permission)
    }
}
