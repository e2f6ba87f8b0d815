/// What predictions for one model and one set of settings have to be multiplied by, learned from what its workers took.
///
/// Memory grows with use, so that only workers that had a whole step to compute teach downwards: the first one at once, later
/// ones less and less. Upwards the ratio follows at once. It stays within bounds, so that one odd reading does no harm.
public struct MemoryCorrection: Sendable, Equatable {
    /// Measured by predicted.
    public private(set) var ratio: Double
    /// Samples so far.
    public private(set) var count: Int

    /// A ratio outside says that something else is wrong.
    public static let allowed = 0.5...2.0
    /// How far a smaller sample pulls the ratio down at least.
    private static let downwards = 0.2

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
    ///   - measured: bytes that it had resident at most.
    ///   - predicted: bytes that were predicted for it, without correction. None teach nothing.
    ///   - isPeak: whether it had work that filled its context. Otherwise a smaller number says nothing.
    public mutating func learn(measured: UInt64, predicted: UInt64, isPeak: Bool) {
        guard predicted > 0, measured > 0 else { return }
        let sample = Double(measured) / Double(predicted)
        guard sample > ratio || isPeak else { return }
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
