import Gateway
import HTTPServing
import JSONText
import Streaming
import Telemetry
import TestAnswers
import Testing
import Vocabulary

@testable import Platform

@Suite struct CachedServiceTests {
    @Test func `the second time the same answer is told again, piece by piece`() async throws {
        let stage = CacheStage()
        let first = try await stage.ask()
        stage.pass(.seconds(2))
        let second = try await stage.ask()
        #expect(first.cache == .miss && second.cache == .hit && stage.asked == 1)
        #expect(second.text == "answer" && second.events.count == first.events.count)
        let end = try #require(second.end)
        #expect(end.usage.promptTokens == 5 && end.usage.cachedTokens == 5 && end.usage.completionTokens == 2)
        #expect(end.reuse?.kind == .exact && end.reuse?.age == .seconds(2))
        #expect(first.end?.reuse == nil)
    }

    @Test func `what does not shape the answer makes no difference, and what does makes one`() async throws {
        let stage = CacheStage()
        _ = try await stage.ask()
        let same = CacheStage.request { request in
            request.scheduling.priority = .high
            request.scheduling.reportsLoading = true
            request.cache.scope = .shared
            request.speculation.tokensMax = 3
        }
        #expect(try await stage.ask(same).cache == .hit)
        let changes: [(inout GenerationRequest) -> Void] = [
            { $0.newTokensMax = 3 }, { $0.stop = ["x"] }, { $0.sampling.topP = 0.5 }, { $0.sampling.seed = 1 },
            { $0.adapters = [AdapterScale(id: 0, scale: 1)] }, { $0.constraint = .jsonObject },
            { $0.ignoresEnd = true },
            { $0.templateVariables = ["a": 1] }, { $0.reasoning.isEnabled = false }, { $0.topLogprobs = 1 },
            { $0.lengthLimits.wordsMax = 3 }, { $0.compression = .on }, { $0.ending = .messages },
            { $0.prompt = .chat([ChatMessage(.system, "s"), ChatMessage(.user, "hi")], tools: []) },
            { $0.prompt = .text("hi") }, { $0.model = ModelID("other") }, { $0.isReproducible = true },
            { $0.sampling.logitBias = [LogitBias(.token(1), bias: 1)] }, { $0.shift.discarded = 4 },
        ]
        for (place, change) in changes.enumerated() {
            #expect(try await stage.ask(CacheStage.request("hi", change)).cache == .miss, "\(place)")
        }
    }

    @Test func `tenants do not share, whoever they say they are`() async throws {
        let stage = CacheStage()
        _ = try await stage.ask(CacheStage.request(tenant: "a"))
        #expect(try await stage.ask(CacheStage.request(tenant: "b")).cache == .miss)
        #expect(try await stage.ask(CacheStage.request(tenant: "a")).cache == .hit)
        func proven(_ tenant: String, saying said: String) async throws -> AnswerCourse.CacheState? {
            let caller = Principal(
                user: UserID("usr_1"), name: "u", tenant: TenantID(tenant), role: .user, origin: .apiKey("key_1"))
            return try await Principal.$current.withValue(caller) {
                try await stage.ask(CacheStage.request(tenant: said)).cache
            }
        }
        // One that only says so is not the tenant of that name, and a tenant does not become another by saying so.
        #expect(try await proven("a", saying: "a") == .miss)
        #expect(try await proven("b", saying: "a") == .miss)
        #expect(try await proven("a", saying: "a") == .hit)
        #expect(try await proven("b", saying: "a") == .hit)
        #expect(stage.asked == 4)
    }

    @Test func `another version of the model does not find the answers of the old one`() async throws {
        let stage = CacheStage()
        _ = try await stage.ask()
        stage.changeVersion()
        #expect(try await stage.ask().cache == .miss)
        #expect(try await stage.ask().cache == .hit)
    }

    @Test func `an answer is gone after its time, and after the client's`() async throws {
        let stage = CacheStage()
        _ = try await stage.ask()
        stage.pass(.seconds(3_599))
        #expect(try await stage.ask().cache == .hit)
        stage.pass(.seconds(1))
        #expect(try await stage.ask().cache == .miss)
        _ = try await stage.ask(CacheStage.request("short") { $0.cache.answers.timeToLive = .seconds(5) })
        stage.pass(.seconds(5))
        #expect(try await stage.ask(CacheStage.request("short")).cache == .miss)
    }

    @Test func `a refreshed answer takes the place of the old one, and off leaves nothing`() async throws {
        let stage = CacheStage()
        _ = try await stage.ask()
        #expect(try await stage.ask(CacheStage.request(), AnswerWish(.refresh)).cache == .miss)
        #expect(try await stage.ask(CacheStage.request(), AnswerWish(.off)).cache == .bypass("off"))
        #expect(try await stage.ask().cache == .hit && stage.asked == 3)
        _ = try await stage.ask(CacheStage.request("off"), AnswerWish(.off))
        #expect(try await stage.ask(CacheStage.request("off")).cache == .miss)
        // What the body says goes before the header.
        let body = CacheStage.request { $0.cache.answers = AnswerWish(.off) }
        #expect(try await stage.ask(body, AnswerWish(.use)).cache == .bypass("off"))
    }

    @Test func `chance is left to chance, and choices of one request differ`() async throws {
        let stage = CacheStage()
        let sampled = CacheStage.request { $0.sampling.temperature = 1 }
        #expect(try await stage.ask(sampled).cache == .bypass("sampled"))
        func choices() async throws -> [AnswerCourse.CacheState?] {
            let course = AnswerCourse(AnswerWish(.use))
            return try await AnswerNotes.$current.withValue(AnswerNotes(course)) {
                var states: [AnswerCourse.CacheState?] = []
                for _ in 0..<2 {
                    for try await _ in try await stage.service.generate(sampled) {}
                    states.append(course.cache)
                }
                return states
            }
        }
        #expect(try await choices() == [.miss, .miss])
        let asked = stage.asked
        #expect(try await choices() == [.hit, .hit])
        #expect(stage.asked == asked)
    }

    @Test func `answers that fail, break off or are left are not kept`() async throws {
        let failing = CacheStage(
            script: ScriptedGenerating { answer in
                answer.say(.text("a"))
                answer.outlet.end(throwing: ServiceError(.engineFailed, "It broke."))
            })
        await #expect(throws: ServiceError.self) { try await failing.ask() }
        await #expect(throws: ServiceError.self) { try await failing.ask() }
        #expect(failing.asked == 2)

        let endless = CacheStage(script: ScriptedGenerating { $0.say(.text("a"), .text("b")) })
        for _ in 0..<2 {
            let stream = try await endless.service.generate(CacheStage.request())
            for try await _ in stream { break }
        }
        #expect(endless.asked == 2)

        let cut = CacheStage(
            script: ScriptedGenerating { answer in
                answer.say(.text("a"))
                answer.finish(.length)
            })
        _ = try await cut.ask()
        #expect(try await cut.ask().cache == .miss)
    }

    @Test func `a request that is refused leaves nobody waiting`() async throws {
        let stage = CacheStage(script: ScriptedGenerating(refusesAfter: 0))
        await #expect(throws: ServiceError.self) { try await stage.ask() }
        await #expect(throws: ServiceError.self) { try await stage.ask() }
    }

    @Test func `an answer that is too large goes through and is not kept`() async throws {
        var policy = AnswerCachePolicy()
        policy.answerBytesMax = 10
        let stage = CacheStage(policy)
        #expect(try await stage.ask().text == "answer")
        #expect(try await stage.ask().cache == .miss)
    }

    @Test func `nobody knows who answers, so nothing is kept`() async throws {
        let stage = CacheStage()
        #expect(try await stage.ask(CacheStage.request(model: "unknown")).cache == .bypass("unknown"))
    }

    @Test func `the same request waits for the answer that is being written`() async throws {
        let (started, start) = AsyncStream.makeStream(of: ScriptedGenerating.Answer.self)
        let stage = CacheStage(script: ScriptedGenerating { start.yield($0) })
        async let first = stage.ask()
        var answers = started.makeAsyncIterator()
        let answer = try #require(await answers.next())
        let others = (0..<5).map { _ in Task { try await stage.ask() } }
        while stage.cache.measures.followed.value < 5 { await Task.yield() }
        CacheStage.answer(answer)
        #expect(try await first.cache == .miss)
        for other in others { #expect(try await other.value.cache == .hit) }
        #expect(stage.asked == 1)
    }

    @Test func `when the answer that others wait for breaks off, they compute it themselves`() async throws {
        let (started, start) = AsyncStream.makeStream(of: ScriptedGenerating.Answer.self)
        let stage = CacheStage(script: ScriptedGenerating { start.yield($0) })
        let first = Task { try await stage.ask() }
        var answers = started.makeAsyncIterator()
        _ = await answers.next()
        let second = Task { try await stage.ask() }
        while stage.cache.measures.followed.value < 1 { await Task.yield() }
        first.cancel()
        CacheStage.answer(try #require(await answers.next()))
        #expect(try await second.value.cache == .miss)
        _ = await first.result
        #expect(stage.asked == 2)
    }

    @Test func `a follower that is cancelled goes at once`() async throws {
        let (started, start) = AsyncStream.makeStream(of: ScriptedGenerating.Answer.self)
        let stage = CacheStage(script: ScriptedGenerating { start.yield($0) })
        let first = Task { try await stage.ask() }
        var answers = started.makeAsyncIterator()
        let answer = try #require(await answers.next())
        let second = Task { try await stage.ask() }
        while stage.cache.measures.followed.value < 1 { await Task.yield() }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        CacheStage.answer(answer)
        #expect(try await first.value.cache == .miss)
    }

    @Test func `what is forgotten while an answer is written stays forgotten`() async throws {
        let (started, start) = AsyncStream.makeStream(of: ScriptedGenerating.Answer.self)
        let stage = CacheStage(script: ScriptedGenerating { start.yield($0) })
        let first = Task { try await stage.ask() }
        var answers = started.makeAsyncIterator()
        let answer = try #require(await answers.next())
        #expect(try await stage.cache.forget(AnswerSelection(.all)) == 0)
        CacheStage.answer(answer)
        _ = try await first.value
        let second = Task { try await stage.ask() }
        CacheStage.answer(try #require(await answers.next()))
        #expect(try await second.value.cache == .miss)
    }

    @Test func `the headers say what the cache did`() async throws {
        func header(_ state: AnswerCourse.CacheState) -> String? {
            let course = AnswerCourse()
            course.note(state)
            course.note(queue: .microseconds(1_234))
            var headers = HTTPHeaders()
            #expect(course.write(to: &headers) >= .zero)
            #expect(headers["X-Nexus-Queue-Ms"] == "1.234")
            #expect(headers["X-Nexus-Overhead-Ms"].flatMap(Double.init) != nil)
            return headers["X-Nexus-Cache"]
        }
        #expect(header(.hit) == "hit" && header(.miss) == "miss")
        #expect(header(.semantic(similarity: 0.9301)) == "semantic; similarity=0.930")
        #expect(header(.semantic(similarity: 1)) == "semantic; similarity=1.000")
        #expect(header(.bypass("tools")) == "bypass; reason=tools")
    }

    @Test func `what the headers of a request say is read, and nonsense is refused`() throws {
        #expect(try AnswerWish(["X-Nexus-Cache": "Refresh"]) == AnswerWish(.refresh))
        #expect(try AnswerWish(["X-Nexus-Cache": "similar"]) == AnswerWish(.use, takesSimilar: true))
        #expect(try AnswerWish(["X-Nexus-Cache-Tags": " a, b c ,"]).tags == ["a", "b c"])
        #expect(throws: ServiceError.self) { try AnswerWish(["X-Nexus-Cache": "yes"]) }
        #expect(throws: ServiceError.self) { try AnswerWish(["X-Nexus-Cache-Tags": String(repeating: "x", count: 65)]) }
    }
}
