public import JSONText

/// What was measured of a model on this machine.
public struct ModelBenchmark: Sendable, Equatable {
    /// Microseconds since 1970.
    public var at: Int64
    /// Which measurement: `speed`, `perplexity`.
    public var kind: String
    /// Its settings and results, as the measurement names them.
    public var values: JSONObject

    public init(at: Int64, kind: String, values: JSONObject) {
        self.at = at
        self.kind = kind
        self.values = values
    }

    /// Results of one model that are kept; older ones go.
    public static let countMax = 100
    /// Bytes of one result.
    public static let bytesMax = 64 << 10
}
