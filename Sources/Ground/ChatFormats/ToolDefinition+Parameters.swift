import JSONText
import Vocabulary

extension ToolDefinition {
    /// The JSON Schema of the arguments; an empty object when the definition has none.
    var parameters: JSONValue {
        (definition["function"] ?? definition)["parameters"] ?? .object(JSONObject())
    }
}
