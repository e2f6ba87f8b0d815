import JSONText

/// How a worker fares, for health checks and the API.
struct WorkerStatus: Sendable, Equatable {
    enum State: String, Sendable, CaseIterable {
        case stopped, starting, ready, unhealthy, backingOff = "backing_off", stopping, failed
    }

    var state: State
    /// Processes started so far.
    var attempts: Int
    var processID: Int32?
    var contextTokens: Int?
    /// How the last process ended.
    var lastExit: String?

    var json: JSONValue {
        var object: JSONObject = ["state": .string(state.rawValue), "attempts": .integer(Int64(attempts))]
        object["process_id"] = processID.map { .integer(Int64($0)) }
        object["context_tokens"] = contextTokens.map { .integer(Int64($0)) }
        object["last_exit"] = lastExit.map(JSONValue.string)
        return .object(object)
    }

    /// The JSON Schema of `json`.
    static let schema: JSONValue = [
        "type": "object",
        "properties": [
            "state": ["type": "string", "enum": .array(State.allCases.map { .string($0.rawValue) })],
            "attempts": ["type": "integer", "minimum": 0, "description": "Processes started so far."],
            "process_id": ["type": "integer"], "context_tokens": ["type": "integer", "minimum": 0],
            "last_exit": ["type": "string", "description": "How the last process ended."],
        ],
        "required": ["state", "attempts"],
    ]
}
