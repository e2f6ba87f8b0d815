import Gateway
import Vocabulary

/// Gives answers again that were given before, where that is certain to be the same, or was asked for. Everything else goes to
/// whoever is behind it.
struct CachedService: Generating, TokenCounting {
    /// How long a request waits for the same answer to another one; then it computes for itself.
    static let followMax = Duration.seconds(120)

    let next: any ModelService
    let cache: AnswerCache
    let policy: AnswerCachePolicy
    /// Who answers to a name; `nil` where nobody knows before it has answered.
    let sources: AnswerSources
    let similar: SimilarAnswers

    func models() async -> [ServedModel] { await next.models() }
    func servedName(for asked: ModelID) async -> ModelID { await next.servedName(for: asked) }
    func countTokens(of request: GenerationRequest) async throws -> Int { try await next.countTokens(of: request) }

    func generate(_ request: GenerationRequest) async throws -> any GenerationStream {
        let course = AnswerNotes.current?.course
        let wish = request.cache.answers.over(course?.wish ?? AnswerWish())
        switch policy.verdict(on: request, wish) {
        case .bypass(let reason):
            pass(reason, course)
            return try await next.generate(request)
        case .cached(let plan): return try await cached(request, plan, wish.tags, course)
        }
    }

    /// Not inlined, so that those who pass keep no frame for it.
    @inline(never)
    private func cached(
        _ request: GenerationRequest, _ plan: AnswerCachePolicy.Plan, _ tags: [String], _ course: AnswerCourse?
    ) async throws -> any GenerationStream {
        guard let source = await sources.source(request.model, request.scheduling.routing) else {
            pass(.unknown, course)
            return try await next.generate(request)
        }
        var key = AnswerKey(of: request, by: source)
        if plan.isSampled, let turn = course?.turn(of: key.bytes), turn > 0 {
            key = AnswerKey(of: request, by: source, turn: turn)
        }
        let order = AnswerRecorder.Order(
            request: request, key: key, tenant: AnswerIdentity.owner(request.scheduling).tenant, source: source,
            plan: plan, tags: tags, question: nil, epoch: cache.epoch, bytesMax: policy.answerBytesMax)
        return try await answer(order, course)
    }

    private func pass(_ reason: AnswerCachePolicy.Bypass, _ course: AnswerCourse?) {
        course?.note(.bypass(reason.rawValue))
        cache.measures.note("bypass")
    }

    private func answer(_ asked: AnswerRecorder.Order, _ course: AnswerCourse?) async throws -> any GenerationStream {
        var order = asked
        if order.plan.isReading, let hit = await hit(order, course) { return hit }
        var lease: FlightLease?
        if order.plan.isReading, policy.sharesRunning {
            lease = try await board(order.key, course)
            if lease == nil, let hit = await hit(order, course) { return hit }
        }
        if order.plan.takesSimilar,
            let (question, threshold) = try await similar.question(of: order.request, by: order.source)
        {
            order.question = question
            if order.plan.isReading, let found = similar.nearest(question, threshold: threshold, in: cache),
                let hit = await hit(found, order, course)
            {
                return hit
            }
        }
        course?.note(.miss)
        cache.measures.note("miss")
        let stream = try await next.generate(order.request)
        let recorder = AnswerRecorder(order, cache: cache, lease: lease) { [sources, asked = asked.request] in
            await sources.source(asked.model, asked.scheduling.routing)
        }
        return Self.record(stream, recorder)
    }

    private static func record(_ stream: some GenerationStream, _ recorder: AnswerRecorder) -> any GenerationStream {
        RecordedStream(base: stream, recorder: recorder)
    }

    private func board(_ key: AnswerKey, _ course: AnswerCourse?) async throws -> FlightLease? {
        // Without notes there is one choice only.
        guard let course else { return try await cache.board(key, for: AnswerCourse().number, waitMax: Self.followMax) }
        return try await course.waiting { try await cache.board(key, for: course.number, waitMax: Self.followMax) }
    }

    // MARK: Hits

    private func hit(_ order: AnswerRecorder.Order, _ course: AnswerCourse?) async -> (any GenerationStream)? {
        guard let (answer, events) = await read(order.key) else { return nil }
        course?.note(.hit)
        cache.measures.note("hit")
        return replay(answer, events, AnswerReuse(.exact, key: order.key.description, age: age(of: answer)))
    }

    private func hit(
        _ match: SimilarQuestions.Match, _ order: AnswerRecorder.Order, _ course: AnswerCourse?
    ) async -> (any GenerationStream)? {
        guard let (answer, events) = await read(match.key) else { return nil }
        course?.note(.semantic(similarity: match.similarity))
        cache.measures.note("semantic")
        let percent = Int((match.similarity * 100).rounded(.down))
        return replay(
            answer, events,
            AnswerReuse(
                .semantic, key: match.key.description, age: age(of: answer), similarity: match.similarity),
            GenerationWarning(
                .similarAnswer, "This answer was written for a question that is \(percent) % alike, not for this one."))
    }

    private func replay(
        _ answer: CachedAnswer, _ events: [GenerationEvent], _ reuse: AnswerReuse, _ warning: GenerationWarning? = nil
    ) -> any GenerationStream {
        AnswerNotes.current?.note(model: answer.model)
        AnswerNotes.current?.course.note(queue: .zero)
        cache.measures.saved(answer)
        return ReplayedStream(events, reuse, warning: warning)
    }

    private func read(_ key: AnswerKey) async -> (CachedAnswer, [GenerationEvent])? {
        guard let answer = await cache.find(key, .answer) else { return nil }
        do {
            return (answer, try PackedAnswer.events(answer.payload))
        } catch {
            cache.drop(damaged: key)
            return nil
        }
    }

    private func age(of answer: CachedAnswer) -> Duration { .microseconds(max(0, cache.now() - answer.writtenAt)) }
}
