public import JSONText
public import Vocabulary

/// LoRA adapters by number and scale, as llama-server writes them: `[{"id": 0, "scale": 0.5}]`.
public enum AdapterFields {
    /// The member `lora` of a request.
    ///
    /// - Parameter root: the request.
    /// - Returns: `nil` where it is missing or empty, which asks for the server's scales, as in llama-server.
    /// - Throws: the path of what is wrong.
    public static func read(_ root: JSONField) throws(JSONFieldError) -> [AdapterScale]? {
        guard let field = try root.optional("lora") else { return nil }
        let scales = try list(field)
        return scales.isEmpty ? nil : scales
    }

    /// A list of adapters with their scales.
    ///
    /// - Parameter field: the array.
    /// - Returns: what it says, in its order.
    /// - Throws: the path of what is wrong.
    public static func list(_ field: JSONField) throws(JSONFieldError) -> [AdapterScale] {
        var scales: [AdapterScale] = []
        for element in try field.elements(countMax: RequestBounds.adaptersMax) {
            scales.append(
                AdapterScale(
                    id: try element.required("id").integer(in: 0...Int(Int32.max)),
                    scale: try scale(element.required("scale"))))
        }
        return scales
    }

    /// One scale.
    public static func scale(_ field: JSONField) throws(JSONFieldError) -> Float {
        let most = Double(AdapterScale.scaleMax)
        return Float(try field.number(in: -most...most))
    }

    /// Adds a request's adapters to a request for another server.
    static func write(_ adapters: [AdapterScale]?, to body: inout JSONObject) {
        guard let adapters else { return }
        body["lora"] = .array(
            adapters.map { ["id": .whole($0.id), "scale": .number(Double($0.scale))] })
    }

    /// For the API's document.
    static let schema: JSONValue = [
        "type": "array", "maxItems": .whole(RequestBounds.adaptersMax),
        "description": "LoRA adapters to write with. Those that are not named are left out; an empty list is as none.",
        "items": [
            "type": "object", "required": ["id", "scale"],
            "properties": [
                "id": ["type": "integer", "minimum": 0],
                "scale": [
                    "type": "number", "minimum": .number(-Double(AdapterScale.scaleMax)),
                    "maximum": .number(Double(AdapterScale.scaleMax)),
                ],
            ],
        ],
    ]
}
