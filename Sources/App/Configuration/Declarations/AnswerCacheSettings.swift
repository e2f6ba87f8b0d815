/// The keys below `cache`.
enum AnswerCacheSettings {
    static let all: [Setting<ConfigurationDraft>] = [
        Setting(
            "cache.enabled", \.configuration.answerCache.isOn, .flag,
            "Whether answers that are certain to be the same again are kept and given again."),
        Setting(
            "cache.sampled", \.configuration.answerCache.cachesSampled, .flag,
            "Also answers that chance has a part in, without being asked."),
        Setting(
            "cache.tools", \.configuration.answerCache.cachesTools, .flag,
            "Also answers that may call tools, without being asked."),
        Setting(
            "cache.shareRunning", \.configuration.answerCache.sharesRunning, .flag,
            "Whether a request waits for the answer to the same request of the same tenant, where that is being written."
        ),
        Setting(
            "cache.timeToLive", \.configuration.answerCache.timeToLive,
            .duration(in: .seconds(1)...(.seconds(31_536_000))), "How long an answer is kept."),
        Setting(
            "cache.memoryBytes", \.configuration.answerCache.memory, .bytes(in: .mebibytes(1)...(.mebibytes(1 << 16))),
            "Answers in memory."),
        Setting(
            "cache.storedBytes", \.configuration.answerCache.stored, .bytes(in: .mebibytes(1)...(.mebibytes(1 << 20))),
            "Answers in the database."),
        Setting(
            "cache.storedCount", \.configuration.answerCache.storedCount, .integer(in: 1...1_000_000),
            "Number of answers in the database."),
        Setting(
            "cache.answerBytes", \.configuration.answerCache.answerMax, .bytes(in: .kibibytes(1)...(.mebibytes(64))),
            "Larger answers are not kept."),
        Setting(
            "cache.similar.enabled", \.configuration.answerCache.findsSimilar, .flag,
            "Also answers to questions that mean the same."),
        Setting(
            "cache.similar.model", \.configuration.answerCache.encoder, .text("NAME", bytesMax: 128),
            "Model that makes the vectors of questions."),
        Setting(
            "cache.similar.threshold", \.configuration.answerCache.threshold, .number(in: 0...1),
            "Cosine from which two questions mean the same, until `nexus cache calibrate` has found a better one."),
        Setting(
            "cache.similar.temperatureMax", \.configuration.answerCache.temperatureMax, .number(in: 0...2),
            "Requests with a higher temperature get no answer to a similar question, unless they ask for it."),
        Setting(
            "cache.similar.history", \.configuration.answerCache.history, .choice,
            "What of a conversation must be equal: all but the last message (equal), or the system prompt only (embedded)."
        ),
        Setting(
            "cache.similar.questionsMax", \.configuration.answerCache.questionsMax, .integer(in: 0...1_000_000),
            "Questions whose vectors are in memory."),
    ]
}
