import Hosting
import JSONText

extension MemoryQuestion {
    /// The members of `POST /api/v1/memory/estimate`: the engine's options with underscores.
    private static let members = [
        "model", "use", "ctx_size", "ctx_seq", "parallel", "batch_size", "ubatch_size", "cache_type_k", "cache_type_v",
        "flash_attn", "swa_full", "load_mode", "repack", "cache_ram", "gpu_layers", "split_mode", "kv_offload",
        "n_cpu_moe", "devices", "mmproj", "model_draft", "ctx_size_draft", "cache_type_k_draft", "cache_type_v_draft",
        "lora", "arguments",
    ]

    private static let tokens = 1...Int(Int32.max)
    private static let argumentsMax = 512
    private static let nameBytes = 1...4_095

    static let schema: JSONValue = [
        "type": "object", "required": ["model"],
        "properties": .object(
            JSONObject(
                members.map { name in
                    let type =
                        switch name {
                        case "swa_full", "repack", "kv_offload": "boolean"
                        case "lora", "devices", "arguments": "array"
                        case "model", "use", "flash_attn", "load_mode", "split_mode", "mmproj", "model_draft": "string"
                        case let type where type.hasPrefix("cache_type"): "string"
                        default: "integer"
                        }
                    // "auto", "all" or a number.
                    return (name, name == "gpu_layers" ? [:] : ["type": .string(type)])
                })),
    ]

    /// Reads the body. `arguments` is a command line of `nexus-engine`; members beside it count more.
    init(_ body: JSONField) throws {
        let object = try body.object()
        if let strange = object.keys.first(where: { !Self.members.contains($0) }) {
            throw JSONFieldError(
                path: strange, problem: "is not known; there are \(Self.members.joined(separator: ", "))")
        }
        let model = try body.required("model").keptText(bytesIn: Self.nameBytes)
        if let field = try body.optional("arguments") {
            let words = try field.elements(countMax: Self.argumentsMax).map { try $0.keptText(bytesIn: 0...4_095) }
            self = MemoryQuestion(engineArguments: words + ["--model", model]) ?? MemoryQuestion(model: model)
        } else {
            self.init(model: model)
        }
        try readContext(body)
        try readPlaces(body)
        try readCompanions(body)
    }

    private mutating func readContext(_ body: JSONField) throws {
        func number(_ name: String, _ range: ClosedRange<Int>) throws -> UInt64? {
            try body.optional(name)?.integer(in: range).magnitudeBits
        }
        if let use: MemoryRequest.Use = try body.choice("use") { request.use = use }
        if let count = try number("ctx_size", Self.tokens) { request.cells = count }
        if let count = try number("ctx_seq", Self.tokens) { request.sequenceTokens = count }
        if let count = try number("parallel", 1...256) { request.parallel = count }
        if let count = try number("batch_size", 1...65_536) { request.batchTokens = count }
        if let count = try number("ubatch_size", 1...65_536) { request.microBatchTokens = count }
        if let type: KVCacheType = try body.choice("cache_type_k") { request.keyType = type }
        if let type: KVCacheType = try body.choice("cache_type_v") { request.valueType = type }
        if let mode: MemoryRequest.FlashAttention = try body.choice("flash_attn") { request.flashAttention = mode }
        if let field = try body.optional("swa_full") { request.keepsWholeWindow = try field.bool() }
        if request.valueType.isQuantized, request.flashAttention == .off {
            throw JSONFieldError(
                path: "cache_type_v",
                problem: "\(request.valueType.rawValue) needs flash attention, which 'flash_attn' forbids")
        }
        // As the engine's option: mebibytes, -1 has no limit.
        if let mebibytes = try body.optional("cache_ram")?.integer(in: -1...(1 << 30)) {
            request.prefixCacheBytes = mebibytes < 0 ? nil : UInt64(mebibytes) << 20
        }
    }

    private mutating func readPlaces(_ body: JSONField) throws {
        if let field = try body.optional("load_mode") {
            guard let mode = MemoryRequest.Loading(mode: try field.string()) else {
                throw field.fail("must be one of \(MemoryRequest.Loading.modes.joined(separator: ", "))")
            }
            request.loading = mode
        }
        if let field = try body.optional("repack") { request.repacks = try field.bool() }
        if let field = try body.optional("kv_offload") { request.offloadsCache = try field.bool() }
        if let field = try body.optional("n_cpu_moe") { request.expertLayersOnCPU = try field.integer(in: 0...10_000) }
        if let split: MemoryRequest.Split = try body.choice("split_mode") { request.split = split }
        if let field = try body.optional("gpu_layers") {
            switch field.value {
            case .string("auto"): request.gpuLayers = .auto
            case .string("all"): request.gpuLayers = .all
            case .string: throw field.fail("must be auto, all or a number of layers")
            default: request.gpuLayers = .count(try field.integer(in: 0...10_000))
            }
        }
        if let field = try body.optional("devices") {
            devices = try field.elements(countMax: Self.devicesMax).map { entry in
                MemoryRequest.Device(
                    name: try entry.required("name").keptText(bytesIn: 1...64),
                    freeBytes: UInt64(try entry.required("free_bytes").integer(in: 0...Int.max)),
                    proportion: try entry.optional("proportion")?.number(in: 0...1_000_000) ?? 0)
            }
        }
    }

    private mutating func readCompanions(_ body: JSONField) throws {
        if let field = try body.optional("mmproj") { projector = try field.keptText(bytesIn: Self.nameBytes) }
        if let field = try body.optional("model_draft") {
            draft = Draft(model: try field.keptText(bytesIn: Self.nameBytes))
        }
        for name in ["ctx_size_draft", "cache_type_k_draft", "cache_type_v_draft"] where draft == nil {
            if let field = try body.optional(name) { throw field.fail("needs 'model_draft'") }
        }
        if let count = try body.optional("ctx_size_draft")?.integer(in: Self.tokens) { draft?.cells = UInt64(count) }
        if let type: KVCacheType = try body.choice("cache_type_k_draft") { draft?.keyType = type }
        if let type: KVCacheType = try body.choice("cache_type_v_draft") { draft?.valueType = type }
        if let field = try body.optional("lora") {
            adapters = try field.elements(countMax: Self.adaptersMax).map { try $0.keptText(bytesIn: Self.nameBytes) }
        }
    }
}

extension Int {
    /// Of a number that was checked to be at least 0.
    fileprivate var magnitudeBits: UInt64 { UInt64(magnitude) }
}
