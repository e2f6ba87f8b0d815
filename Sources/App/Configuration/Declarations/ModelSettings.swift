/// The keys under `models.<name>.`.
enum ModelSettings {
    static let all: [Setting<ModelDraft>] = [
        Setting("path", \.path, .optional(.path("FILE")), "GGUF file that an engine worker of this machine runs."),
        Setting(
            "projector", \.projector, .optional(.path("FILE")),
            "GGUF file beside path that reads images or recordings for the model."),
        Setting("url", \.url, .optional(.httpURL), "Base URL of another server that speaks the OpenAI API."),
        Setting(
            "upstreamModel", \.upstreamModel, .optional(.text("NAME", bytesMax: 256)),
            "Name of the model at that server; the same name when left out."),
        Setting(
            "apiKey", \.apiKey, .optional(.secret(.text("KEY"))), isSecret: true, "Key for that server."),
        Setting("kind", \.kind, .choice, "What the model is for: text, embeddings or reranking."),
        Setting(
            "engine", \.engine, .optional(.text("NAME", bytesMax: 256)),
            "Which installed engine runs it, as `nexus engines list` names them; the platform's own when left out."),
        Setting(
            "contextTokens", \.contextTokens, .optional(EngineKinds.contextTokens), "Overrides engine.contextTokens."),
        Setting("parallel", \.parallel, .optional(EngineKinds.parallel), "Overrides engine.parallel."),
        Setting("threads", \.threads, .optional(EngineKinds.threads), "Overrides engine.threads."),
        Setting("batchTokens", \.batchTokens, .optional(EngineKinds.batchTokens), "Overrides engine.batchTokens."),
        Setting("queueMax", \.queueMax, .optional(EngineKinds.queueMax), "Overrides engine.queueMax."),
        Setting(
            "sampling.temperature", \.sampling.temperature, .optional(.number(in: 0...10)),
            "How daring the choice of tokens is; 0 always takes the likeliest."),
        Setting(
            "sampling.topP", \.sampling.topP, .optional(.number(in: 0...1)),
            "Keeps the likeliest tokens whose probabilities add up to this."),
        Setting(
            "sampling.topK", \.sampling.topK, .optional(.integer(in: 0...1_000_000)),
            "Keeps that many tokens; 0 keeps all."),
        Setting(
            "sampling.minP", \.sampling.minP, .optional(.number(in: 0...1)),
            "Drops tokens less likely than this share of the likeliest."),
        Setting("sampling.seed", \.sampling.seed, .optional(.seed), "Makes answers repeatable."),
        Setting("note", \.note, .optional(.text(bytesMax: 1000)), "A remark for people."),
        Setting("autostart", \.autostart, .flag, "Whether the worker starts with the server."),
        Setting(
            "aliases", \.hosting.aliases, .list(of: .modelName, countMax: 16), "Further names that requests may use."),
        Setting(
            "fallback", \.hosting.fallback, .list(of: .modelName, countMax: 16),
            "Models that answer when this one cannot, in this order."),
        Setting("replicas", \.hosting.replicas, .integer(in: 1...16), "Equal workers side by side."),
        Setting("pinned", \.hosting.isPinned, .flag, "Whether it never leaves memory to make room for others."),
        Setting(
            "concurrency", \.hosting.concurrency, .optional(.integer(in: 1...100_000)),
            "Requests that a server at `url` gets at the same time; others wait, each user and team in turn."),
        Setting(
            "keepAlive", \.hosting.keepAlive, .optional(.duration(in: .zero...(.seconds(31_536_000)))),
            "Overrides hosting.keepAlive."),
        Setting(
            "priority", \.hosting.priority, .choice,
            "Whose memory is taken first: low before normal, high and critical."),
    ]

    /// Whether a model may have this name: it is part of URLs, logs and metrics.
    static func isName(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "-_.:/@+".utf8.contains(byte)
            }
    }
}

extension ValueKind where Value == String {
    /// The name of a model.
    fileprivate static var modelName: ValueKind {
        pattern("1 to 128 letters, digits or any of -_.:/@+", placeholder: "NAME") { ModelSettings.isName($0) }
    }
}
