import Gateway
import TestAnswers
import Testing
import Vocabulary

@testable import Platform

@Suite struct SimilarAnswersTests {
    private func stage(_ change: (inout SimilarityPolicy) -> Void = { _ in }) -> CacheStage {
        var policy = AnswerCachePolicy()
        policy.similarity.isOn = true
        policy.similarity.threshold = 0.9
        change(&policy.similarity)
        return CacheStage(policy)
    }

    @Test func `a question that means the same gets the answer, and is told so`() async throws {
        let stage = stage()
        _ = try await stage.ask(CacheStage.request("what is a prime number"))
        let got = try await stage.ask(CacheStage.request("what is a prime number please"))
        guard case .semantic(let similarity) = got.cache else {
            Issue.record("\(String(describing: got.cache))")
            return
        }
        #expect(similarity > 0.9 && similarity < 1 && got.text == "answer" && stage.asked == 1)
        #expect(got.end?.reuse?.kind == .semantic && got.end?.reuse?.similarity == similarity)
        guard case .warning(let warning) = got.events.first else {
            Issue.record("no warning")
            return
        }
        #expect(warning.code == .similarAnswer)
        #expect(try await stage.ask(CacheStage.request("entirely unlike: jazz")).cache == .miss)
    }

    @Test func `marks, tenants, system prompts, parameters and models keep questions apart`() async throws {
        let stage = stage()
        _ = try await stage.ask(CacheStage.request("what is 12 and a prime number"))
        let others: [GenerationRequest] = [
            CacheStage.request("what is 13 and a prime number"),
            CacheStage.request("what is 12 and not a prime number"),
            CacheStage.request("what is 12 and a prime number?", tenant: "other"),
            CacheStage.request("what is 12 and a prime number?", model: "other"),
            CacheStage.request("what is 12 and a prime number?") { $0.newTokensMax = 7 },
            CacheStage.request("") {
                $0.prompt = .chat(
                    [ChatMessage(.system, "s"), ChatMessage(.user, "what is 12 and a prime number?")], tools: [])
            },
        ]
        for (place, other) in others.enumerated() { #expect(try await stage.ask(other).cache == .miss, "\(place)") }
        let same = try await stage.ask(CacheStage.request("what is 12 and a prime number?"))
        #expect(same.cache == .semantic(similarity: same.end?.reuse?.similarity ?? 0))
    }

    @Test func `a new version of either model begins anew`() async throws {
        let stage = stage()
        _ = try await stage.ask(CacheStage.request("what is a prime number"))
        stage.changeVersion()
        #expect(try await stage.ask(CacheStage.request("what is a prime number?")).cache == .miss)
    }

    @Test func `the history is equal or compared, as the operator says`() async throws {
        func talk(_ first: String, _ last: String) -> GenerationRequest {
            CacheStage.request("") {
                $0.prompt = .chat(
                    [ChatMessage(.user, first), ChatMessage(.assistant, "yes"), ChatMessage(.user, last)], tools: [])
            }
        }
        let (equal, embedded) = (stage(), stage { $0.history = .embedded })
        for stage in [equal, embedded] { _ = try await stage.ask(talk("tell me of primes", "what is a prime number")) }
        let other = talk("tell me of primes now", "what is a prime number")
        #expect(try await equal.ask(other).cache == .miss)
        #expect(try await embedded.ask(other).end?.reuse?.kind == .semantic)
        #expect(try await equal.ask(talk("tell me of primes", "what is a prime number?")).end?.reuse?.kind == .semantic)
    }

    @Test func `a question that is too long, and one without vectors, goes to the model`() async throws {
        let stage = stage()
        let long = String(repeating: "word ", count: 400)
        _ = try await stage.ask(CacheStage.request(long))
        #expect(stage.answerer.embedded.list.isEmpty)
        #expect(try await stage.ask(CacheStage.request(long + "x")).cache == .miss)
        let blind = self.stage { $0.model = ModelID("unknown") }
        _ = try await blind.ask(CacheStage.request("what is a prime number"))
        #expect(try await blind.ask(CacheStage.request("what is a prime number?")).cache == .miss)
    }

    @Test func `forgetting an answer forgets its question`() async throws {
        let stage = stage()
        _ = try await stage.ask(CacheStage.request("what is a prime number"))
        #expect(stage.cache.contents.questionCount == 1)
        #expect(try await stage.cache.forget(AnswerSelection(.model("m"))) == 1)
        #expect(stage.cache.contents.questionCount == 0)
        #expect(try await stage.ask(CacheStage.request("what is a prime number?")).cache == .miss)
    }

    @Test func `what was calibrated goes before the operator's threshold, for that version only`() {
        let stage = stage()
        let source = AnswerSource(model: "embed", identity: "1")
        stage.service.similar.take([
            "embed": CalibratedThreshold(threshold: 0.77, precision: 1, recall: 1, pairs: 9, identity: "1", at: 0)
        ])
        #expect(stage.service.similar.threshold(for: source) == 0.77)
        #expect(stage.service.similar.threshold(for: AnswerSource(model: "embed", identity: "2")) == 0.9)
        #expect(stage.service.similar.threshold(for: AnswerSource(model: "other", identity: "1")) == 0.9)
    }

    // MARK: Vectors of inputs

    private func embed(_ stage: CacheStage, _ texts: [String], _ header: AnswerWish = AnswerWish()) async throws
        -> (result: EmbeddingResult, cache: AnswerCourse.CacheState?)
    {
        guard let id = RequestID("r") else { preconditionFailure("a letter is an id") }
        let course = AnswerCourse(header)
        let request = EmbeddingRequest(id: id, model: ModelID("embed"), inputs: texts.map { .text($0) })
        return try await AnswerNotes.$current.withValue(AnswerNotes(course)) {
            (try await stage.service.embed(request), course.cache)
        }
    }

    @Test func `each input is computed once, whatever it comes with`() async throws {
        let stage = CacheStage()
        #expect(try await embed(stage, ["a", "b"]).cache == .miss)
        let (mixed, state) = try await embed(stage, ["c", "a", "b", "d"])
        #expect(state == .miss && stage.answerer.embedded.list == ["a", "b", "c", "d"] && mixed.promptTokens == 6)
        #expect(mixed.entries.map(\.vectors) == ["c", "a", "b", "d"].map { [Answerer.vector($0)] })
        let (whole, hit) = try await embed(stage, ["d", "c"])
        #expect(hit == .hit && whole.promptTokens == 0 && whole.model == ModelID("embed"))
        #expect(whole.entries.map(\.vectors) == ["d", "c"].map { [Answerer.vector($0)] })
        _ = try await embed(stage, ["a"], AnswerWish(.off))
        _ = try await embed(stage, ["b"], AnswerWish(.refresh))
        #expect(stage.answerer.embedded.list == ["a", "b", "c", "d", "a", "b"])
    }
}
