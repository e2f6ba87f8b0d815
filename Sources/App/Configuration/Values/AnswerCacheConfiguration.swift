/// Which answers may stand for others, and how many are kept.
public struct AnswerCacheConfiguration: Sendable, Equatable {
    /// What of a conversation is compared by its meaning.
    public enum History: String, Sendable, CaseIterable { case equal, embedded }

    public var isOn = true
    /// Also answers that chance has a part in, without being asked.
    public var cachesSampled = false
    /// Also answers that may call tools, without being asked.
    public var cachesTools = false
    /// The same request, sent again while it is being answered, waits for that answer.
    public var sharesRunning = true
    public var timeToLive = Duration.seconds(3_600)
    public var memory = ByteCount.mebibytes(32)
    public var stored = ByteCount.mebibytes(512)
    /// Answers in the database.
    public var storedCount = 100_000
    /// Larger answers are not kept.
    public var answerMax = ByteCount.mebibytes(1)
    /// Also answers to questions that mean the same.
    public var findsSimilar = false
    /// The model that makes the vectors.
    public var encoder = "embed"
    /// Cosine from which two questions mean the same, where nothing was calibrated.
    public var threshold = 0.85
    /// Requests with a higher temperature get no answer to a similar question, unless they ask for it.
    public var temperatureMax = 0.3
    public var history = History.equal
    /// Questions whose vectors are in memory.
    public var questionsMax = 20_000

    public init() {}
}
