import HTTPServing
import Hosting
import JSONText
import Vocabulary

/// JSON Schemas of what the routes of memory answer with, beside `MemoryJSON`, which writes it.
enum MemoryShapes {
    private static let natural = ModelShapes.natural
    private static let number: JSONValue = ["type": "number"]
    private static let numberOrNull: JSONValue = ["type": ["number", "null"]]

    private static let footprint = ModelShapes.object([
        "host_bytes": natural, "devices": ModelShapes.map(of: natural),
    ])
    private static let part = ModelShapes.object([
        "kind": ModelShapes.text, "device": ModelShapes.textOrNull, "bytes": natural, "residence": ModelShapes.text,
        "reason": ["type": "string", "description": "Its formula, with the numbers."],
    ])
    private static let correction = ModelShapes.object(["ratio": number, "samples": natural])
    private static let keepAlive: JSONValue = ["type": "number", "description": "Seconds; -1 is for ever."]

    // MARK: The plan

    private static let line = ModelShapes.object(
        [
            "model": ModelShapes.text, "state": ModelShapes.text, "reserved": footprint, "predicted": footprint,
            "measured": ModelShapes.orNull(footprint), "pinned": ModelShapes.truth,
            "priority": ModelShapes.oneOf(Priority.allCases.map(\.rawValue)), "running": natural, "waiting": natural,
            "keep_alive": keepAlive, "leaves_in_seconds": numberOrNull, "idle_seconds": numberOrNull,
            "reload_seconds": number, "worth": number, "leaves_as": ["type": ["integer", "null"], "minimum": 0],
            "because": ModelShapes.textOrNull, "group": ModelShapes.text,
            "process": ModelShapes.object([
                "resident_bytes": natural, "proportional_bytes": natural, "anonymous_bytes": natural,
                "swapped_bytes": natural,
            ]), "parts": ModelShapes.list(of: part), "correction": correction,
        ], optional: ["group", "process", "parts", "correction"])

    static let plan = ModelShapes.object([
        "machine": ModelShapes.object(["total_bytes": natural, "free_bytes": natural]), "budget": footprint,
        "reserved": footprint, "free": footprint, "evictable": footprint, "waiting": natural,
        "models": ModelShapes.list(of: line),
    ])

    // MARK: Predictions

    static let prediction = ModelShapes.object([
        "path": ModelShapes.text, "architecture": ModelShapes.text, "parameters": natural, "layers": natural,
        "trained_context": natural, "cells": natural, "sequence_tokens": natural, "layers_on_devices": natural,
        "needed": footprint, "fits": ModelShapes.truth, "fits_alone": ModelShapes.truth, "budget": footprint,
        "free": footprint, "predicted": footprint, "start_bytes": natural, "anonymous_bytes": natural,
        "correction": correction,
        "summary": ModelShapes.object([
            "weights_bytes": natural, "kv_cache_bytes": natural, "compute_bytes": natural, "companions_bytes": natural,
            "prefix_cache_bytes": natural, "overhead_bytes": natural,
        ]), "parts": ModelShapes.list(of: part), "notes": ModelShapes.list(of: ModelShapes.text),
    ])

    // MARK: Preloading

    static let preloading = ModelShapes.object([
        "hour_of_week": natural, "likelihood_min": number, "lead_minutes": natural,
        "schedules": PreloadSchedule.schema["properties"]?["schedules"] ?? ModelShapes.list(of: ModelShapes.anything),
        "wishes": ModelShapes.list(
            of: ModelShapes.object([
                "model": ModelShapes.text, "likelihood": numberOrNull,
                "because": ModelShapes.oneOf(["schedule", "use"]), "keep_alive": keepAlive,
            ])),
        "models": ModelShapes.list(
            of: ModelShapes.object([
                "model": ModelShapes.text, "hours_seen": natural,
                "likelihood": [
                    "type": "array", "items": number,
                    "description": "For each hour of the week, from Monday 00:00.",
                ], "requests": ModelShapes.list(of: number),
            ])), "quiet_hours": ModelShapes.list(of: natural),
    ])
}
