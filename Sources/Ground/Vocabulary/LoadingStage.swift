/// What a request waits for while its model is not in memory.
public enum LoadingStage: Sendable, Equatable {
    /// Others are loaded first; 0 is next.
    case queued(position: Int)
    /// Another model leaves, to make room.
    case evicting(String)
    /// The model is being read.
    case loading
    /// It serves; the answer begins.
    case ready

    /// A stable word.
    public var name: String {
        switch self {
        case .queued: "queued"
        case .evicting: "evicting"
        case .loading: "loading"
        case .ready: "ready"
        }
    }

    /// For people, without the name of the model that is waited for.
    public var description: String {
        switch self {
        case .queued(let position): position == 0 ? "queued" : "queued behind \(position)"
        case .evicting(let name): "evicting \(name)"
        case .loading: "loading"
        case .ready: "ready"
        }
    }
}

/// How long a model stays in memory after the last request for it.
///
/// Source: `keep_alive` of Ollama's API: seconds, or a Go duration; below 0 for ever, 0 not at all.
public enum ModelKeepAlive: Sendable, Equatable {
    case atMost(Duration)
    case forever

    /// Longer than this is for ever: a year.
    public static let secondsMax = 31_536_000.0

    /// - Parameter seconds: below 0, or more than a year, is for ever; `nil` for what is no number.
    public init?(seconds: Double) {
        guard !seconds.isNaN else { return nil }
        let isBounded = (0...Self.secondsMax).contains(seconds)
        self = isBounded ? .atMost(.milliseconds(Int64((seconds * 1_000).rounded()))) : .forever
    }

    /// Reads `5m`, `1h30m`, `250ms`, `-1` or seconds; `nil` for anything else.
    public init?(_ text: String) {
        if text.utf8.allSatisfy({ $0 < 0x3A }), let seconds = Double(text) {
            self.init(seconds: seconds)
            return
        }
        var rest = Substring(text)
        let isNegative = rest.hasPrefix("-")
        if isNegative { rest.removeFirst() }
        var total = 0.0
        guard !rest.isEmpty, rest.utf8.count <= 64 else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest.removeFirst(digits.count)
            let unit = rest.prefix { $0.isASCII && $0.isLetter }
            rest.removeFirst(unit.count)
            guard let number = Double(digits), let scale = Self.units[String(unit)] else { return nil }
            total += number * scale
        }
        self.init(seconds: isNegative ? -1 : total)
    }

    /// Seconds, -1 for ever.
    public var seconds: Double {
        switch self {
        case .forever: -1
        case .atMost(let time):
            Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
        }
    }

    private static let units: [String: Double] = ["ms": 0.001, "s": 1, "m": 60, "h": 3_600, "d": 86_400]
}
