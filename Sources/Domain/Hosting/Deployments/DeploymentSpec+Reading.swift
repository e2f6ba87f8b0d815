public import JSONText
import Vocabulary

extension DeploymentSpec {
    /// Reads what a client, or the database, says of a deployment.
    ///
    /// - Parameter field: an object; members are told in the module's README.
    /// - Throws: the path of what is wrong.
    public init(reading field: JSONField) throws(JSONFieldError) {
        let kinds = ["engine", "command", "remote", "container"]
        let word = try field.optional("kind")
        let kind = try word?.string() ?? "engine"
        let own: [String]
        switch kind {
        case "engine":
            self.init(.engine(try EngineSettings(reading: field)))
            own = EngineSettings.members
        case "command":
            self.init(.command(try CommandSettings(reading: field)))
            own = CommandSettings.members
        case "remote":
            self.init(.remote(try RemoteSettings(reading: field)))
            own = RemoteSettings.members
        case "container":
            self.init(.container(try ContainerSettings(reading: field)))
            own = ContainerSettings.members
        default:
            throw (word ?? field).fail("must be one of \(kinds.joined(separator: ", "))")
        }
        try field.refuseOthers(than: Self.members + own)
        purpose = try field.optional("purpose")?.choice() ?? .text
        aliases = try field.optional("aliases")?.names(countMax: Self.namesMax) ?? []
        replicas = try field.optional("replicas")?.integer(in: 1...Self.replicasMax) ?? 1
        fallback = try field.optional("fallback")?.names(countMax: Self.namesMax) ?? []
        keepAlive = try field.optional("keep_alive")?.keepAlive()
        isPinned = try field.optional("pinned")?.bool() ?? false
        priority = try field.optional("priority")?.choice() ?? .normal
        isPreloaded = try field.optional("preload")?.bool() ?? false
        concurrency = try field.optional("concurrency")?.integer(in: Self.concurrencyAllowed)
        remark = try field.optional("remark")?.keptText(bytesIn: 0...1_000)
    }

    static let members = [
        "kind", "purpose", "aliases", "replicas", "fallback", "keep_alive", "pinned", "priority", "preload",
        "concurrency", "remark",
    ]
}

extension EngineSettings {
    static let members = [
        "model", "projector", "context_tokens", "parallel", "batch_tokens", "queue_max", "threads", "temperature",
        "top_p", "top_k", "min_p", "seed", "engine", "arguments",
    ]

    /// What the platform itself decides about a worker.
    static let reserved: Set<String> = [
        "--model", "-m", "--alias", "-a", "--socket", "--host", "--port", "--api-key", "--api-key-file",
        "--ssl-key-file", "--ssl-cert-file", "--log-format", "--rpc-worker", "--embeddings", "--embedding",
        "--reranking", "--rerank",
    ]

    init(reading field: JSONField) throws(JSONFieldError) {
        self.init(model: try field.required("model").keptText(bytesIn: 1...4_095))
        projector = try field.optional("projector")?.keptText(bytesIn: 1...4_095)
        contextTokens = try field.optional("context_tokens")?.integer(in: 16...16_777_216)
        parallel = try field.optional("parallel")?.integer(in: 1...256)
        batchTokens = try field.optional("batch_tokens")?.integer(in: 1...65_536)
        queueMax = try field.optional("queue_max")?.integer(in: 0...100_000)
        threads = try field.optional("threads")?.integer(in: 1...1_024)
        sampling.temperature = try field.optional("temperature")?.number(in: 0...10)
        sampling.topP = try field.optional("top_p")?.number(in: 0...1)
        sampling.topK = try field.optional("top_k")?.integer(in: 0...1_000_000)
        sampling.minP = try field.optional("min_p")?.number(in: 0...1)
        sampling.seed = try field.optional("seed").map { seed throws(JSONFieldError) in
            UInt32(clamping: try seed.integer(in: 0...Int(UInt32.max)))
        }
        engine = try field.optional("engine")?.keptText(bytesIn: 1...256)
        guard let list = try field.optional("arguments") else { return }
        for element in try list.elements(countMax: 256) {
            let text = try element.keptText(bytesIn: 1...4_096)
            let option = text.split(separator: "=", maxSplits: 1).first.map(String.init) ?? text
            guard !Self.reserved.contains(option) else { throw element.fail("\(option) is decided by the server") }
            arguments.append(text)
        }
    }
}

extension CommandSettings {
    static let members = [
        "command", "model", "environment", "directory", "ready_path", "ready_within_seconds", "stop_signal", "restart",
        "upstream_model",
    ]

    init(reading field: JSONField) throws(JSONFieldError) {
        self.init(command: try field.required("command").texts(countIn: 1...256))
        model = try field.optional("model")?.keptText(bytesIn: 1...4_095)
        environment = try field.optional("environment")?.environment() ?? [:]
        directory = try field.optional("directory")?.keptText(bytesIn: 1...4_095)
        readyPath = try field.optional("ready_path")?.urlPath() ?? readyPath
        readyWithin = try field.optional("ready_within_seconds")?.seconds(in: 1...86_400) ?? readyWithin
        stopSignal = try field.optional("stop_signal")?.choice() ?? .terminate
        restart = try field.optional("restart")?.choice() ?? .onFailure
        upstreamModel = try field.optional("upstream_model")?.keptText(bytesIn: 1...256)
    }
}

extension RemoteSettings {
    static let members = ["url", "upstream_model", "api_key", "health_path"]

    init(reading field: JSONField) throws(JSONFieldError) {
        let url = try field.required("url")
        let text = try url.keptText(bytesIn: 1...2_048)
        guard text.hasPrefix("http://") || text.hasPrefix("https://") else {
            throw url.fail("must begin with http:// or https://")
        }
        // It would be shown with the URL.
        let authority = text.split(separator: "/").dropFirst().first ?? ""
        guard !authority.utf8.contains(UInt8(ascii: "@")) else {
            throw url.fail("holds a user name; keys go into 'api_key'")
        }
        self.init(url: text)
        upstreamModel = try field.optional("upstream_model")?.keptText(bytesIn: 1...256)
        apiKey = try field.optional("api_key")?.keptText(bytesIn: 1...4_096)
        healthPath = try field.optional("health_path")?.urlPath()
    }
}

extension ContainerSettings {
    static let members = [
        "image", "command", "environment", "port", "binds", "model", "gpus", "memory_max", "ready_path",
        "ready_within_seconds", "upstream_model",
    ]

    init(reading field: JSONField) throws(JSONFieldError) {
        self.init(
            image: try field.required("image").keptText(bytesIn: 1...512),
            port: try field.optional("port")?.integer(in: 1...65_535) ?? 8_000)
        command = try field.optional("command")?.texts(countIn: 0...256) ?? []
        environment = try field.optional("environment")?.environment() ?? [:]
        binds = try field.optional("binds")?.texts(countIn: 0...64) ?? []
        model = try field.optional("model")?.keptText(bytesIn: 1...4_095)
        usesGPUs = try field.optional("gpus")?.bool() ?? false
        memoryMax = try field.optional("memory_max").map { bytes throws(JSONFieldError) in
            Int64(try bytes.integer(in: 1 << 20...1 << 50))
        }
        readyPath = try field.optional("ready_path")?.urlPath() ?? readyPath
        readyWithin = try field.optional("ready_within_seconds")?.seconds(in: 1...86_400) ?? readyWithin
        upstreamModel = try field.optional("upstream_model")?.keptText(bytesIn: 1...256)
    }
}
