public import JSONText

/// How long a model stays loaded without work: Ollama's `keep_alive`.
public enum KeepAlive: Sendable, Hashable {
    /// After its last answer; zero lets it go at once.
    case lasting(Duration)
    /// Until its memory is needed, or an order comes.
    case forever

    /// Five minutes, as in Ollama.
    public static let `default` = KeepAlive.lasting(.seconds(300))

    /// Longer than this is `forever`: a hundred years.
    public static let secondsMax = 3_155_760_000.0

    /// From a request: a number of seconds, or a duration text such as `"5m"`, `"1h30m"`, `"1.5s"`, `"300ms"`; a number
    /// without unit in a text is seconds too. Anything below zero, such as `-1` and `"-1m"`, is forever.
    ///
    /// Source: `api.Duration` of Ollama, which parses texts as Go's `time.ParseDuration`. Differs from it in: a text without
    /// unit is accepted, because its users write `"300"`, and so are days.
    ///
    /// Gives `nil` when it is neither, or no number; the caller says what is allowed, see `allowed`.
    ///
    /// - Parameter json: the field's value.
    public init?(_ json: JSONValue) {
        if let text = json.string {
            guard let seconds = Self.seconds(in: text) else { return nil }
            self.init(seconds: seconds)
        } else if let seconds = json.double {
            self.init(seconds: seconds)
        } else {
            return nil
        }
    }

    /// From seconds; below zero is forever. `nil` for what is no number.
    public init?(seconds: Double) {
        guard !seconds.isNaN else { return nil }
        self = seconds < 0 || seconds > Self.secondsMax ? .forever : .lasting(.seconds(seconds))
    }

    /// Seconds; -1 is forever.
    public var seconds: Double {
        switch self {
        case .forever: -1
        case .lasting(let duration): duration / .seconds(1)
        }
    }

    /// For the error about what was not accepted.
    public static let allowed =
        "a number of seconds, or a text such as \"5m\", \"1h30m\" or \"0\"; a negative one keeps the model loaded"

    /// Seconds in a text of numbers with the units d, h, m, s, ms, us, µs and ns; one number without unit is seconds.
    static func seconds(in text: String) -> Double? {
        guard (1...64).contains(text.utf8.count) else { return nil }
        var rest = Substring(text)
        var sign = 1.0
        if let first = rest.first, first == "-" || first == "+" {
            sign = first == "-" ? -1 : 1
            rest.removeFirst()
        }
        guard !rest.isEmpty else { return nil }
        if let plain = decimal(rest) { return sign * plain }
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            rest.removeFirst(digits.count)
            let unit = rest.prefix { !($0.isASCII && $0.isNumber) && $0 != "." }
            rest.removeFirst(unit.count)
            guard let number = decimal(digits), let factor = units[String(unit)] else { return nil }
            total += number * factor
        }
        return total.isFinite ? sign * total : nil
    }

    /// Digits with at most one point, and at least one digit.
    private static func decimal(_ text: Substring) -> Double? {
        let digits = text.filter { $0 != "." }
        guard !digits.isEmpty, text.count - digits.count <= 1, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            return nil
        }
        return Double(String(text))
    }

    private static let units = [
        "d": 86_400.0, "h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9,
    ]
}

extension KeepAlive: CustomStringConvertible {
    /// Seconds, or `forever`.
    public var description: String {
        switch self {
        case .forever: "forever"
        case .lasting(let duration): "\(duration / .seconds(1))s"
        }
    }
}

extension JSONField {
    /// Ollama's `keep_alive`.
    ///
    /// - Returns: how long the model stays in memory.
    /// - Throws: `JSONFieldError` that tells what is allowed.
    public func keepAlive() throws(JSONFieldError) -> KeepAlive {
        if let time = KeepAlive(value) { return time }
        throw fail("must be \(KeepAlive.allowed)")
    }
}
