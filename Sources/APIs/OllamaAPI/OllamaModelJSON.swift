import JSONText
import Telemetry

extension OllamaModel {
    var json: JSONObject {
        [
            "name": .string(name), "model": .string(name), "modified_at": .string(modified.rfc3339),
            "size": .integer(bytes), "digest": .string(digest), "details": details,
        ]
    }

    var details: JSONValue {
        [
            "parent_model": "", "format": .string(format), "family": .string(family),
            "families": family.isEmpty ? [] : [.string(family)], "parameter_size": .string(Self.shown(parameterCount)),
            "quantization_level": .string(quantization),
        ]
    }

    /// `494.03M`, `7.6B`.
    static func shown(_ count: Int64?) -> String {
        guard let count else { return "" }
        let units: [(size: Double, name: String, digits: Double)] = [(1e9, "B", 10), (1e6, "M", 100), (1e3, "K", 100)]
        for (size, name, digits) in units where Double(count) >= size {
            let number = (Double(count) / size * digits).rounded() / digits
            return (number == number.rounded() ? String(Int(number)) : String(number)) + name
        }
        return String(count)
    }
}

extension OllamaModelDescription {
    var json: JSONObject {
        var details = model.details.object ?? [:]
        if let source { details["parent_model"] = .string(source) }
        return [
            "license": .string(license), "modelfile": .string(modelfile),
            "parameters": .string(parameters.map { "\($0.name) \($0.value)" }.joined(separator: "\n")),
            "template": .string(template), "system": "", "details": .object(details), "model_info": .object(info),
            "capabilities": .array(capabilities.map(JSONValue.string)),
            "modified_at": .string(model.modified.rfc3339),
        ]
    }

    /// The model in the words of a Modelfile. Its template is Jinja.
    private var modelfile: String {
        var lines = ["FROM \(source ?? model.name)"]
        if !template.isEmpty { lines.append("TEMPLATE \"\"\"\(template)\"\"\"") }
        lines += parameters.map { "PARAMETER \($0.name) \($0.value)" }
        return lines.joined(separator: "\n")
    }
}

extension OllamaRunningModel {
    /// A model that stays has a time far ahead, as clients want one.
    private static let never = "2199-01-01T00:00:00.000Z"

    var json: JSONObject {
        var object = model.json
        object["modified_at"] = nil
        object["size"] = .integer(Int64(clamping: residentBytes))
        object["size_vram"] = 0
        object["expires_at"] = .string(expires?.rfc3339 ?? Self.never)
        object["context_length"] = contextTokens.map(JSONValue.whole)
        return object
    }
}

extension OllamaProgress {
    var json: JSONObject {
        var object: JSONObject = ["status": .string(status)]
        object["digest"] = item.map(JSONValue.string)
        object["total"] = total.map(JSONValue.integer)
        object["completed"] = completed.map(JSONValue.integer)
        return object
    }
}
