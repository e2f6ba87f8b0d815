import HTTPServing
import Hosting
import JSONText

/// JSON Schemas of what the routes of deployments answer with, beside `DeploymentJSON`, which writes it.
enum DeploymentShapes {
    /// As it is kept: members that have their usual value are left out, and secrets are hidden.
    private static let configuration = ModelShapes.object(
        DeploymentSchemas.configuration, optional: Set(DeploymentSchemas.configuration.keys).subtracting(["kind"]))

    private static let replica = ModelShapes.object(
        [
            "id": ModelShapes.natural, "version": ModelShapes.natural, "state": ModelShapes.text,
            "in_flight": ModelShapes.natural, "attempts": ModelShapes.natural, "process_id": ModelShapes.whole,
            "resident_bytes": ModelShapes.natural, "context_tokens": ModelShapes.natural, "last_exit": ModelShapes.text,
        ], optional: ["process_id", "resident_bytes", "context_tokens", "last_exit"])

    /// One, and how it fares.
    static let deployment = ModelShapes.object(
        [
            "name": ModelShapes.text,
            "origin": ModelShapes.oneOf([DeploymentOrigin.configuration.rawValue, DeploymentOrigin.api.rawValue]),
            "stage": ModelShapes.oneOf(DeploymentStage.allCases.map(\.rawValue)), "version": ModelShapes.natural,
            "versions": ModelShapes.natural, "configuration": configuration,
            "replicas": ModelShapes.list(of: replica), "modalities": ModelShapes.list(of: ModelShapes.text),
            "memory": ModelShapes.optional([
                "predicted_bytes": ModelShapes.natural, "resident_bytes": ModelShapes.natural,
            ]),
            "failure": ModelShapes.text, "log_tail": ModelShapes.list(of: ModelShapes.text),
            "file_replaced": [
                "type": "boolean", "description": "Whether the model's file was replaced since it was loaded.",
            ],
        ], optional: ["failure", "log_tail", "file_replaced"])

    static let list = ModelShapes.object(["deployments": ModelShapes.list(of: deployment)])

    static let versions = ModelShapes.object([
        "versions": ModelShapes.list(
            of: ModelShapes.object(
                [
                    "version": ModelShapes.natural, "state": ModelShapes.text, "note": ModelShapes.text,
                    "created_at_us": ["type": "integer", "description": "Microseconds since 1970."],
                    "configuration": configuration, "reason": ModelShapes.text,
                ], optional: ["reason"]))
    ])

    static let difference = ModelShapes.object([
        "from": ModelShapes.natural, "to": ModelShapes.natural,
        "changes": ModelShapes.list(
            of: ModelShapes.object([
                "path": ModelShapes.text,
                "before": ["description": "The member's value there; null when it had none."],
                "after": ["description": "Likewise."],
            ])),
    ])

    /// With `follow`, each line comes as an event instead.
    static let log = ModelShapes.object([
        "lines": ModelShapes.list(
            of: ModelShapes.object([
                "number": ModelShapes.natural, "time": ModelShapes.text, "stream": ModelShapes.text,
                "text": ModelShapes.text,
            ]))
    ])
}
