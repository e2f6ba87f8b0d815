public import Access
public import HTTPServing
import JSONText
import RequestScope
import Telemetry
import Vocabulary

/// `/api/v1/audit`: the trail of what was done, to read, to take away and to verify.
public struct AuditRoutes: Sendable {
    private let log: AuditLog
    private let store: any AuditStore

    /// - Parameters:
    ///   - log: told that the trail was read.
    ///   - store: read from.
    public init(_ log: AuditLog, store: any AuditStore) {
        self.log = log
        self.store = store
    }

    public var routes: [Route] {
        [
            Route(.get, "/api/v1/audit", Self.listing) { request in try await list(request.query) },
            Route(.get, "/api/v1/audit/export", Self.export) { request in try await export(request.query) },
            Route(.get, "/api/v1/audit/verify", Self.verification) { request in
                try await verify(request.query)
            },
        ]
    }

    private func list(_ query: HTTPQuery) async throws -> HTTPResponse {
        var filter = AuditFilter(
            action: query["action"], user: query["user"], countMax: try query.integer("limit", in: 1...1_000) ?? 100)
        if let text = query["outcome"] {
            guard let outcome = AuditOutcome(rawValue: text) else {
                throw ServiceError(
                    .invalidValue, "'outcome' is not known.",
                    hint: "Outcomes: \(AuditOutcome.allCases.map(\.rawValue).joined(separator: ", ")).",
                    parameter: "outcome")
            }
            filter.outcome = outcome
        }
        filter.before = try query.integer("before", in: 1...Int.max).map(Int64.init)
        filter.from = try query.integer("from", in: 0...Int.max).map(Int64.init)
        guard [filter.action, filter.user].allSatisfy({ $0.map(Self.isFit) ?? true }) else {
            throw ServiceError(.invalidValue, "'action' and 'user' are texts of at most 256 bytes.")
        }
        let entries = try await store.lines(filter).map { line in try Self.shown(line) }
        var answer: JSONObject = ["entries": .array(entries)]
        if entries.count == filter.countMax, let last = entries.last?["sequence"] { answer["next"] = last }
        return .json(.object(answer))
    }

    private static func isFit(_ text: String) -> Bool {
        text.utf8.count <= AuditText.bytesMax && !text.utf8.contains(0)
    }

    /// A record for people: with its time as text, and without what only verification needs.
    private static func shown(_ line: String) throws -> JSONValue {
        guard var members = try JSONValue.parse(Array(line.utf8)).object, let at = members["at"]?.integer else {
            throw ServiceError(
                .internalError, "An entry of the trail cannot be read.", hint: "`nexus audit verify` tells which.")
        }
        let (nanoseconds, overflows) = at.multipliedReportingOverflow(by: 1_000)
        members["time"] = .string(UnixTime(nanoseconds: overflows ? .max : nanoseconds).rfc3339)
        members["previous"] = nil
        return .object(members)
    }

    private func export(_ query: HTTPQuery) async throws -> HTTPResponse {
        let after = try query.integer("after", in: 0...Int.max) ?? 0
        // Before the first line, so that nobody takes the trail away unseen.
        try await log.record(
            AuditEntry(.auditRead, details: [.operation: "exportAudit", .from: .number(Int64(after))]))
        return HTTPResponse(
            .ok,
            headers: [
                "Content-Type": "application/jsonl",
                "Content-Disposition": "attachment; filename=\"nexus-audit.jsonl\"",
            ],
            body: .stream { writer in
                try await store.forEachLine(after: Int64(after)) { line in
                    try await writer.write(Array(line.utf8) + [UInt8(ascii: "\n")])
                }
            })
    }

    private func verify(_ query: HTTPQuery) async throws -> HTTPResponse {
        let anchor = query["anchor"].map { AuditHead($0) }
        if let anchor, anchor == nil {
            throw ServiceError(
                .invalidValue, "'anchor' must be a number and a hash.", hint: "As verification tells them: 17:9f86….",
                parameter: "anchor")
        }
        var verifier = AuditVerifier(anchor: anchor ?? nil)
        var fault: AuditFault?
        do {
            try await store.forEachLine(after: 0) { line in
                if let found = verifier.check(line) { throw found }
            }
        } catch let found as AuditFault {
            fault = found
        }
        fault = fault ?? verifier.finish()
        var answer: JSONObject = [
            "intact": .bool(fault == nil), "entries": .integer(verifier.head.sequence),
            "hash": .string(verifier.head.hash),
        ]
        if let fault {
            answer["fault"] = [
                "kind": .string(fault.word), "sequence": .integer(fault.sequence),
                "message": .string(fault.description),
            ]
        }
        return .json(.object(answer))
    }
}

// MARK: Descriptions

extension AuditRoutes {
    private static let text: JSONValue = ["type": "string"]
    private static let number: JSONValue = ["type": "integer"]
    private static let positive: JSONValue = ["type": "integer", "minimum": 1]

    private static let entry: JSONValue = [
        "type": "object", "required": ["sequence", "at", "time", "action", "outcome", "details", "hash"],
        "properties": [
            "sequence": positive, "at": number, "time": text, "action": text,
            "outcome": ["enum": .array(AuditOutcome.allCases.map { .string($0.rawValue) })], "target": text,
            "address": text, "request_id": text, "hash": text,
            "details": ["type": "object", "description": "Which there are depends on the action."],
            "actor": [
                "type": "object",
                "properties": [
                    "user": text, "name": text, "tenant": text, "role": text, "via": text, "credential": text,
                ],
            ],
        ],
    ]

    private static let listing = RouteDescription(
        operation: "listAudit", summary: "The trail of sign-ins, refusals and changes, newest first.", tags: ["audit"],
        parameters: [
            .init("action", in: .query, summary: "Only this action: sign_in, refusal, order, …"),
            .init(
                "outcome", in: .query, summary: "Only what ended so.",
                schema: ["enum": .array(AuditOutcome.allCases.map { .string($0.rawValue) })]),
            .init("user", in: .query, summary: "Only what this user did: an id."),
            .init("before", in: .query, summary: "Only older entries: `next` of the last answer.", schema: positive),
            .init(
                "from", in: .query, summary: "Not before this moment, in microseconds since 1970.",
                schema: ["type": "integer", "minimum": 0]),
            .init(
                "limit", in: .query, summary: "How many at most.",
                schema: ["type": "integer", "minimum": 1, "maximum": 1_000, "default": 100]),
        ],
        responses: [
            .init(
                .ok, nil,
                .json([
                    "type": "object", "required": ["entries"],
                    "properties": ["entries": ["type": "array", "items": entry], "next": positive],
                ])), .init(.badRequest),
        ], permission: "audit.read")

    private static let export = RouteDescription(
        operation: "exportAudit", summary: "The whole trail, one JSON text a line, oldest first, as it was written.",
        tags: ["audit"],
        parameters: [
            .init(
                "after", in: .query, summary: "Only entries after this number.",
                schema: ["type": "integer", "minimum": 0])
        ],
        responses: [.init(.ok, nil, .init("application/jsonl", schema: text)), .init(.badRequest)],
        permission: "audit.read")

    private static let verification = RouteDescription(
        operation: "verifyAudit", summary: "Whether the trail is as it was written, and the first entry that is not.",
        tags: ["audit"],
        parameters: [
            .init(
                "anchor", in: .query, summary: "A record that must be there: `entries:hash` of an earlier answer.",
                schema: ["type": "string", "pattern": "^[1-9][0-9]*:[0-9a-f]{64}$"])
        ],
        responses: [
            .init(
                .ok, nil,
                .json([
                    "type": "object", "required": ["intact", "entries", "hash"],
                    "properties": [
                        "intact": ["type": "boolean"], "entries": ["type": "integer", "minimum": 0], "hash": text,
                        "fault": [
                            "type": "object",
                            "properties": ["kind": text, "sequence": positive, "message": text],
                        ],
                    ],
                ])), .init(.badRequest),
        ], permission: "audit.read")
}
