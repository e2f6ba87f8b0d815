import Jobs
import JSONText
import Storage

/// A row of the table `jobs` and the record that it stands for.
struct JobRow: RowDecodable {
    let record: JobRecord

    init(row: Row) throws(StorageError) {
        record = JobRecord(
            id: JobID(try row.decode("id")), kind: try row.decode("kind"),
            parameters: try Self.json(row, "parameters")?.object ?? [:], key: try row.decode("key"),
            priority: try row.decode("priority"), created: JobMoment(rawValue: try row.decode("created")),
            state: try Self.state(row),
            revision: try row.decode("revision"), attempts: try row.decode("attempts"),
            interruptions: try row.decode("interruptions"), notBefore: try Self.moment(row, "not_before"),
            started: try Self.moment(row, "started"), ended: try Self.moment(row, "ended"), lease: try Self.lease(row),
            isCancelRequested: try row.decode("cancel_requested"),
            progress: JobProgress(
                done: try row.decode("done"), total: try row.decode("total"), unit: try row.decode("unit"),
                stage: try row.decode("stage")),
            log: JobLog(lines: try Self.json(row, "log")?.array?.compactMap(\.string) ?? []),
            checkpoint: try Self.json(row, "checkpoint"), result: try Self.json(row, "result"),
            failure: try Self.failure(row))
    }

    /// All columns of a record, in a fixed order.
    static func values(of record: JobRecord) -> [(name: String, value: SQLValue)] {
        [
            ("id", .text(record.id.text)), ("kind", .text(record.kind)),
            ("parameters", .text(portable(.object(record.parameters)))), ("key", SQLValue(record.key)),
            ("priority", .int(record.priority)), ("created", .integer(record.created.rawValue)),
            ("state", .text(record.state.rawValue)), ("revision", .integer(record.revision)),
            ("attempts", .int(record.attempts)), ("interruptions", .int(record.interruptions)),
            ("not_before", SQLValue(record.notBefore?.rawValue)), ("started", SQLValue(record.started?.rawValue)),
            ("ended", SQLValue(record.ended?.rawValue)), ("owner", SQLValue(record.lease?.owner)),
            ("lease_until", SQLValue(record.lease?.until.rawValue)),
            ("cancel_requested", .bool(record.isCancelRequested)),
            ("done", .integer(record.progress.done)), ("total", SQLValue(record.progress.total)),
            ("unit", .text(record.progress.unit)), ("stage", .text(plain(record.progress.stage))),
            ("log", .text(portable(.array(record.log.lines.map { .string($0) })))),
            ("checkpoint", SQLValue(record.checkpoint.map(portable))),
            ("result", SQLValue(record.result.map(portable))),
            ("failure", SQLValue(record.failure.map { portable(json($0)) })),
        ]
    }

    static func moment(_ row: Row, _ column: String) throws(StorageError) -> JobMoment? {
        let microseconds: Int64? = try row.decode(column)
        return microseconds.map(JobMoment.init(rawValue:))
    }

    static func state(_ row: Row) throws(StorageError) -> JobState {
        let name: String = try row.decode("state")
        guard let state = JobState(rawValue: name) else {
            throw StorageError(.typeMismatch, "column 'state' of jobs holds '\(name)', which is no state")
        }
        return state
    }

    static func lease(_ row: Row) throws(StorageError) -> JobLease? {
        let owner: String? = try row.decode("owner")
        let until = try moment(row, "lease_until")
        guard let owner, let until else { return nil }
        return JobLease(owner: owner, until: until)
    }

    private static func json(_ row: Row, _ column: String) throws(StorageError) -> JSONValue? {
        let text: String? = try row.decode(column)
        guard let text else { return nil }
        do {
            return try JSONValue.parse(text)
        } catch {
            throw StorageError(.typeMismatch, "column '\(column)' of jobs holds no JSON: \(error)")
        }
    }

    private static func failure(_ row: Row) throws(StorageError) -> JobFailure? {
        guard let json = try json(row, "failure") else { return nil }
        return JobFailure(
            code: json["code"]?.string ?? "", message: json["message"]?.string ?? "", hint: json["hint"]?.string)
    }

    private static func json(_ failure: JobFailure) -> JSONValue {
        [
            "code": .string(failure.code), "message": .string(failure.message),
            "hint": failure.hint.map(JSONValue.string) ?? .null,
        ]
    }

    /// JSON as text. NUL, which PostgreSQL cannot store, is an escape in it anyway.
    private static func portable(_ value: JSONValue) -> String { value.text }

    private static func plain(_ text: String) -> String {
        text.utf8.contains(0) ? String(text.unicodeScalars.filter { $0.value != 0 }.map(Character.init)) : text
    }
}
