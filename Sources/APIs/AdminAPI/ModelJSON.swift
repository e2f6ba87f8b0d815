import JSONText
import ModelCatalog
import Telemetry

// How models look in JSON. Absent values are left out of nested objects and `null` at the top.

/// A moment as RFC 3339 text.
func time(_ microseconds: Int64) -> JSONValue { .string(UnixTime(nanoseconds: microseconds &* 1_000).rfc3339) }

extension JSONObject {
    /// Sets a member where there is a value.
    mutating func set(_ key: String, _ text: String?) { self[key] = text.map(JSONValue.string) ?? self[key] }
    mutating func set(_ key: String, _ number: Int?) { self[key] = number.map(JSONValue.whole) ?? self[key] }
    mutating func set(_ key: String, _ number: Int64?) { self[key] = number.map(JSONValue.integer) ?? self[key] }
}

extension ModelRecord {
    /// The record as lists show it.
    func json(usage: ModelUsage?) -> JSONObject {
        var object: JSONObject = [
            "name": .string(name.description), "state": .string(state.name), "origin": .object(origin.json),
            "byte_count": .integer(byteCount), "files": .array(files.map { .object($0.json) }),
            "metadata": .object(metadata.json), "tags": .array(opinion.tags.map(JSONValue.string)),
            "rating": opinion.rating.map(JSONValue.whole) ?? .null,
            "notes": opinion.notes.map(JSONValue.string) ?? .null, "added_at": time(addedAt),
            "changed_at": time(changedAt), "usage": .object((usage ?? ModelUsage()).json),
        ]
        if case .failed(let step) = state {
            object["failure"] = ["step": .string(step.rawValue), "reason": .string(failure ?? "unknown")]
        }
        if !defaults.isEmpty { object["defaults"] = .object(defaults.json) }
        return object
    }
}

extension ModelOrigin {
    var json: JSONObject {
        var object: JSONObject = ["kind": .string(kind)]
        switch self {
        case .folder(let path), .ollama(let path), .llamaSwap(let path): object.set("path", path)
        case .hub(let repository, let revision):
            object.set("repository", repository)
            object.set("revision", revision)
        case .made(let source, let how):
            object.set("from", source)
            object.set("how", how)
        case .configuration: break
        }
        return object
    }
}

extension ModelFile {
    var json: JSONObject {
        var object: JSONObject = [
            "path": .string(path), "role": .string(role.rawValue), "byte_count": .integer(identity.byteCount),
            "modified_at": time(identity.modifiedAt / 1_000),
        ]
        object.set("sha256", sha256)
        return object
    }
}

extension ModelMetadata {
    var json: JSONObject {
        var object = JSONObject()
        object.set("format", format)
        object.set("architecture", architecture)
        object.set("title", title)
        object.set("parameter_count", parameterCount)
        object.set("quantization", quantization)
        object.set("context_length", contextLength)
        object.set("embedding_length", embeddingLength)
        object.set("block_count", blockCount)
        object.set("head_count", headCount)
        object.set("key_value_head_count", keyValueHeadCount)
        object.set("vocabulary_size", vocabularySize)
        object.set("tokenizer", tokenizer)
        object.set("license", license)
        object["has_chat_template"] = .bool(hasChatTemplate)
        return object
    }
}

extension ModelTexts {
    var json: JSONObject {
        var object = JSONObject()
        object.set("chat_template", chatTemplate)
        object.set("license", license)
        object.set("card", card)
        return object
    }
}

extension RequestDefaults {
    var json: JSONObject {
        var object = JSONObject()
        if !parameters.isEmpty { object["parameters"] = .object(parameters) }
        object.set("system", system)
        object.set("context_tokens", contextTokens)
        return object
    }
}

extension ModelUsage {
    var json: JSONObject {
        [
            "requests": .integer(requests), "prompt_tokens": .integer(promptTokens),
            "completion_tokens": .integer(completionTokens), "failures": .integer(failures),
            "last_used_at": lastUsedAt == 0 ? .null : time(lastUsedAt),
        ]
    }
}

extension ModelBenchmark {
    var json: JSONObject { ["at": time(at), "kind": .string(kind), "values": .object(values)] }
}

extension CatalogEvent {
    var json: JSONObject {
        var object: JSONObject = [
            "number": .integer(number), "at": time(at), "model": .string(model.description),
            "event": .string(what.name),
        ]
        if case .change(_, let before, let after) = what {
            object["before"] = .string(before.name)
            object["after"] = .string(after.name)
        }
        object.set("deployment", deployment)
        object.set("detail", detail)
        return object
    }
}

extension CheckedFile {
    var json: JSONObject {
        var object = file.json
        object["standing"] = .string(standing.name)
        if case .unreadable(let reason) = standing { object.set("reason", reason) }
        if let sha256 {
            object["sha256_now"] = .string(sha256)
            if let noted = file.sha256 { object["digest_matches"] = .bool(noted == sha256) }
        }
        return object
    }
}

extension ImportReport {
    var json: JSONObject {
        func names(_ names: [ModelName]) -> JSONValue { .array(names.map { .string($0.description) }) }
        var object: JSONObject = [
            "added": names(added), "refreshed": names(refreshed), "unchanged": names(unchanged),
            "problems": .array(problems.map { ["place": .string($0.place), "reason": .string($0.reason)] }),
            "problems_left_out": .whole(problemsLeftOut),
        ]
        if !deployments.isEmpty { object["deployments"] = .array(deployments.map { .object($0.json) }) }
        return object
    }
}

extension FoundDeployment {
    var json: JSONObject {
        var object: JSONObject = [
            "name": .string(name), "kind": "process", "command": .array(command.map(JSONValue.string)),
            "aliases": .array(aliases.map(JSONValue.string)),
            // Values of variables are often keys.
            "environment": .array(environment.map { .string(String($0.prefix { $0 != "=" })) }),
            "proxy": .string(proxy), "check_path": checkPath.map(JSONValue.string) ?? .null,
            "is_unlisted": .bool(isUnlisted),
        ]
        object.set("idle_seconds", idleSeconds)
        object.set("upstream_model", upstreamModel)
        object.set("title", title)
        object.set("note", note)
        object.set("model_path", modelPath)
        object.set("start_port", startPort)
        object.set("ready_seconds", readySeconds)
        if let group {
            object["group"] = [
                "name": .string(group.name), "swap": .bool(group.swaps), "exclusive": .bool(group.isExclusive),
                "persistent": .bool(group.isPersistent),
            ]
        }
        return object
    }
}
