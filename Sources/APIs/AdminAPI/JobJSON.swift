public import JSONText
public import Jobs

extension JobRecord {
    /// The job as the API shows it. Moments are seconds since 1970.
    ///
    /// - Parameter hasLog: whether the lines of its log go with it.
    /// - Returns: its members, in a fixed order.
    public func json(hasLog: Bool = false) -> JSONObject {
        var members: JSONObject = [
            "id": .string(id.text), "kind": .string(kind), "state": .string(state.rawValue),
            "parameters": .object(parameters), "priority": .whole(priority), "attempts": .whole(attempts),
            "interruptions": .whole(interruptions), "created_at": created.json,
            "started_at": started?.json ?? .null, "ended_at": ended?.json ?? .null,
            "next_attempt_at": notBefore?.json ?? .null, "cancel_requested": .bool(isCancelRequested),
            "progress": progress.json, "result": result ?? .null, "error": failure?.json ?? .null,
        ]
        if hasLog { members["log"] = .array(log.lines.map { .string($0) }) }
        return members
    }
}

extension JobMoment {
    fileprivate var json: JSONValue { .number(Double(rawValue) / 1e6) }
}

extension JobProgress {
    fileprivate var json: JSONValue {
        [
            "done": .integer(done), "total": total.map { .integer($0) } ?? .null, "unit": .string(unit),
            "stage": .string(stage), "fraction": fraction.map { .number($0) } ?? .null,
        ]
    }
}

extension JobFailure {
    fileprivate var json: JSONValue {
        ["code": .string(code), "message": .string(message), "hint": hint.map { .string($0) } ?? .null]
    }
}
