import Vocabulary

/// The answer to a wish: what fits this machine, and what the answer rests on.
public struct Advice: Sendable, Equatable {
    public var wish: Wish
    /// How the use was found.
    public var reading: UseCaseText.Reading
    public var room: Room
    public var threads: Int
    /// `nil` where nobody knows how fast this machine is.
    public var speed: SpeedModel?
    public var recommendations: [Recommendation]
    /// Sentences about the answer as a whole.
    public var remarks: [String]

    public init(
        wish: Wish, reading: UseCaseText.Reading, room: Room, threads: Int, speed: SpeedModel?,
        recommendations: [Recommendation], remarks: [String] = []
    ) {
        self.wish = wish
        self.reading = reading
        self.room = room
        self.threads = threads
        self.speed = speed
        self.recommendations = recommendations
        self.remarks = remarks
    }
}

/// Advises on models for this machine, and measures them. Implemented where models and engines are.
public protocol ModelAdvising: Sendable {
    /// What fits a wish.
    func advice(for wish: Wish, reading: UseCaseText.Reading) async throws -> Advice

    /// Runs a model of this machine for some seconds and keeps how fast it was.
    ///
    /// - Throws: `ServiceError` when there is no such model or it cannot be measured, also while another one is.
    func measure(_ model: String) async throws -> [SpeedMeasurement]

    /// What was measured, newest first.
    func measurements() async throws -> [SpeedMeasurement]
}

extension Room {
    /// The memory that models can have on a machine: of the accelerators that the engine can use the largest, else what
    /// the machine and its limits leave free.
    ///
    /// - Parameters:
    ///   - machine: as it is now.
    ///   - engine: what the engine says of its devices; without one that computes beside the processor, accelerators
    ///     do not count.
    /// - Returns: `nil` when neither is known.
    public static func of(_ machine: Machine, engine: EngineBuild?) -> Room? {
        let disk = machine.modelFolder?.freeBytes
        if let device = engine?.devices.first(where: { $0 != "CPU" && $0 != "BLAS" && !$0.isEmpty }),
            let best = machine.accelerators.filter({ $0.partitioning?.isOn != true })
                .max(by: { ($0.freeBytes ?? $0.totalBytes ?? 0) < ($1.freeBytes ?? $1.totalBytes ?? 0) }),
            let bytes = best.freeBytes ?? best.totalBytes
        {
            return Room(
                bytes: bytes, place: "on \(best.name ?? device)", device: device, accelerator: best.name,
                freeDiskBytes: disk)
        }
        guard let bytes = machine.memoryFreeBytes ?? machine.memoryBytes else { return nil }
        return Room(bytes: bytes, place: "of free memory", freeDiskBytes: disk)
    }
}
