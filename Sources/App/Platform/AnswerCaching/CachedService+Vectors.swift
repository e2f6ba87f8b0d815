import Gateway
import Vocabulary

/// Vectors of inputs that were computed before. Ranks and classes are not kept: they are asked for once.
extension CachedService: Embedding {
    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        try await Self.vectors(request, cache: cache, policy: policy, sources: sources, next: next)
    }

    /// The same for whoever has only parts of a service.
    static func vectors(
        _ request: EmbeddingRequest, cache: AnswerCache, policy: AnswerCachePolicy,
        sources: AnswerSources, next: any ModelService
    ) async throws -> EmbeddingResult {
        let course = AnswerNotes.current?.course
        guard policy.isOn, course?.wish.use != .off,
            let source = await sources.source(request.model, request.scheduling.routing)
        else {
            course?.note(.bypass(AnswerCachePolicy.Bypass.off.rawValue))
            return try await next.embed(request)
        }
        let owner = AnswerIdentity.owner(request.scheduling)
        let keys = request.inputs.map { input in
            AnswerKey(
                .vectors, tenant: owner.tenant, source: source, request: owner.mark + request.shape(of: input))
        }
        var entries: [EmbeddingResult.Entry?] = []
        for key in keys { entries.append(course?.wish.use == .refresh ? nil : await vectors(key, in: cache)) }
        let missing = entries.indices.filter { entries[$0] == nil }
        cache.measures.note(missing.isEmpty ? "vectors_hit" : "vectors_miss")
        course?.note(missing.isEmpty ? .hit : .miss)
        let model = ModelID(source.model)
        guard !missing.isEmpty else {
            AnswerNotes.current?.note(model: source.model)
            return EmbeddingResult(model: model, entries: entries.compactMap(\.self), promptTokens: 0)
        }
        var rest = request
        rest.inputs = missing.map { request.inputs[$0] }
        let (epoch, began) = (cache.epoch, ContinuousClock.now)
        let result = try await next.embed(rest)
        guard result.entries.count == missing.count else { return result }
        for (place, entry) in zip(missing, result.entries) { entries[place] = entry }
        if await sources.source(request.model, request.scheduling.routing) == source {
            let now = cache.now()
            let time = Int64((ContinuousClock.now - began) / .microseconds(missing.count))
            for (place, entry) in zip(missing, result.entries) {
                let answer = CachedAnswer(
                    key: keys[place], kind: .vectors, tenant: owner.tenant, model: source.model,
                    tags: course?.wish.tags ?? [], writtenAt: now,
                    expiresAt: now + Int64(policy.timeToLive / .microseconds(1)),
                    promptTokens: result.promptTokens / missing.count, computing: time,
                    payload: PackedAnswer.pack(entry))
                cache.keep(answer, since: epoch)
            }
        }
        return EmbeddingResult(
            model: result.model, entries: entries.compactMap(\.self), promptTokens: result.promptTokens)
    }

    private static func vectors(_ key: AnswerKey, in cache: AnswerCache) async -> EmbeddingResult.Entry? {
        guard let answer = await cache.find(key, .vectors) else { return nil }
        do {
            let entry = try PackedAnswer.vectors(answer.payload)
            cache.measures.saved(answer)
            return entry
        } catch {
            cache.drop(damaged: key)
            return nil
        }
    }

    func rerank(_ request: RerankRequest) async throws -> RerankResult { try await next.rerank(request) }

    func classify(_ request: ClassificationRequest) async throws -> ClassificationResult {
        try await next.classify(request)
    }
}
