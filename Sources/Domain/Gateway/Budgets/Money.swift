internal import Vocabulary

/// An amount of the one currency that the operator's prices are in, in billionths. Whole numbers, so that sums are exact.
/// Sums that do not fit stay at the largest amount, nine thousand million.
public struct Money: Sendable, Hashable, Comparable {
    public var nanos: Int64

    public init(nanos: Int64) { self.nanos = nanos }
    public static let zero = Money(nanos: 0)

    /// - Parameter amount: rounded to the nearest billionth; `nil` when it is no number or does not fit.
    public init?(_ amount: Double) {
        let nanos = (amount * 1e9).rounded()
        guard nanos.isFinite, abs(nanos) < 9e18 else { return nil }
        self.nanos = Int64(nanos)
    }

    /// For people and JSON; the last digits of large sums may be lost.
    public var amount: Double { Double(nanos) / 1e9 }

    public static func < (left: Money, right: Money) -> Bool { left.nanos < right.nanos }
    public static func + (left: Money, right: Money) -> Money {
        let (sum, overflow) = left.nanos.addingReportingOverflow(right.nanos)
        return Money(nanos: overflow ? (left.nanos < 0 ? .min : .max) : sum)
    }
}

/// What a model costs: billionths of the currency for each million tokens, and for each second of computing.
public struct ModelPrice: Sendable, Equatable {
    public var input: Int64
    /// Prompt tokens that came from a cache.
    public var cachedInput: Int64
    public var output: Int64
    /// For what runs here: electricity, wear.
    public var engineSecond: Int64

    /// The largest price of a million tokens: a million.
    public static let priceMax: Int64 = 1_000_000_000_000_000

    public init(input: Int64, cachedInput: Int64? = nil, output: Int64, engineSecond: Int64 = 0) {
        self.input = input
        self.cachedInput = cachedInput ?? input
        self.output = output
        self.engineSecond = engineSecond
    }

    public static let free = ModelPrice(input: 0, output: 0)
    public var isFree: Bool { self == .free }

    /// What a request costs, rounded up once to the next billionth.
    ///
    /// - Parameters:
    ///   - inputTokens: of the prompt, those from a cache among them.
    ///   - cachedTokens: of them, those from a cache.
    ///   - outputTokens: written, thinking among them.
    ///   - engineMicroseconds: of computing.
    /// - Returns: at most the largest amount.
    public func cost(
        inputTokens: Int64, cachedTokens: Int64 = 0, outputTokens: Int64, engineMicroseconds: Int64 = 0
    ) -> Money {
        let cached = min(max(0, cachedTokens), max(0, inputTokens))
        // Millionths of billionths; 128 bits hold any product of two 64-bit numbers, four times.
        let total =
            Int128(max(0, inputTokens) - cached) * Int128(input) + Int128(cached) * Int128(cachedInput)
            + Int128(max(0, outputTokens)) * Int128(output) + Int128(max(0, engineMicroseconds)) * Int128(engineSecond)
        return Money(nanos: Int64(clamping: (total + 999_999) / 1_000_000))
    }
}

/// Prices by model. The first pattern that matches counts; what matches none is free.
public struct PriceTable: Sendable, Equatable {
    public struct Entry: Sendable, Equatable {
        /// A name, in which `*` stands for any characters.
        public let model: String
        public let price: ModelPrice

        public init(model: String, price: ModelPrice) {
            self.model = model
            self.price = price
        }
    }

    /// Entries that may be set.
    public static let countMax = 1_024
    /// Names before patterns, then longer patterns before shorter ones.
    public let entries: [Entry]
    private let exact: [String: ModelPrice]

    public init(_ entries: [Entry] = []) {
        self.entries = entries.sorted { left, right in
            let (wildLeft, wildRight) = (left.model.contains("*"), right.model.contains("*"))
            if wildLeft != wildRight { return wildRight }
            return (-left.model.utf8.count, left.model) < (-right.model.utf8.count, right.model)
        }
        exact = Dictionary(
            entries.filter { !$0.model.contains("*") }.map { ($0.model, $0.price) }, uniquingKeysWith: { $1 })
    }

    public func price(of model: String) -> ModelPrice {
        if let found = exact[model] { return found }
        return entries.first { $0.model.contains("*") && NamePattern.matches(model, $0.model) }?.price ?? .free
    }
}
