public import JSONText
import Vocabulary

extension DeploymentSpec {
    /// The configuration as it is read again.
    ///
    /// - Parameter isShown: whether secrets are left out, for the API and for differences.
    /// - Returns: an object without what is at its default.
    public func json(isShown: Bool) -> JSONValue {
        var object: JSONObject = ["kind": .string(kind.name)]
        switch kind {
        case .engine(let settings): settings.write(to: &object)
        case .command(let settings): settings.write(to: &object, isShown: isShown)
        case .remote(let settings): settings.write(to: &object, isShown: isShown)
        case .container(let settings): settings.write(to: &object, isShown: isShown)
        }
        object.setUnless(purpose == .text, "purpose", .string(purpose.rawValue))
        object.setUnless(aliases.isEmpty, "aliases", .array(aliases.map(JSONValue.string)))
        object["replicas"] = .whole(replicas)
        object.setUnless(fallback.isEmpty, "fallback", .array(fallback.map(JSONValue.string)))
        object["keep_alive"] = keepAlive.map { .number($0.seconds) }
        object.setUnless(!isPinned, "pinned", true)
        object.setUnless(priority == .normal, "priority", .string(priority.rawValue))
        object.setUnless(!isPreloaded, "preload", true)
        object["concurrency"] = concurrency.map(JSONValue.whole)
        object["remark"] = remark.map(JSONValue.string)
        return .object(object)
    }

    /// What stands in the place of a secret.
    public static let hidden = "***"
}

extension EngineSettings {
    fileprivate func write(to object: inout JSONObject) {
        object["model"] = .string(model)
        object["projector"] = projector.map(JSONValue.string)
        object["context_tokens"] = contextTokens.map(JSONValue.whole)
        object["parallel"] = parallel.map(JSONValue.whole)
        object["batch_tokens"] = batchTokens.map(JSONValue.whole)
        object["queue_max"] = queueMax.map(JSONValue.whole)
        object["threads"] = threads.map(JSONValue.whole)
        object["temperature"] = sampling.temperature.map(JSONValue.number)
        object["top_p"] = sampling.topP.map(JSONValue.number)
        object["top_k"] = sampling.topK.map(JSONValue.whole)
        object["min_p"] = sampling.minP.map(JSONValue.number)
        object["seed"] = sampling.seed.map { .integer(Int64($0)) }
        object["engine"] = engine.map(JSONValue.string)
        object.setUnless(arguments.isEmpty, "arguments", .array(arguments.map(JSONValue.string)))
    }
}

extension CommandSettings {
    fileprivate func write(to object: inout JSONObject, isShown: Bool) {
        object["command"] = .array(command.map(JSONValue.string))
        object["model"] = model.map(JSONValue.string)
        object.setUnless(environment.isEmpty, "environment", .variables(environment, isShown: isShown))
        object["directory"] = directory.map(JSONValue.string)
        object["ready_path"] = .string(readyPath)
        object["ready_within_seconds"] = .number(readyWithin.inSeconds)
        object.setUnless(stopSignal == .terminate, "stop_signal", .string(stopSignal.rawValue))
        object["restart"] = .string(restart.rawValue)
        object["upstream_model"] = upstreamModel.map(JSONValue.string)
    }
}

extension RemoteSettings {
    fileprivate func write(to object: inout JSONObject, isShown: Bool) {
        object["url"] = .string(url)
        object["upstream_model"] = upstreamModel.map(JSONValue.string)
        object["api_key"] = apiKey.map { .string(isShown ? DeploymentSpec.hidden : $0) }
        object["health_path"] = healthPath.map(JSONValue.string)
    }
}

extension ContainerSettings {
    fileprivate func write(to object: inout JSONObject, isShown: Bool) {
        object["image"] = .string(image)
        object.setUnless(command.isEmpty, "command", .array(command.map(JSONValue.string)))
        object.setUnless(environment.isEmpty, "environment", .variables(environment, isShown: isShown))
        object["port"] = .whole(port)
        object.setUnless(binds.isEmpty, "binds", .array(binds.map(JSONValue.string)))
        object["model"] = model.map(JSONValue.string)
        object.setUnless(!usesGPUs, "gpus", true)
        object["memory_max"] = memoryMax.map(JSONValue.integer)
        object["ready_path"] = .string(readyPath)
        object["ready_within_seconds"] = .number(readyWithin.inSeconds)
        object["upstream_model"] = upstreamModel.map(JSONValue.string)
    }
}

extension JSONObject {
    fileprivate mutating func setUnless(_ isDefault: Bool, _ name: String, _ value: JSONValue) {
        if !isDefault { self[name] = value }
    }
}

extension JSONValue {
    /// Variables by name. Those whose names sound like secrets are not shown.
    fileprivate static func variables(_ variables: [String: String], isShown: Bool) -> JSONValue {
        let words = ["KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL"]
        return .object(
            JSONObject(
                variables.sorted { $0.key < $1.key }.map { name, value in
                    let isSecret = isShown && words.contains { name.uppercased().contains($0) }
                    return (name, JSONValue.string(isSecret ? DeploymentSpec.hidden : value))
                }))
    }
}

extension Duration {
    fileprivate var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
