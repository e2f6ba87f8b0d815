import Hosting
import JSONText

/// JSON Schemas of what is sent about deployments.
enum DeploymentSchemas {
    private static let text: JSONValue = ["type": "string"]
    private static let flag: JSONValue = ["type": "boolean"]
    private static let texts: JSONValue = ["type": "array", "items": ["type": "string"]]
    private static let count: JSONValue = ["type": "integer", "minimum": 1]
    private static let number: JSONValue = ["type": "number"]

    private static let terms: JSONObject = [
        "note": text, "if_version": ["type": "integer", "description": "Refused when another version is active."],
    ]

    static let configuration: JSONObject = [
        "kind": ["enum": ["engine", "command", "remote", "container"], "default": "engine"],
        "model": text, "projector": text, "context_tokens": count, "parallel": count, "batch_tokens": count,
        "queue_max": ["type": "integer", "minimum": 0], "threads": count, "temperature": number, "top_p": number,
        "top_k": ["type": "integer"], "min_p": number, "seed": ["type": "integer"], "engine": text, "arguments": texts,
        "command": texts, "environment": ["type": "object", "additionalProperties": text], "directory": text,
        "ready_path": text, "ready_within_seconds": number, "stop_signal": ["enum": ["TERM", "INT", "QUIT", "HUP"]],
        "restart": ["enum": ["always", "on_failure", "never"]], "upstream_model": text, "url": text, "api_key": text,
        "health_path": text, "image": text, "port": count, "binds": texts, "gpus": flag, "memory_max": count,
        "purpose": ["enum": ["text", "embeddings", "reranking"]], "aliases": texts,
        "replicas": ["type": "integer", "minimum": 1, "maximum": .whole(DeploymentSpec.replicasMax)],
        "fallback": texts, "keep_alive": ["type": ["string", "number"]], "pinned": flag,
        "priority": ["enum": ["low", "normal", "high", "critical"]], "preload": flag, "remark": text,
        "concurrency": ["type": "integer", "minimum": 1, "maximum": 100_000],
    ]

    static let create = object(["name": text, "start": flag], configuration, terms, required: ["name"])
    static let change = object(configuration, terms)
    static let rollback = object(["to": count], terms)
    static let scale = object(["replicas": count], terms, required: ["replicas"])

    private static func object(_ parts: JSONObject..., required: [String] = []) -> JSONValue {
        var properties = JSONObject()
        for part in parts { for (name, value) in part { properties[name] = value } }
        return [
            "type": "object", "properties": .object(properties),
            "required": .array(required.map(JSONValue.string)),
        ]
    }
}
