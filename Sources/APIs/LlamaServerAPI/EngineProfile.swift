public import JSONText

/// What an engine tells of itself with `GET /props`: the same from its start to its end.
public struct EngineProfile: Sendable {
    public var modelPath = ""
    public var alias = ""
    /// Number format of the weights, such as `Q8_0`.
    public var fileType = ""
    /// Sequences that are written at once, and tokens that one of them has at most.
    public var slots = 0
    public var contextTokens = 0
    /// Versions of this program and of what computes.
    public var build = ""
    /// What applies where a request says nothing, by llama-server's names.
    public var settings = JSONObject()
    /// The chat template's Jinja source.
    public var template: String?
    /// The texts of the begin and end tokens.
    public var beginText = ""
    public var endText = ""
    public var readsImages = false
    public var hearsSound = false
    public var watchesVideo = false
    /// Which endpoints answer.
    public var offersSlots = true
    public var offersMetrics = true
    public var offersProps = false
    public var hasPage = false
    /// Whether the model has left the memory until somebody asks.
    public var isSleeping: @Sendable () -> Bool = { false }

    public init() {}

    /// `GET /props` of llama-server.
    var value: JSONValue {
        [
            "default_generation_settings": ["params": .object(settings), "n_ctx": .whole(contextTokens)],
            "total_slots": .whole(slots), "model_alias": .string(alias), "model_ftype": .string(fileType),
            "model_path": .string(modelPath),
            "modalities": [
                "vision": .bool(readsImages), "video": .bool(watchesVideo), "audio": .bool(hearsSound),
            ],
            "media_marker": "<__media__>", "endpoint_slots": .bool(offersSlots), "endpoint_props": .bool(offersProps),
            "endpoint_metrics": .bool(offersMetrics), "ui": .bool(hasPage), "ui_settings": [:],
            "chat_template": .string(template ?? ""), "chat_template_caps": templateAbilities,
            "bos_token": .string(beginText), "eos_token": .string(endText), "build_info": .string(build),
            "is_sleeping": .bool(isSleeping()), "cors_proxy_enabled": false,
        ]
    }

    /// What the template looks at, by the words in it.
    private var templateAbilities: JSONValue {
        let source = template ?? ""
        return [
            "supports_system_role": .bool(source.contains("system") || !source.contains("raise_exception")),
            "supports_tools": .bool(source.contains("tools")),
            "supports_tool_calls": .bool(source.contains("tool_calls")),
            "supports_parallel_tool_calls": .bool(source.contains("tool_calls")),
            "supports_preserve_reasoning": .bool(source.contains("reasoning_content")),
        ]
    }
}
