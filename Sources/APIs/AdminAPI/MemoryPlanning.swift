public import Hosting

/// What the routes of memory need; implemented by the platform, which knows the machine, the files and the workers.
public protocol MemoryPlanning: Sendable {
    /// The machine's memory and what each model takes of it now.
    func status() async -> MemoryStatus

    /// Predicts what a model would take. Answers in milliseconds when the file's header has been read before.
    ///
    /// - Throws: `ServiceError` when there is no such model, or its file cannot be read.
    func predict(_ question: MemoryQuestion) async throws -> MemoryPrediction

    /// What was learned of the use of models, and which should be there now.
    func preloading() async -> PreloadStatus

    /// Keeps these schedules in the place of all others.
    ///
    /// - Throws: `ServiceError` when they cannot be kept.
    func schedule(_ schedules: [PreloadSchedule]) async throws
}

/// A prediction and the room that there is for it.
public struct MemoryPrediction: Sendable, Equatable {
    /// The path that the model's name led to.
    public var path: String
    /// With its files' shapes and the devices in.
    public var request: MemoryRequest
    public var answer: MemoryAnswer
    /// What all models together may take.
    public var budget: Footprint
    /// What of it nobody has been promised.
    public var free: Footprint

    public init(path: String, request: MemoryRequest, answer: MemoryAnswer, budget: Footprint, free: Footprint) {
        self.path = path
        self.request = request
        self.answer = answer
        self.budget = budget
        self.free = free
    }
}
