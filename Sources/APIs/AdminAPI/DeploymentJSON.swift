import Hosting
import JSONText
import Vocabulary

extension DeploymentReport {
    var json: JSONValue {
        var object: JSONObject = [
            "name": .string(name), "origin": .string(origin.rawValue), "stage": .string(stage.rawValue),
            "version": .whole(active.number), "versions": .whole(versionCount),
            "configuration": active.spec.json(isShown: true), "replicas": .array(replicas.map(\.json)),
            "modalities": .array(modalities.names.map(JSONValue.string)),
        ]
        var memory = JSONObject()
        memory["predicted_bytes"] = predictedBytes.map { .integer(Int64(clamping: $0)) }
        memory["resident_bytes"] = residentBytes.map { .integer(Int64(clamping: $0)) }
        object["memory"] = .object(memory)
        object["failure"] = failure.map(JSONValue.string)
        if !logTail.isEmpty { object["log_tail"] = .array(logTail.map(JSONValue.string)) }
        if isFileReplaced { object["file_replaced"] = true }
        return .object(object)
    }
}

extension ReplicaReport {
    var json: JSONValue {
        var object: JSONObject = [
            "id": .whole(id), "version": .whole(version), "state": .string(state), "in_flight": .whole(inFlight),
            "attempts": .whole(attempts),
        ]
        object["process_id"] = processID.map { .integer(Int64($0)) }
        object["resident_bytes"] = residentBytes.map { .integer(Int64(clamping: $0)) }
        object["context_tokens"] = contextTokens.map(JSONValue.whole)
        object["last_exit"] = lastExit.map(JSONValue.string)
        return .object(object)
    }
}

extension DeploymentVersion {
    var json: JSONValue {
        var object: JSONObject = [
            "version": .whole(number), "state": .string(state.rawValue), "note": .string(note),
            "created_at_us": .integer(createdAt), "configuration": spec.json(isShown: true),
        ]
        object["reason"] = reason.map(JSONValue.string)
        return .object(object)
    }
}

extension DeploymentLogLine {
    var json: JSONValue {
        [
            "number": .integer(Int64(clamping: number)), "time": .string(time), "stream": .string(stream),
            "text": .string(text),
        ]
    }
}
