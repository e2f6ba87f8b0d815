public import Vocabulary

/// Where answers last longer than the process: a database, or a server that several nodes share.
///
/// It may be slow and may fail; whoever uses it goes on without it then. All of it is off the way of requests but `find`, and that
/// is asked only for keys that are there.
public protocol AnswerStore: Sendable {
    /// The answer with this key; whether its time is over is for the caller to see.
    func find(_ key: AnswerKey) async throws -> CachedAnswer?

    /// Keeps answers and notes what was used, then lets go of what is over the bounds: expired ones first, then those that
    /// were not used for the longest time.
    ///
    /// - Returns: keys that are not there any more.
    func keep(_ batch: AnswerBatch, within bounds: AnswerBounds, at now: Int64) async throws -> [AnswerKey]

    /// Removes answers.
    ///
    /// - Returns: how many there were.
    func forget(_ selection: AnswerSelection) async throws -> Int

    /// Keys of all answers with the microseconds since 1970 at which their times end.
    func keys(at now: Int64) async throws -> [AnswerKey: Int64]

    /// The newest answers, without their payloads.
    func list(_ selection: AnswerSelection, limit: Int, at now: Int64) async throws -> [AnswerLine]
}

/// Where questions and what was found out about their vectors last.
public protocol QuestionStore: Sendable {
    /// The newest questions whose answers are there.
    func questions(limit: Int, at now: Int64) async throws -> [SimilarQuestion]
    /// What was calibrated, by the model that makes the vectors.
    func thresholds() async throws -> [String: CalibratedThreshold]
    /// Keeps what was calibrated, in the place of what was there for the same model.
    func keep(_ threshold: CalibratedThreshold, of model: String) async throws
}

/// What a calibration found out about one model.
public struct CalibratedThreshold: Sendable, Equatable {
    public var threshold: Double
    /// Of the pairs that it was measured with, at that threshold and with marks looked at.
    public var precision: Double
    public var recall: Double
    public var pairs: Int
    /// Of the model: with another version of it the number tells nothing.
    public var identity: String
    /// Microseconds since 1970.
    public var at: Int64

    public init(threshold: Double, precision: Double, recall: Double, pairs: Int, identity: String, at: Int64) {
        self.threshold = threshold
        self.precision = precision
        self.recall = recall
        self.pairs = pairs
        self.identity = identity
        self.at = at
    }
}

/// What happened since the last time.
public struct AnswerBatch: Sendable, Equatable {
    public var answers: [CachedAnswer] = []
    /// Questions that can be found by their meaning.
    public var questions: [SimilarQuestion] = []
    /// How often each was used.
    public var uses: [AnswerKey: Int] = [:]
    /// Those that turned out to be damaged.
    public var damaged: [AnswerKey] = []

    public init() {}

    /// Takes in what happened before.
    public mutating func prepend(_ earlier: AnswerBatch) {
        answers = earlier.answers + answers
        questions = earlier.questions + questions
        uses.merge(earlier.uses, uniquingKeysWith: +)
        damaged = earlier.damaged + damaged
    }

    public var isEmpty: Bool { answers.isEmpty && uses.isEmpty && damaged.isEmpty && questions.isEmpty }
}

/// How much is kept.
public struct AnswerBounds: Sendable, Equatable {
    public var bytesMax: Int
    public var countMax: Int

    public init(bytesMax: Int, countMax: Int) {
        self.bytesMax = bytesMax
        self.countMax = countMax
    }
}

/// One kept answer, as a list shows it.
public struct AnswerLine: Sendable, Equatable {
    public var key: AnswerKey
    public var kind: CachedAnswer.Kind
    public var tenant: TenantID
    public var model: String
    public var tags: [String]
    /// Microseconds since 1970.
    public var writtenAt: Int64
    public var expiresAt: Int64
    public var promptTokens: Int
    public var completionTokens: Int
    public var bytes: Int
    public var hits: Int

    public init(
        key: AnswerKey, kind: CachedAnswer.Kind, tenant: TenantID, model: String, tags: [String], writtenAt: Int64,
        expiresAt: Int64, promptTokens: Int, completionTokens: Int, bytes: Int, hits: Int
    ) {
        self.key = key
        self.kind = kind
        self.tenant = tenant
        self.model = model
        self.tags = tags
        self.writtenAt = writtenAt
        self.expiresAt = expiresAt
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.bytes = bytes
        self.hits = hits
    }
}
