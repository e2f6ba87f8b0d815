public import Gateway
public import HTTPServing
import JSONText
import RequestScope
import Telemetry
import Vocabulary

/// Where the usage ledger is read.
public protocol UsageReading: Sendable {
    func sums(_ query: UsageQuery) async throws -> [UsageRow]
    func records(filters: [String: String], before: Int64?, countMax: Int) async throws -> [UsageRecord]
    /// Seconds since 1970.
    func now() -> Int64
}

/// `/api/v1/usage`: what was used, by whom. Whoever is no admin sees their own.
public struct UsageRoutes: Sendable {
    private let ledger: any UsageReading
    /// How far back an answer reaches when nothing is said, in seconds.
    private static let timeDefault: Int64 = 30 * 86_400

    public init(_ ledger: any UsageReading) { self.ledger = ledger }

    public var routes: [HTTPServing.Route] {
        [
            HTTPServing.Route(.get, "/api/v1/usage", Self.sums) { request in try await sums(request) },
            HTTPServing.Route(.get, "/api/v1/usage/requests", Self.records) { request in try await records(request) },
        ]
    }

    private func sums(_ request: HTTPRequest) async throws -> HTTPResponse {
        let asked = try request.query
        let query = try query(asked)
        let rows = try await ledger.sums(query)
        if asked["format"] == "csv" {
            return .text(Self.csv(rows, query), contentType: "text/csv; charset=utf-8")
        }
        var total = UsageAmounts()
        for row in rows { total += row.amounts }
        return .json([
            "from": .string(UnixTime(seconds: query.from).rfc3339), "to": .string(UnixTime(seconds: query.to).rfc3339),
            "by": query.span.map { .string($0.rawValue) } ?? .null,
            "usage": .array(rows.map { .object($0.json(query.groups)) }), "total": .object(total.json),
        ])
    }

    private func query(_ query: HTTPQuery) throws -> UsageQuery {
        let names = UsageDimensions.fields.map(\.name)
        let groups = query["group"]?.split(separator: ",").map(String.init) ?? []
        guard groups.allSatisfy(names.contains), Set(groups).count == groups.count else {
            throw ServiceError(
                .invalidValue, "'group' has something that usage is not told apart by.",
                hint: "Give some of \(names.joined(separator: ", ")), with commas between.", parameter: "group")
        }
        let now = ledger.now()
        let to = try Self.time("to", query) ?? now + 1
        let from = try Self.time("from", query) ?? to - Self.timeDefault
        guard from < to else {
            throw ServiceError(.invalidValue, "'from' is not before 'to'.", parameter: "from")
        }
        let span = try query["by"].map { word in
            guard let span = UsageSpan(rawValue: word) else {
                throw ServiceError(
                    .invalidValue, "'by' is hour, day or week.", hint: "Leave it out to sum up all of the time.",
                    parameter: "by")
            }
            return span
        }
        if let format = query["format"], format != "csv", format != "json" {
            throw ServiceError(.invalidValue, "'format' is json or csv.", parameter: "format")
        }
        // A stretch that has begun before `from` counts whole.
        let start = span.map { $0.start(of: from * 1_000_000) } ?? UsageSpan.hour.start(of: from * 1_000_000)
        return UsageQuery(
            span: span, from: start, to: to, groups: groups, filters: Self.filters(query),
            limit: try query.integer("limit", in: 1...UsageQuery.rowsMax) ?? 1_000)
    }

    private func records(_ request: HTTPRequest) async throws -> HTTPResponse {
        let query = try request.query
        var filters = Self.filters(query)
        filters["request"] = query["request"]
        let limit = try query.integer("limit", in: 1...1_000) ?? 100
        let before = try query.integer("before", in: 0...Int.max).map(Int64.init)
        let records = try await ledger.records(filters: filters, before: before, countMax: limit)
        var members: JSONObject = ["requests": .array(records.map { .object($0.json) })]
        if records.count == limit, let last = records.last { members["next"] = .integer(last.at) }
        return .json(.object(members))
    }

    /// What the caller asks for, and in any case only what they may see.
    private static func filters(_ query: HTTPQuery) -> [String: String] {
        var filters: [String: String] = [:]
        for name in UsageDimensions.fields.map(\.name) { filters[name] = query[name] }
        let principal = Principal.current ?? .open
        if principal.role < .admin { filters["user"] = principal.user.text }
        return filters
    }

    /// RFC 3339, a day, or seconds since 1970.
    private static func time(_ name: String, _ query: HTTPQuery) throws -> Int64? {
        guard let text = query[name] else { return nil }
        if let seconds = Int64(text), (0...UnixTime.secondsMax).contains(seconds) { return seconds }
        if let moment = UnixTime(rfc3339: text) ?? UnixTime(rfc3339: text + "T00:00:00Z") {
            return moment.seconds
        }
        throw ServiceError(
            .invalidValue, "'\(name)' is no time.",
            hint: "Write a day of the calendar as 2026-11-21, 2026-11-21T15:00:00Z or seconds since 1970.",
            parameter: name)
    }

    static func csv(_ rows: [UsageRow], _ query: UsageQuery) -> String {
        var lines = [
            ((query.span == nil ? [] : ["start"]) + query.groups + UsageAmounts.fields.map(\.name)).joined(
                separator: ",")
        ]
        for row in rows {
            var cells = row.start.map { [UnixTime(seconds: $0).rfc3339] } ?? []
            cells += row.groups.map(Self.cell)
            cells += UsageAmounts.fields.map { String(row.amounts[keyPath: $0.place]) }
            lines.append(cells.joined(separator: ","))
        }
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    /// Quoted as RFC 4180 says. What a spreadsheet would take for a formula gets an apostrophe.
    private static func cell(_ text: String) -> String {
        let safe = text.first.map { "=+-@\t\r".contains($0) } ?? false ? "'" + text : text
        guard safe.contains(where: { ",\"\r\n".contains($0) }) else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }
}

// MARK: Descriptions

extension UsageRoutes {
    private static let filterParameters: [RouteDescription.Parameter] = UsageDimensions.fields.map {
        .init($0.name, in: .query, summary: "Only usage with this \($0.name).")
    }

    private static let sums = RouteDescription(
        operation: "getUsage", summary: "What was used: requests, tokens, cost and computing time, summed up.",
        tags: ["usage"],
        parameters: [
            .init("by", in: .query, summary: "How long a line is.", schema: ["enum": ["hour", "day", "week"]]),
            .init("group", in: .query, summary: "What is told apart: tenant, team, user, key, model, endpoint, tag."),
            .init("from", in: .query, summary: "A day, a time, or seconds since 1970; 30 days ago by default."),
            .init("to", in: .query, summary: "Likewise, not included; now by default."),
            .init("format", in: .query, summary: "json or csv.", schema: ["enum": ["json", "csv"]]),
            .init(
                "limit", in: .query, summary: "Lines at most.",
                schema: ["type": "integer", "minimum": 1, "maximum": 10_000, "default": 1_000]),
        ] + filterParameters,
        responses: [
            .init(.ok, nil, .json(LimitShapes.sums), .init("text/csv", schema: ["type": "string"])), .init(.badRequest),
        ], permission: "usage.read")

    private static let records = RouteDescription(
        operation: "listUsageRequests", summary: "What single requests used, newest first; kept for 31 days.",
        tags: ["usage"],
        parameters: [
            .init("request", in: .query, summary: "Only the one with this id (X-Request-Id)."),
            .init("before", in: .query, summary: "Only older ones: `next` of the last answer."),
            .init(
                "limit", in: .query, summary: "How many at most.",
                schema: ["type": "integer", "minimum": 1, "maximum": 1_000, "default": 100]),
        ] + filterParameters,
        responses: [.init(.ok, nil, .json(LimitShapes.requests)), .init(.badRequest)],
        permission: "usage.read")
}

extension UsageAmounts {
    static let schema = ModelShapes.object(
        JSONObject(
            fields.filter { $0.name != "cost_nanos" }.map { ($0.name, ModelShapes.natural) }
                + [("cost", ["type": "number", "minimum": 0])]))

    var json: JSONObject {
        var members = JSONObject()
        for field in Self.fields where field.name != "cost_nanos" {
            members[field.name] = .integer(self[keyPath: field.place])
        }
        members["cost"] = .number(Money(nanos: cost).amount)
        return members
    }
}

extension UsageRow {
    func json(_ names: [String]) -> JSONObject {
        var members = JSONObject()
        if let start { members["start"] = .string(UnixTime(seconds: start).rfc3339) }
        for (name, value) in zip(names, groups) { members[name] = .string(value) }
        for (name, value) in amounts.json { members[name] = value }
        return members
    }
}

extension UsageRecord {
    var json: JSONObject {
        var members: JSONObject = [
            "request": .string(request), "at": .string(UnixTime(nanoseconds: at * 1_000).rfc3339),
            "outcome": .string(outcome.rawValue), "duration_ms": .number(Double(duration) / 1_000),
            "first_piece_ms": firstPiece.map { .number(Double($0) / 1_000) } ?? .null,
        ]
        for field in UsageDimensions.fields { members[field.name] = .string(dimensions[keyPath: field.place]) }
        for (name, value) in amounts.json where !["requests", "failures", "refusals"].contains(name) {
            members[name] = value
        }
        return members
    }
}
