/// How long loading a model takes, learned from how long it took.
///
/// Loading reads bytes, from the disk or from the system's file cache, and then makes the context: seconds are a fixed part
/// plus bytes by speed. The first load after a long time reads from the disk; a reload finds the file in memory. Both are
/// kept apart by what was measured, never by asking the system.
public struct LoadTime: Sendable, Equatable {
    /// Seconds per byte, the last measurements counting most; `nil` before the first.
    public private(set) var secondsPerByte: Double?
    public private(set) var count: Int

    /// Of a process that starts, before it reads anything: measured with the starter model.
    public static let fixedSeconds = 0.15
    /// A disk that nobody has measured: 500 MB/s.
    public static let secondsPerByteDefault = 2e-9
    /// How much a new measurement counts.
    private static let weight = 0.4

    public init(secondsPerByte: Double? = nil, count: Int = 0) {
        self.secondsPerByte = secondsPerByte.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
        self.count = max(0, count)
    }

    /// Learns from a load.
    ///
    /// - Parameters:
    ///   - seconds: from the order to start until the worker was ready.
    ///   - bytes: of the model's files.
    public mutating func learn(seconds: Double, bytes: UInt64) {
        guard seconds.isFinite, seconds >= 0, bytes > 0 else { return }
        let sample = max(0, seconds - Self.fixedSeconds) / Double(bytes)
        secondsPerByte = secondsPerByte.map { $0 + Self.weight * (sample - $0) } ?? sample
        count += 1
    }

    /// Seconds that loading so many bytes will take.
    public func seconds(forBytes bytes: UInt64) -> Double {
        Self.fixedSeconds + Double(bytes) * (secondsPerByte ?? Self.secondsPerByteDefault)
    }
}
