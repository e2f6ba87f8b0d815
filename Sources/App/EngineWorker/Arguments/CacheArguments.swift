import Configuration
import Inference

/// What of earlier requests is kept, and where.
struct CacheArguments: Sendable, Equatable {
    /// A bound in bytes.
    enum Bound: Sendable, Equatable {
        case off
        case bytes(UInt64)
        case unlimited
    }

    /// Whether requests that say nothing take prefixes from the cache.
    var isUsed: Bool
    /// For prefixes that left the key-value cache; `nil` leaves the bound to the engine.
    var ram: Bound?
    /// For prefixes that survive a restart; off where no directory is named.
    var disk: Bound
    /// Where the disk tier lies.
    var directory: String?
    /// For models whose cache cannot be cut, such as recurrent ones.
    var checkpoints: CheckpointPolicy

    /// What the disk tier may take where only a directory is named: 8 GiB, as llama-server's RAM tier.
    static let diskBytesDefault: UInt64 = 8 << 30

    init(_ parsed: ParsedCommand) {
        isUsed = parsed.given(EngineOption.usesCache) ?? true
        ram = parsed[EngineOption.cacheRAM]
        directory = parsed[EngineOption.cacheDirectory]
        disk = directory == nil ? .off : parsed[EngineOption.cacheDisk] ?? .bytes(Self.diskBytesDefault)
        checkpoints = CheckpointPolicy(
            statesMax: parsed[EngineOption.checkpoints], tokensMin: parsed[EngineOption.checkpointStep] ?? 0)
        if let every = parsed[EngineOption.checkpointEvery] {
            checkpoints.tokensEvery = every < 1 ? nil : every
        }
    }
}

/// Who waits how long.
struct SchedulingArguments: Sendable, Equatable {
    /// Requests that may wait; one more is refused.
    var queueMax: Int
    /// Between throughput (0) and the latency of answers that are being written (1).
    var latencyBias: Double
    /// No request may ask for more time than this.
    var deadlineMax: Duration?

    init(_ parsed: ParsedCommand) {
        queueMax = parsed[EngineOption.queueMax] ?? 256
        latencyBias = parsed[EngineOption.latencyBias] ?? 0.5
        deadlineMax = parsed[EngineOption.deadlineMax]
    }
}

extension EngineOption {
    static let queueMax = CommandOption<Int>(
        "queue-max", .integer(in: 0...1_000_000), "Requests that may wait; one more is refused (default 256).")
    static let latencyBias = CommandOption<Double>(
        "latency-bias", .number(in: 0...1),
        "0 is all for throughput, 1 all for the latency of running answers (default 0.5).")
    static let deadlineMax = CommandOption<Duration>(
        "max-deadline", .duration(in: .milliseconds(1)...(.seconds(604_800))),
        "The longest time that a request may take (default: as long as it likes).")

    static let schedulingOptions = [queueMax.declared, latencyBias.declared, deadlineMax.declared].map {
        $0.listed(under: "Scheduling")
    }

    static let usesCache = CommandOption<Bool>(
        "cache-prompt", also: [], negations: ["--no-cache-prompt"], variable: "LLAMA_ARG_CACHE_PROMPT", .flag,
        "Whether requests use what earlier ones left (default: they do).")
    static let cacheRAM = CommandOption<CacheArguments.Bound>(
        "cache-ram", also: ["-cram"], variable: "LLAMA_ARG_CACHE_RAM", .mebibytes,
        "RAM for prefixes that are not in use, in MiB; -1 has no limit, 0 is off.")
    static let cacheDisk = CommandOption<CacheArguments.Bound>(
        "cache-disk", .mebibytes, "The same on disk, with --cache-dir (default 8192).")
    static let cacheDirectory = CommandOption<String>(
        "cache-dir", .path("DIR"), "Where prefixes are kept that survive a restart (default: nowhere).")
    static let checkpoints = CommandOption<Int>(
        "ctx-checkpoints", also: ["-ctxcp", "--swa-checkpoints"], variable: "LLAMA_ARG_CTX_CHECKPOINTS",
        .integer(in: 0...10_000),
        "States kept of one conversation beside its latest, for models that cannot go back (default: as --cache-ram).")
    static let checkpointStep = CommandOption<Int>(
        "checkpoint-min-step", also: ["-cms"], variable: "LLAMA_ARG_CHECKPOINT_MIN_SPACING_NT",
        .integer(in: 0...100_000_000), "Tokens between two of them at least (default 0).")
    static let checkpointEvery = CommandOption<Int>(
        "checkpoint-every-n-tokens", also: ["-cpent"], variable: "LLAMA_ARG_CHECKPOINT_EVERY_NT",
        .integer(in: -1...100_000_000),
        "Tokens of a long prompt after which one is kept; -1 keeps none on the way (default 1024).")

    static let cacheOptions = [
        usesCache.declared, cacheRAM.declared, cacheDisk.declared, cacheDirectory.declared, checkpoints.declared,
        checkpointStep.declared, checkpointEvery.declared,
    ].map { $0.listed(under: "Cache") }
}

extension ValueKind where Value == CacheArguments.Bound {
    /// A number of MiB up to a pebibyte.
    fileprivate static var mebibytes: ValueKind {
        let most = 1 << 30
        return .argument("-1 (no limit), 0 (off) or a number of MiB up to \(most)", placeholder: "MIB") { text in
            switch Int(text) {
            case -1: .unlimited
            case 0: .off
            case .some(let count) where (1...most).contains(count): .bytes(UInt64(count) << 20)
            default: nil
            }
        }
    }
}
