import HTTPServing
import Hardware
import JSONText

/// JSON Schemas of what the routes of hardware answer with, beside `HardwareJSON`, which writes it. What is not known is `null`.
enum HardwareShapes {
    private static let text: JSONValue = ["type": ["string", "null"]]
    private static let count: JSONValue = ["type": ["integer", "null"], "minimum": 0]

    private static func object(_ properties: JSONObject) -> JSONValue { ModelShapes.object(properties) }

    /// An object, or `null`.
    private static func perhaps(_ properties: JSONObject) -> JSONValue {
        var schema = ModelShapes.object(properties).object ?? JSONObject()
        schema["type"] = ["object", "null"]
        return .object(schema)
    }

    private static let processor = object([
        "model": text, "architecture": text, "features": ModelShapes.list(of: ModelShapes.text), "sockets": count,
        "cores": count, "threads": count, "smt": ["type": ["boolean", "null"]],
        "caches": ModelShapes.list(
            of: object([
                "level": ModelShapes.natural, "kind": ModelShapes.oneOf(["data", "instruction", "unified"]),
                "bytes": count, "count": ModelShapes.natural,
            ])),
    ])

    private static let memory = object([
        "total_bytes": count, "available_bytes": count, "swap_total_bytes": count, "swap_free_bytes": count,
        "huge_pages": perhaps(["total": count, "free": count, "page_bytes": count]),
    ])

    /// What control groups and the affinity of processes leave.
    private static let limits = object([
        "control_group_versions": ModelShapes.list(of: ModelShapes.natural), "memory_max_bytes": count,
        "memory_high_bytes": count, "memory_left_bytes": count, "memory_set_by": text, "swap_max_bytes": count,
        "processor_share": ["type": ["number", "null"]], "processors": text, "affinity": text,
    ])

    private static let disk = perhaps([
        "path": ModelShapes.text, "total_bytes": count, "free_bytes": count, "file_system": text, "device": text,
        "kind": ModelShapes.text, "read_only": ModelShapes.truth,
    ])

    private static let accelerator = object([
        "vendor": ModelShapes.oneOf(Accelerator.Vendor.allCases.map(\.rawValue)), "index": ModelShapes.natural,
        "name": text, "uuid": text, "bus": text, "total_bytes": count, "free_bytes": count, "driver": text,
        "architecture": text, "shares_memory": ModelShapes.truth,
        "partitioning": perhaps([
            "on": ModelShapes.truth,
            "parts": ModelShapes.list(
                of: object([
                    "index": ModelShapes.natural, "instance": count, "total_bytes": count, "free_bytes": count,
                ])),
        ]),
        "processes": ModelShapes.list(
            of: object(["process_id": ModelShapes.whole, "name": text, "bytes": count])),
    ])

    static let machine = object([
        "system": text, "processor": processor, "memory": memory,
        "nodes": ModelShapes.list(
            of: object([
                "number": ModelShapes.natural, "total_bytes": count, "free_bytes": count,
                "processors": ModelShapes.text,
            ])),
        "limits": limits,
        "usable": object([
            "memory_bytes": count, "memory_free_bytes": count, "threads": ModelShapes.natural,
            "cores": ModelShapes.natural,
        ]),
        "surroundings": ModelShapes.list(of: object(["kind": ModelShapes.text, "evidence": ModelShapes.text])),
        "model_folder": disk, "accelerators": ModelShapes.list(of: accelerator),
        "notes": ModelShapes.list(
            of: object([
                "part": ModelShapes.text, "code": ModelShapes.text, "message": ModelShapes.text, "hint": text,
            ])),
    ])

    static let engines = object([
        "engines": ModelShapes.list(
            of: ModelShapes.object(
                [
                    "name": ModelShapes.text, "origin": ModelShapes.text, "program": ModelShapes.text,
                    "libraries": text, "default": ModelShapes.truth, "works": ModelShapes.truth,
                    "reason": ["type": "string", "description": "Why it does not work."],
                    "build": object([
                        "kind": ModelShapes.oneOf(EngineBuild.Kind.allCases.map(\.rawValue)),
                        "version": ModelShapes.text, "llama_cpp": text, "ggml": text, "commit": text,
                        "features": ModelShapes.list(of: ModelShapes.text),
                        "devices": ModelShapes.list(of: ModelShapes.text),
                    ]),
                ], optional: ["reason", "build"]))
    ])
}
