/// What predictions for one model and one set of settings have to be multiplied by, learned from what its workers took.
///
/// A sample is compared with what a worker should take after what it has done so far. The first one is believed at once; then the
/// ratio follows at once upwards, and slowly downwards. It stays within bounds, so that one odd reading does no harm.
public struct MemoryCorrection: Sendable, Equatable {
    /// Measured by predicted.
    public private(set) var ratio: Double
    /// Samples so far.
    public private(set) var count: Int

    /// A ratio outside says that something else is wrong.
    public static let allowed = 0.5...2.0
    /// How far a smaller sample pulls the ratio down at least.
    private static let downwards = 0.2
    /// Samples that are nearer than this teach nothing.
    private static let newsMin = 0.005

    public static let none = MemoryCorrection()

    /// - Parameters:
    ///   - ratio: as it was kept; brought into bounds.
    ///   - count: as it was kept.
    public init(ratio: Double = 1, count: Int = 0) {
        self.ratio = ratio.isFinite ? min(max(ratio, Self.allowed.lowerBound), Self.allowed.upperBound) : 1
        self.count = max(0, count)
    }

    /// Learns from a worker.
    ///
    /// - Parameters:
    ///   - measured: bytes that it takes.
    ///   - predicted: bytes that were predicted for it, without correction. None teach nothing.
    public mutating func learn(measured: UInt64, predicted: UInt64) {
        guard predicted > 0, measured > 0 else { return }
        let sample = Double(measured) / Double(predicted)
        // The same again is no news.
        guard count == 0 || abs(sample - ratio) > Self.newsMin else { return }
        let weight = max(Self.downwards, 1 / Double(count + 1))
        let next = sample > ratio ? sample : ratio + weight * (sample - ratio)
        ratio = min(max(next, Self.allowed.lowerBound), Self.allowed.upperBound)
        count += 1
    }

    /// A predicted number of bytes, corrected.
    public func applied(to bytes: UInt64) -> UInt64 {
        let corrected = (Double(bytes) * ratio).rounded(.up)
        return corrected < Double(UInt64.max) ? UInt64(corrected) : .max
    }

    /// A predicted footprint, corrected: ordinary memory only, because devices take what they are asked for.
    public func applied(to footprint: Footprint) -> Footprint {
        Footprint(host: applied(to: footprint.host), devices: footprint.devices)
    }
}
