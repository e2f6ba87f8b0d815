public import Gateway
public import HTTPServing
import Hosting
import JSONText
import RequestScope
import Vocabulary

/// `/api/v1/routing`: who answers to which name, what was decided about requests, and how the deployments fare.
public struct RoutingRoutes: Sendable {
    private let control: any RoutingControl
    private static let path = "/api/v1/routing"

    /// - Parameter control: carries the orders out.
    public init(_ control: any RoutingControl) { self.control = control }

    public var routes: [Route] { reading + changing(.routes) + changing(.ensembles) + deciding }

    /// The two kinds of entries.
    private struct Kind: Sendable {
        /// In paths and in the table.
        let members: String
        let one: String
        let operation: String
        let schema: JSONValue
        let answer: JSONValue
        let put: @Sendable (JSONField, String, inout RoutingTable) throws(JSONFieldError) -> Void
        /// Whether it was there.
        let remove: @Sendable (String, inout RoutingTable) -> Bool
        let isKnown: @Sendable (String, RoutingTable) -> Bool

        static let routes = Kind(
            members: "routes", one: "route", operation: "Route", schema: RoutingSchemas.route,
            answer: RoutingShapes.route,
            put: { field, name, table throws(JSONFieldError) in
                table.routes[name] = try ModelRoute(reading: field)
            },
            remove: { $1.routes.removeValue(forKey: $0) != nil }, isKnown: { $1.routes[$0] != nil })
        static let ensembles = Kind(
            members: "ensembles", one: "ensemble", operation: "Ensemble", schema: RoutingSchemas.ensemble,
            answer: RoutingShapes.ensemble,
            put: { field, name, table throws(JSONFieldError) in
                table.ensembles[name] = try EnsembleSpec(reading: field)
            },
            remove: { $1.ensembles.removeValue(forKey: $0) != nil }, isKnown: { $1.ensembles[$0] != nil })
    }

    // MARK: The table

    private var reading: [Route] {
        [
            Route(
                .get, Self.path,
                Self.describe("getRouting", "The routing table in effect.", answer: RoutingShapes.table)
            ) { _ in
                .json(await control.report().json)
            },
            Route(
                .get, Self.path + "/versions",
                Self.describe(
                    "listRoutingVersions", "Every version of the API's entries that is kept, the oldest first.",
                    answer: RoutingShapes.versions)
            ) { _ in
                .json(["versions": .array(try await control.versions().map(Self.told))])
            },
            Route(
                .get, Self.path + "/diff",
                Self.describe(
                    "diffRoutingVersions", "What differs between two versions.",
                    [
                        .init(
                            "from", in: .query, summary: "A version, 0 for none; the one before `to` when left out.",
                            schema: ["type": "integer", "minimum": 0]),
                        .init(
                            "to", in: .query, summary: "A version; the active one when left out.",
                            schema: ["type": "integer", "minimum": 0]),
                    ], answer: DeploymentShapes.difference)
            ) { request in .json(try await difference(request)) },
            Route(
                .get, Self.path + "/deployments",
                Self.describe(
                    "getRoutingHealth", "Breakers, failures and latencies of the deployments.",
                    answer: RoutingShapes.health)
            ) { _ in
                .json(["deployments": control.health()])
            },
        ]
    }

    private func changing(_ kind: Kind) -> [Route] {
        let one = Self.path + "/" + kind.members + "/{name}"
        return [
            Route(
                .get, one, Self.describe("get" + kind.operation, "One \(kind.one).", answer: kind.answer)
            ) { request in
                let name = request.parameters.string("name")
                let table = await control.report().json[kind.members]
                guard let found = table?[name] else { throw Self.unknown(kind, name) }
                return .json(found)
            },
            Route(
                .put, one,
                Self.describe(
                    "set" + kind.operation, "Make or replace one \(kind.one), which makes a version.",
                    Self.termParameters,
                    body: kind.schema, answer: RoutingShapes.table, permission: "routing.write")
            ) { request in
                // A list alone is the list of its targets.
                let body = try await DeploymentRoutes.body(request, mayBeList: true)
                let name = request.parameters.string("name")
                let report = try await control.change(try Self.terms(request)) { table throws(ServiceError) in
                    do {
                        try RoutingTable.checkName(name, at: JSONField(.string(name), path: "name"))
                        try kind.put(body, name, &table)
                    } catch {
                        throw ServiceError(reading: error)
                    }
                }
                return .json(report.json)
            },
            Route(
                .delete, one,
                Self.describe(
                    "remove" + kind.operation, "Remove one \(kind.one) that the API made, which makes a version.",
                    Self.termParameters, answer: RoutingShapes.table, permission: "routing.write")
            ) { request in
                try DeploymentRoutes.refuseForeignPages(request)
                let name = request.parameters.string("name")
                let before = await control.report()
                guard kind.isKnown(name, before.table) else { throw Self.unknown(kind, name) }
                let report = try await control.change(try Self.terms(request)) { table throws(ServiceError) in
                    guard kind.remove(name, &table) else {
                        throw ServiceError(
                            .conflict, "The \(kind.one) '\(name)' stands in the configuration.",
                            hint: "Remove it from `routing.\(kind.members)` there, or put another one in its place.")
                    }
                }
                return .json(report.json)
            },
        ]
    }

    // MARK: Decisions

    private var deciding: [Route] {
        [
            Route(
                .post, Self.path + "/rollback",
                Self.describe(
                    "rollBackRouting", "Make an earlier version's entries the active ones again.",
                    body: RoutingSchemas.rollback, answer: RoutingShapes.table, permission: "routing.write")
            ) { request in
                let body = try await DeploymentRoutes.body(request)
                let number: Int
                do { number = try body.required("to").integer(in: 0...Int(Int32.max)) } catch {
                    throw ServiceError(reading: error)
                }
                let table = try await version(number)
                var terms = try Self.terms(request)
                if terms.note.isEmpty { terms.note = "rolled back to \(number)" }
                return .json(try await control.change(terms) { $0 = table }.json)
            },
            Route(
                .post, Self.path + "/explain",
                Self.describe(
                    "explainRouting", "Who would answer a request, and why. Nobody is asked.",
                    body: RoutingSchemas.explain, answer: RoutingShapes.decision, permission: "routing.read")
            ) { request in
                let body = try await DeploymentRoutes.body(request)
                let question: RouteQuestion
                do { question = try RouteQuestion(reading: body) } catch { throw ServiceError(reading: error) }
                return .json(try control.explain(question).json)
            },
            Route(
                .get, Self.path + "/decisions",
                Self.describe(
                    "listRoutingDecisions", "What was decided about the newest requests, the newest first.",
                    [
                        .init(
                            "limit", in: .query, summary: "How many at most.",
                            schema: ["type": "integer", "minimum": 1, "maximum": 1_000, "default": 50])
                    ], answer: RoutingShapes.records, permission: Self.everybodys)
            ) { request in
                let limit = try request.query.integer("limit", in: 1...1_000) ?? 50
                return .json(["decisions": .array(control.decisions(newest: limit).map(\.json))])
            },
            Route(
                .get, Self.path + "/decisions/{request}",
                Self.describe(
                    "getRoutingDecision", "What was decided about one request, and what became of it.",
                    [.init("request", in: .path, summary: "The id that `X-Request-Id` told.")],
                    answer: RoutingShapes.record, permission: Self.everybodys)
            ) { request in
                let id = request.parameters.string("request")
                guard let record = control.decision(of: id) else {
                    throw ServiceError(
                        .notFound, "Nothing is known of the request '\(id.prefix(128))'.",
                        hint: "The newest 2,048 decisions are kept, until the server ends.")
                }
                return .json(record.json)
            },
        ]
    }

    // MARK: Answers

    private func version(_ number: Int) async throws -> RoutingTable {
        if number == 0 { return RoutingTable() }
        let versions = try await control.versions()
        if let found = versions.first(where: { $0.number == number }) { return found.table }
        let range = versions.first.map { "\($0.number) to \(versions[versions.count - 1].number)" } ?? "none"
        throw ServiceError(.notFound, "There is no version \(number) of the routes.", hint: "There are \(range).")
    }

    private func difference(_ request: HTTPRequest) async throws -> JSONValue {
        let range = 0...Int(Int32.max)
        let active = await control.report().version
        let to = try request.query.integer("to", in: range) ?? active
        let from = try request.query.integer("from", in: range) ?? max(0, to - 1)
        let changes = ConfigurationDifference.between(try await version(from).json, try await version(to).json)
        return ["from": .whole(from), "to": .whole(to), "changes": .array(changes.map(\.json))]
    }

    private static func told(_ version: RoutingVersion) -> JSONValue {
        [
            "version": .whole(version.number), "note": .string(version.note), "author": .string(version.author),
            "created_at": .whole(Int(version.createdAt / 1_000_000)), "routes": .whole(version.table.routes.count),
            "ensembles": .whole(version.table.ensembles.count),
        ]
    }

    private static func unknown(_ kind: Kind, _ name: String) -> ServiceError {
        ServiceError(
            .notFound, "There is no \(kind.one) '\(name.prefix(128))'.", hint: "GET \(path) lists them.")
    }

    private static let termParameters: [RouteDescription.Parameter] = [
        .init("note", in: .query, summary: "Why, for the history."),
        .init(
            "if_version", in: .query, summary: "Refused when another version is active.",
            schema: ["type": "integer", "minimum": 0]),
    ]

    private static func terms(_ request: HTTPRequest) throws -> RoutingTerms {
        let note = try request.query["note"] ?? ""
        guard note.utf8.count <= 1_000 else {
            throw ServiceError(.invalidValue, "A note has at most 1,000 bytes.", parameter: "note")
        }
        return RoutingTerms(
            note: note, expectedVersion: try request.query.integer("if_version", in: 0...Int(Int32.max)),
            author: Principal.current?.name ?? "")
    }

    /// Decisions are about the requests of all tenants, and their records do not say whose each is.
    private static let everybodys = "routing.write"

    private static func describe(
        _ operation: String, _ summary: String, _ parameters: [RouteDescription.Parameter] = [],
        body: JSONValue? = nil, answer: JSONValue, permission: String = "routing.read"
    ) -> RouteDescription {
        RouteDescription(
            operation: operation, summary: summary, tags: ["routing"], parameters: parameters,
            requestBodies: body.map { [.json($0)] } ?? [], responses: [.init(.ok, nil, .json(answer))],
            permission: permission)
    }
}

extension RouteQuestion {
    /// The body of `explain`: `{"model", "prompt" | "messages", "images", "tools", "tags", "prefer", "ensemble", "caller"}`.
    fileprivate init(reading body: JSONField) throws(JSONFieldError) {
        let known = ["model", "prompt", "messages", "images", "tools", "tags", "prefer", "ensemble", "caller"]
        for key in try body.object().keys where !known.contains(key) {
            throw JSONFieldError(
                path: String(key.prefix(80)), problem: "is not known; known are \(known.joined(separator: ", "))")
        }
        self.init(asked: try body.optional("model")?.keptText(bytesIn: 0...256) ?? "")
        var prompt = Prompt(text: try body.optional("prompt")?.keptText(bytesIn: 0...1 << 20) ?? "")
        for message in try body.optional("messages")?.elements(countMax: 10_000) ?? [] {
            let text = try message.required("content").keptText(bytesIn: 0...1 << 20)
            prompt.features.wordsBefore += prompt.text.utf8.count / 6
            prompt.features.messages += prompt.text.isEmpty ? 0 : 1
            prompt.text = text
        }
        prompt.hasImages = try body.optional("images")?.integer(in: 0...1_000) ?? 0 > 0
        prompt.features.hasMedia = prompt.hasImages
        prompt.features.tools = try body.optional("tools")?.integer(in: 0...10_000) ?? 0
        self.prompt = prompt
        for element in try body.optional("tags")?.elements(countMax: RoutingWish.tagsMax) ?? [] {
            wish.tags.append(try element.keptText(bytesIn: 1...RoutingWish.tagBytesMax))
        }
        wish.preference = try body.optional("prefer")?.keptText(bytesIn: 1...256)
        wish.ensemble = try body.optional("ensemble")?.keptText(bytesIn: 1...256)
        caller = Caller(key: try body.optional("caller")?.keptText(bytesIn: 0...256) ?? "")
    }
}
