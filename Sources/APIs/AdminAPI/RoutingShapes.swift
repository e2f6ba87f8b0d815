import Gateway
import HTTPServing
import JSONText

/// JSON Schemas of what the routes of routing answer with. What is sent to them, `RoutingSchemas` has.
enum RoutingShapes {
    private static let number: JSONValue = ["type": "number"]
    private static let rule = ModelShapes.oneOf(RouteRule.allCases.map(\.rawValue))
    private static let failure = ModelShapes.oneOf(FailureClass.allCases.map(\.rawValue))

    // MARK: The table

    /// An entry of the table as it is sent, with what is left out where it is as usual, and whose it is.
    private static func entry(_ sent: JSONValue, required: Set<String>) -> JSONValue {
        var members = sent["properties"]?.object ?? JSONObject()
        members["origin"] = ModelShapes.oneOf(["api", "configuration"])
        return ModelShapes.object(members, optional: Set(members.keys).subtracting(required).subtracting(["origin"]))
    }

    static let route = entry(RoutingSchemas.route, required: ["targets"])
    static let ensemble = entry(RoutingSchemas.ensemble, required: ["members", "method", "compare"])

    static let table = ModelShapes.object([
        "version": ModelShapes.natural, "routes": ModelShapes.map(of: route),
        "ensembles": ModelShapes.map(of: ensemble),
    ])

    static let versions = ModelShapes.object([
        "versions": ModelShapes.list(
            of: ModelShapes.object([
                "version": ModelShapes.natural, "note": ModelShapes.text, "author": ModelShapes.text,
                "created_at": ["type": "integer", "description": "Seconds since 1970."], "routes": ModelShapes.natural,
                "ensembles": ModelShapes.natural,
            ]))
    ])

    // MARK: Health

    static let health = ModelShapes.object([
        "deployments": ModelShapes.map(
            of: ModelShapes.object(
                [
                    "breaker": ModelShapes.object(
                        [
                            "state": ModelShapes.oneOf(
                                CircuitBreaker<ContinuousClock.Instant>.Standing.allCases.map(\.rawValue)),
                            "failures": ModelShapes.natural, "open_for_ms": ModelShapes.whole,
                        ], optional: ["open_for_ms"]), "answers": ModelShapes.natural,
                    "failures": [
                        "type": "object", "propertyNames": failure, "additionalProperties": ModelShapes.natural,
                    ], "first_token_ms": number,
                ], optional: ["first_token_ms"]))
    ])

    // MARK: Decisions

    private static let candidate = ModelShapes.object(
        [
            "model": ModelShapes.text, "named_by": rule,
            "place": ["type": "integer", "minimum": 0, "description": "Asked as this one, from 0."],
            "left_out": ["type": "string", "description": "Why it is not asked."],
            "in_flight": ModelShapes.natural, "latency_ms": number,
        ], optional: ["place", "left_out", "in_flight", "latency_ms"])

    private static let decisionMembers: JSONObject = [
        "asked": ModelShapes.text, "routes": ModelShapes.list(of: ModelShapes.text), "rule": rule,
        "chosen": ModelShapes.textOrNull, "order": ModelShapes.list(of: ModelShapes.text),
        "candidates": ModelShapes.list(of: candidate), "ensemble": ModelShapes.text, "tag": ModelShapes.text,
        "task": ModelShapes.object(
            ["name": ModelShapes.text, "source": ModelShapes.text, "scores": ModelShapes.map(of: number)],
            optional: ["scores"]),
        "complexity": ModelShapes.object(
            ["score": number, "shares": ModelShapes.map(of: number), "tier": ModelShapes.text], optional: ["tier"]),
        "mirror": ModelShapes.text, "timeouts": ModelShapes.optional(["first_token_ms": number, "total_ms": number]),
        "retries": ModelShapes.object([
            "max": ModelShapes.natural, "pause_ms": number, "pause_max_ms": number, "wait_max_ms": number,
        ]),
    ]
    private static let decisionOptional: Set = ["ensemble", "tag", "task", "complexity", "mirror", "timeouts"]

    static let decision = ModelShapes.object(decisionMembers, optional: decisionOptional)

    private static let attempt = ModelShapes.object(
        [
            "model": ModelShapes.text, "began_ms": number, "role": ModelShapes.text, "took_ms": number,
            "first_token_ms": number, "outcome": ModelShapes.oneOf(["running", "answered", "abandoned", "failed"]),
            "error_class": failure, "code": ModelShapes.text, "recovery": ModelShapes.text,
        ], optional: ["role", "took_ms", "first_token_ms", "error_class", "code", "recovery"])

    /// A decision with what became of it.
    static let record: JSONValue = {
        var members = decisionMembers
        members["request_id"] = ModelShapes.text
        members["at_ms"] = ["type": "integer", "description": "Milliseconds since 1970."]
        members["attempts"] = ModelShapes.list(of: attempt)
        members["attempts_dropped"] = ModelShapes.natural
        members["demonstration"] = ModelShapes.truth
        return ModelShapes.object(members, optional: decisionOptional.union(["attempts_dropped", "demonstration"]))
    }()

    static let records = ModelShapes.object(["decisions": ModelShapes.list(of: record)])
}
