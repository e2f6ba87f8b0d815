import Hosting
import JSONText
import Vocabulary

extension MemoryStatus {
    var json: JSONValue {
        let evictable = plan.lines.filter { $0.leavesAs != nil }.reduce(Footprint.none) { $0 + $1.reserved }
        return [
            "machine": ["total_bytes": .count(machineBytes), "free_bytes": .count(freeBytes)],
            "budget": plan.budget.json, "reserved": plan.reserved.json, "free": plan.free.json,
            // What would come free if everything left that may.
            "evictable": evictable.json, "waiting": .whole(plan.waitingCount),
            "models": .array(plan.lines.map { $0.json(workers[$0.id]) }),
        ]
    }
}

extension MemoryPlan.Line {
    fileprivate func json(_ worker: MemoryStatus.Worker?) -> JSONValue {
        var object: JSONObject = [
            "model": .string(id.name), "state": .string(standing.rawValue), "reserved": reserved.json,
            "predicted": predicted.json, "measured": measured?.json ?? .null, "pinned": .bool(isPinned),
            "priority": .string(priority.rawValue), "running": .whole(runningCount), "waiting": .whole(waitingCount),
            "keep_alive": keepAlive.json, "leaves_in_seconds": leavesIn.map { .number($0 / .seconds(1)) } ?? .null,
            "idle_seconds": idleFor.map { .number($0 / .seconds(1)) } ?? .null,
            // What its leaving costs: time to load it again, and its worth, by which the next to leave is chosen.
            "reload_seconds": .number(loadSeconds), "worth": .number(worth),
            "leaves_as": leavesAs.map { .whole($0) } ?? .null, "because": .text(departure?.rawValue),
        ]
        object["group"] = group.map(JSONValue.string)
        object["process"] = worker?.use?.json
        if let answer = worker?.answer {
            object["parts"] = .array(answer.estimate.parts.map(\.json))
            object["correction"] = answer.correction.json
        }
        return .object(object)
    }
}

extension MemoryUse {
    fileprivate var json: JSONValue {
        [
            "resident_bytes": .count(residentBytes), "proportional_bytes": .count(proportionalBytes),
            "anonymous_bytes": .count(anonymousBytes), "swapped_bytes": .count(swappedBytes),
        ]
    }
}

extension MemoryPrediction {
    var json: JSONValue {
        let estimate = answer.estimate
        let footprint = answer.footprint
        return [
            "path": .string(path), "architecture": .string(answer.shape.architecture),
            "parameters": .count(answer.shape.parameterCount), "layers": .whole(answer.shape.layers.count),
            "trained_context": .count(answer.shape.trainedContext), "cells": .count(estimate.cells),
            "sequence_tokens": .count(estimate.sequenceTokens), "layers_on_devices": .whole(estimate.layersOnDevices),
            // Corrected: what has to be free before it is loaded.
            "needed": footprint.json, "fits": .bool(footprint.fits(in: free)),
            "fits_alone": .bool(footprint.fits(in: budget)), "budget": budget.json, "free": free.json,
            // Uncorrected: the peak after a full context, and what makes it up.
            "predicted": Footprint(host: estimate.hostBytes, devices: estimate.deviceBytes).json,
            "start_bytes": .count(estimate.startBytes), "anonymous_bytes": .count(estimate.anonymousBytes),
            "correction": answer.correction.json, "summary": estimate.summary,
            "parts": .array(estimate.parts.map(\.json)), "notes": .array(estimate.notes.map(JSONValue.string)),
        ]
    }
}

extension MemoryEstimate {
    /// In the four words that people ask for.
    fileprivate var summary: JSONValue {
        func bytes(_ kinds: Set<Kind>) -> JSONValue {
            .count(parts.filter { kinds.contains($0.kind) }.reduce(0) { $0 &+ $1.bytes })
        }
        return [
            "weights_bytes": bytes([.weights, .repackedWeights, .adapters]),
            "kv_cache_bytes": bytes([.kvCache, .recurrentState]), "compute_bytes": bytes([.compute, .output]),
            "companions_bytes": bytes([.projector, .draft]), "prefix_cache_bytes": bytes([.prefixCache]),
            "overhead_bytes": bytes([.process, .vocabulary]),
        ]
    }
}

extension MemoryEstimate.Part {
    fileprivate var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "device": .text(device), "bytes": .count(bytes),
            "residence": .string(residence.rawValue), "reason": .string(reason),
        ]
    }
}

extension MemoryCorrection {
    fileprivate var json: JSONValue { ["ratio": .number(ratio), "samples": .whole(count)] }
}

extension Footprint {
    fileprivate var json: JSONValue {
        [
            "host_bytes": .count(host),
            "devices": .object(JSONObject(devices.sorted { $0.key < $1.key }.map { ($0.key, .count($0.value)) })),
        ]
    }
}

extension KeepAlive {
    /// Seconds; -1 is for ever, as in Ollama.
    fileprivate var json: JSONValue {
        switch self {
        case .forever: -1
        case .lasting(let duration): .number(duration / .seconds(1))
        }
    }
}

extension PreloadStatus {
    var json: JSONValue {
        [
            "hour_of_week": .whole(time.hour), "likelihood_min": .number(plan.likelihoodMin),
            "lead_minutes": .whole(plan.leadMinutes), "schedules": .array(plan.schedules.map(\.json)),
            "wishes": .array(
                wishes.map { wish in
                    [
                        "model": .string(wish.model.name), "likelihood": wish.likelihood.map(JSONValue.number) ?? .null,
                        "because": wish.likelihood == nil ? "schedule" : "use", "keep_alive": wish.keepAlive.json,
                    ]
                }),
            "models": .array(
                patterns.sorted { $0.key.name < $1.key.name }.map { id, pattern in
                    [
                        "model": .string(id.name), "hours_seen": .whole(pattern.hoursSeen),
                        // For each hour of the week, from Monday 00:00.
                        "likelihood": .array(pattern.likelihood.map(JSONValue.number)),
                        "requests": .array(pattern.uses.map(JSONValue.number)),
                    ]
                }),
            "quiet_hours": .array(PreloadPlan.quietHours(Array(patterns.values)).map { .whole($0) }),
        ]
    }
}
