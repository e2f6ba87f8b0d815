public import JSONText

extension Configuration {
    /// The JSON Schema (draft 2020-12) of the configuration file, for editors.
    public static var fileSchema: JSONValue {
        let model = SchemaNode(ModelSettings.all).schema
        var root = SchemaNode(Settings.all).schema
        var properties = root["properties"]?.object ?? JSONObject()
        properties["models"] = ["type": "object", "additionalProperties": ["$ref": "#/$defs/model"]]
        let overrides = properties
        properties["profile"] = ["type": "string", "description": "Name of the profile to use."]
        properties["profiles"] = ["type": "object", "additionalProperties": ["$ref": "#/$defs/profile"]]
        root["properties"] = .object(properties)
        root["$defs"] = [
            "model": .object(model),
            "profile": ["type": "object", "properties": .object(overrides), "additionalProperties": false],
        ]
        root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        root["title"] = "Llama Nexus configuration"
        return .object(root)
    }
}

/// Dotted paths turned into nested objects.
private struct SchemaNode {
    private(set) var schema: JSONObject = ["type": "object", "properties": [:], "additionalProperties": false]

    init<Root>(_ settings: [Setting<Root>]) {
        for setting in settings {
            var leaf = setting.schema
            leaf["description"] = .string(setting.documentation)
            add(leaf, at: setting.path)
            if setting.isSecret {
                let file: JSONObject = ["type": "string", "description": .string("File that holds \(setting.path).")]
                add(file, at: SettingName.secretFile(setting.path))
            }
        }
    }

    private mutating func add(_ leaf: JSONObject, at path: String) {
        Self.insert(leaf, at: path.split(separator: ".").map(String.init)[...], into: &schema)
    }

    private static func insert(_ leaf: JSONObject, at path: ArraySlice<String>, into schema: inout JSONObject) {
        guard let key = path.first else { return }
        var properties = schema["properties"]?.object ?? JSONObject()
        if path.count == 1 {
            properties[key] = .object(leaf)
        } else {
            var child =
                properties[key]?.object ?? ["type": "object", "properties": [:], "additionalProperties": false]
            insert(leaf, at: path.dropFirst(), into: &child)
            properties[key] = .object(child)
        }
        schema["properties"] = .object(properties)
    }
}
