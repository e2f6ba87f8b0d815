import AdminAPI
import Configuration
import Gateway
import HTTPServing
import Records
import Redis
import Storage
import Telemetry
import Vocabulary

/// The answer cache in the running platform.
struct AnswerCachePart: Sendable {
    private let service: CachedService
    private let questions: QuestionRecords
    private let redis: RedisClient?

    /// - Parameters:
    ///   - configuration: what is kept, and whether Redis keeps it.
    ///   - database: where it is kept otherwise; questions and what was calibrated always.
    ///   - routing: who answers, and makes the vectors of questions.
    ///   - metrics: where they are registered.
    ///   - logger: of the cache.
    /// - Throws: when the URL of Redis cannot be read.
    init(
        _ configuration: Configuration, database: Database, routing: RoutedService, metrics: MetricsRegistry,
        logger: Logger
    ) throws {
        let policy = AnswerCachePolicy(configuration.answerCache)
        redis =
            policy.isOn
            ? try configuration.gateway.redis.map { try RedisClient(RedisSettings(url: $0.revealed)) } : nil
        questions = QuestionRecords(database: database)
        let isPostgres = if case .postgres = configuration.storage { true } else { false }
        let store: any AnswerStore = redis.map { RedisAnswers($0) } ?? AnswerRecords(database: database)
        let measures = AnswerCacheMeasures(metrics)
        let cache = AnswerCache(
            AnswerCache.Limits(configuration.answerCache), store: policy.isOn ? store : nil,
            questions: redis == nil ? questions : nil, isShared: isPostgres || redis != nil, measures: measures,
            logger: logger, now: { UnixTime.now().nanoseconds / 1_000 })
        AnswerCacheMeasures.watch(cache, metrics)
        let sources = AnswerSources(routing)
        let similar = SimilarAnswers(
            policy.similarity, sources: sources,
            embed: { request in
                try await CachedService.vectors(request, cache: cache, policy: policy, sources: sources, next: routing)
            }, measures: measures, logger: logger)
        service = CachedService(next: routing, cache: cache, policy: policy, sources: sources, similar: similar)
    }

    /// What stands in front of routing.
    var layer: any ModelService { service }

    var routes: [Route] {
        AnswerCacheRoutes(AnswerCacheDesk(service: service, questions: questions)).routes
    }

    /// Reads and writes until its task is cancelled.
    func run() async {
        do {
            service.similar.take(try await questions.thresholds())
        } catch {
            service.cache.measures.storeFailed.increment()
        }
        await service.cache.run()
    }

    /// Writes what is not kept yet, when no more requests come.
    func close() async {
        await service.cache.write()
        await redis?.close()
    }
}

extension AnswerCachePolicy {
    init(_ configuration: AnswerCacheConfiguration) {
        self.init()
        isOn = configuration.isOn
        cachesSampled = configuration.cachesSampled
        cachesTools = configuration.cachesTools
        timeToLive = configuration.timeToLive
        answerBytesMax = Int(configuration.answerMax.bytes)
        sharesRunning = configuration.sharesRunning
        similarity.isOn = configuration.findsSimilar
        similarity.model = ModelID(configuration.encoder)
        similarity.threshold = configuration.threshold
        similarity.temperatureMax = configuration.temperatureMax
        similarity.history = configuration.history == .embedded ? .embedded : .equal
        similarity.questionsMax = configuration.questionsMax
    }
}

extension AnswerCache.Limits {
    init(_ configuration: AnswerCacheConfiguration) {
        self.init()
        memoryBytes = Int(configuration.memory.bytes)
        stored = AnswerBounds(bytesMax: Int(configuration.stored.bytes), countMax: configuration.storedCount)
        questionsMax = configuration.findsSimilar ? configuration.questionsMax : 0
    }
}
