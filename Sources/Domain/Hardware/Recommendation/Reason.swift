public import Hosting

/// Why a model is recommended, or is not, with the numbers that decide.
public enum Reason: Sendable, Equatable {
    /// What serving takes of what there is.
    case memory(needBytes: UInt64, roomBytes: UInt64, place: String)
    /// It would be found here already.
    case isHere
    /// What must be downloaded first.
    case download(bytes: UInt64, freeBytes: UInt64?)
    /// It was made for this use.
    case madeFor(UseCase)
    case generationSpeed(SpeedPrediction, wanted: Double)
    case promptSpeed(SpeedPrediction)
    /// Only a part of it computes for each token.
    case experts(active: Double, parameters: Double)
    /// What storing weights in fewer bits costs: perplexity grows by this share.
    case quantization(name: String, loss: Double)
    /// The context that it was trained for is shorter than what was asked for.
    case contextLimit(trained: Int, wanted: Int)
    /// Keys and values are stored in fewer bits to make it fit.
    case cacheType(KVCacheType)
    case licence(String)
    /// Nobody can say how fast it would be.
    case speedUnknown

    /// A stable name.
    public var code: String {
        switch self {
        case .memory: "memory"
        case .isHere: "is_here"
        case .download: "download"
        case .madeFor: "made_for"
        case .generationSpeed: "generation_speed"
        case .promptSpeed: "prompt_speed"
        case .experts: "experts"
        case .quantization: "quantization"
        case .contextLimit: "context_limit"
        case .cacheType: "cache_type"
        case .licence: "licence"
        case .speedUnknown: "speed_unknown"
        }
    }

    /// For people.
    public var sentence: String {
        switch self {
        case .memory(let need, let room, let place):
            "needs \(Figures.bytes(need)) of \(Figures.bytes(room)) \(place)"
        case .isHere: "is on this machine already"
        case .download(let bytes, let free):
            "\(Figures.bytes(bytes)) to download" + (free.map { ", \(Figures.bytes($0)) free on the disk" } ?? "")
        case .madeFor(let use): "made for \(use.summary)"
        case .generationSpeed(let speed, let wanted): Self.sentence(speed, wanted: wanted)
        case .promptSpeed(let speed): Self.sentence(promptSpeed: speed)
        case .experts(let active, let parameters):
            "\(Figures.number(active)) of \(Figures.number(parameters)) billion weights compute for a token"
        case .quantization(let name, let loss):
            loss < 0.001
                ? "\(name) loses next to nothing"
                : "\(name) raises perplexity by about \(Figures.percent(loss)) (of Llama-3-8B; smaller models lose more)"
        case .contextLimit(let trained, let wanted):
            "was trained for \(trained) tokens of context, \(wanted) are wanted"
        case .cacheType(let type): "keys and values as \(type.rawValue) to make it fit"
        case .licence(let name): "licence: \(name)"
        case .speedUnknown: "its speed here is not known: measure a model, or let the server look at the machine"
        }
    }

    private static func sentence(_ speed: SpeedPrediction, wanted: Double) -> String {
        let what: String
        switch speed.bound {
        case .memoryBandwidth:
            what =
                "generation bound by memory bandwidth: \(Figures.bytes(speed.unitsPerToken)) per token at "
                + "\(Figures.bytes(speed.unitsPerSecond))/s"
        case .arithmetic: what = "generation bound by arithmetic"
        case .overhead: what = "generation bound by what each step and layer costs"
        }
        let enough = speed.tokensPerSecond >= wanted ? "" : ", \(Figures.number(wanted)) are wanted"
        return "\(Figures.number(speed.tokensPerSecond)) tokens/s\(enough); \(what)\(origin(speed))"
    }

    private static func sentence(promptSpeed speed: SpeedPrediction) -> String {
        let what =
            speed.bound == .overhead
            ? "bound by what each step and layer costs"
            : "\(Figures.number(speed.unitsPerToken / 1e9)) billion operations per token at "
                + "\(Figures.number(speed.unitsPerSecond / 1e9)) billion/s"
        return "reads \(Figures.number(speed.tokensPerSecond)) tokens/s of a prompt; \(what)\(origin(speed))"
    }

    private static func origin(_ speed: SpeedPrediction) -> String {
        var text: String
        switch speed.basis {
        case .probe: text = " (estimated from a short look at the machine, no model ran yet"
        case .dataSheet: text = " (estimated from the maker's data sheet, no model ran yet"
        case .corrected(let runs): text = " (from \(runs) measured \(runs == 1 ? "run" : "runs") of one model"
        case .fit(let runs, let models): text = " (fitted on \(runs) runs of \(models) models"
        }
        text +=
            speed.error.map { error in
                ", for one that was left out off by \(Figures.percent(error.mean)) on average, "
                    + "\(Figures.percent(error.max)) at most"
            } ?? ", how far off is not known"
        if let factor = speed.extrapolation { text += "; \(Figures.number(factor)) times the largest that ran" }
        return text + ")"
    }
}

/// Something that would make a model fit, or fit better.
public struct Alternative: Sendable, Equatable {
    public enum Change: Sendable, Equatable {
        case cacheType(KVCacheType)
        case context(Int)
        case quantization(String)
    }

    /// All of them together.
    public var changes: [Change]
    public var needBytes: UInt64

    public init(changes: [Change], needBytes: UInt64) {
        self.changes = changes
        self.needBytes = needBytes
    }

    public var sentence: String {
        let parts = changes.map { change in
            switch change {
            case .cacheType(let type): "\(type.rawValue) keys and values"
            case .context(let tokens): "\(tokens) tokens of context"
            case .quantization(let name): name
            }
        }
        return "would fit with \(parts.joined(separator: " and ")): \(Figures.bytes(needBytes))"
    }
}

/// Numbers for people.
public enum Figures {
    /// "5.1 GB", in powers of 1000.
    public static func bytes(_ count: UInt64) -> String { bytes(Double(count)) }

    /// "38 GB", in powers of 1000.
    public static func bytes(_ count: Double) -> String {
        let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
        var value = count
        var unit = 0
        while value >= 999.5, unit + 1 < units.count { (value, unit) = (value / 1_000, unit + 1) }
        return "\(number(value)) \(units[unit])"
    }

    /// Three digits: "0.51", "5.1", "38", "1240".
    public static func number(_ value: Double) -> String {
        guard value.isFinite else { return "?" }
        let places = value == 0 || abs(value) >= 99.95 ? 0 : abs(value) >= 9.995 ? 0 : abs(value) >= 0.9995 ? 1 : 2
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let rounded = (value * scale).rounded() / scale
        return places == 0 ? "\(Int64(clamping: Int64(exactly: rounded) ?? .max))" : "\(rounded)"
    }

    /// "2.8 %".
    public static func percent(_ share: Double) -> String { "\(number(share * 100)) %" }
}
