import Gateway
import JSONText
import Testing
import Vocabulary

@Suite struct AnswerCachePolicyTests {
    private static func request(_ change: (inout GenerationRequest) -> Void = { _ in }) throws -> GenerationRequest {
        var request = GenerationRequest(
            id: try #require(RequestID("r")), model: ModelID("m"), prompt: .chat([ChatMessage(.user, "hi")], tools: []),
            newTokensMax: 8, sampling: SamplingParameters(temperature: 0))
        change(&request)
        return request
    }

    private func bypass(
        _ policy: AnswerCachePolicy = AnswerCachePolicy(), _ wish: AnswerWish = AnswerWish(),
        _ change: (inout GenerationRequest) -> Void = { _ in }
    ) throws -> AnswerCachePolicy.Bypass? {
        guard case .bypass(let reason) = policy.verdict(on: try Self.request(change), wish) else { return nil }
        return reason
    }

    private static let tool = ToolDefinition(name: "f", definition: [:])

    @Test func `what has no chance in it is kept, and what has is not, unless that is asked for`() throws {
        #expect(try bypass() == nil)
        #expect(
            try bypass {
                $0.sampling.topK = 1; $0.sampling.temperature = nil
            } == nil)
        #expect(
            try bypass {
                $0.sampling.temperature = 0.7; $0.sampling.seed = 1
            } == nil)
        #expect(try bypass { $0.sampling.temperature = nil } == .sampled)
        #expect(try bypass { $0.adaptsSampling = true } == .sampled)
        #expect(try bypass(AnswerCachePolicy(), AnswerWish(.use)) { $0.sampling.temperature = 1 } == nil)
        #expect(try bypass(AnswerCachePolicy(), AnswerWish(.refresh)) { $0.sampling.temperature = 1 } == nil)
        var all = AnswerCachePolicy()
        all.cachesSampled = true
        #expect(try bypass(all) { $0.sampling.temperature = 1 } == nil)
    }

    @Test func `tools are past the cache, unless that is asked for`() throws {
        func tools(_ request: inout GenerationRequest) {
            request.prompt = .chat([ChatMessage(.user, "hi")], tools: [Self.tool])
        }
        #expect(try bypass { tools(&$0) } == .tools)
        #expect(
            try bypass { $0.prompt = .chat([ChatMessage(.tool, "3"), ChatMessage(.user, "?")], tools: []) } == .tools)
        #expect(try bypass(AnswerCachePolicy(), AnswerWish(.use)) { tools(&$0) } == nil)
        var all = AnswerCachePolicy()
        all.cachesTools = true
        #expect(try bypass(all) { tools(&$0) } == nil)
    }

    @Test func `links, reports and the clock are past the cache even where it is asked for`() throws {
        let wish = AnswerWish(.use)
        let link = MediaPart(.image, .url("https://example.org/a.png"))
        #expect(try bypass(AnswerCachePolicy(), wish) { $0.prompt = .parts([.media(link)]) } == .links)
        #expect(try bypass(AnswerCachePolicy(), wish) { $0.reports.tokens = true } == .reports)
        #expect(try bypass(AnswerCachePolicy(), wish) { $0.lineLimits.writing = .seconds(1) } == .clock)
        #expect(try bypass(AnswerCachePolicy(), wish) { $0.newTokensMax = 0 } == .promptOnly)
        #expect(try bypass { $0.prompt = .parts([.media(MediaPart(.image, .bytes([1])))]) } == nil)
    }

    @Test func `off is off, for the operator and for the client`() throws {
        var off = AnswerCachePolicy()
        off.isOn = false
        #expect(try bypass(off, AnswerWish(.use)) == .off)
        #expect(try bypass(AnswerCachePolicy(), AnswerWish(.off)) == .off)
    }

    @Test func `a client shortens the time of its answer and never lengthens it`() throws {
        func time(_ wish: Duration?) throws -> Duration? {
            let verdict = AnswerCachePolicy().verdict(on: try Self.request(), AnswerWish(timeToLive: wish))
            guard case .cached(let plan) = verdict else { return nil }
            return plan.timeToLive
        }
        #expect(try time(nil) == .seconds(3_600))
        #expect(try time(.seconds(5)) == .seconds(5))
        #expect(try time(.seconds(50_000)) == .seconds(3_600))
    }

    @Test func `similar answers need a question, no tools and little chance`() throws {
        var policy = AnswerCachePolicy()
        policy.similarity.isOn = true
        func takes(
            _ wish: AnswerWish = AnswerWish(), _ change: (inout GenerationRequest) -> Void = { _ in }
        ) throws -> Bool {
            guard case .cached(let plan) = policy.verdict(on: try Self.request(change), wish) else { return false }
            return plan.takesSimilar
        }
        #expect(try takes())
        #expect(try !takes(AnswerWish(takesSimilar: false)))
        #expect(
            try !takes {
                $0.sampling.temperature = 0.8; $0.sampling.seed = 1
            })
        #expect(try takes(AnswerWish(takesSimilar: true)) { $0.sampling.temperature = 0.8 })
        #expect(try !takes(AnswerWish(.use)) { $0.prompt = .chat([ChatMessage(.user, "hi")], tools: [Self.tool]) })
        #expect(
            try takes(AnswerWish(takesSimilar: true)) {
                $0.prompt = .chat([ChatMessage(.user, "hi")], tools: [Self.tool])
            })
        #expect(try !takes { $0.topLogprobs = 2 })
        #expect(try !takes { $0.isReproducible = true })
        #expect(try !takes { $0.prompt = .text("hi") })
        #expect(try !takes { $0.prompt = .chat([ChatMessage(.user, "hi"), ChatMessage(.assistant, "so")], tools: []) })
        let image = MediaPart(.image, .bytes([1]))
        #expect(
            try !takes { request in
                var message = ChatMessage(.user, "hi")
                message.content.append(.media(image))
                request.prompt = .chat([message], tools: [])
            })
        policy.similarity.isOn = false
        #expect(try !takes(AnswerWish(takesSimilar: true)))
    }

    @Test func `an answer that was cut is kept only where it has all that was asked for`() throws {
        let request = try Self.request()
        func keeps(_ reason: FinishReason, _ tokens: Int, _ warnings: [GenerationWarning] = []) -> Bool {
            AnswerCachePolicy.keeps(
                GenerationEnd(reason: reason, usage: TokenUsage(promptTokens: 1, completionTokens: tokens)),
                of: request, warnings: warnings)
        }
        #expect(keeps(.stop, 2) && keeps(.toolCalls, 2) && keeps(.length, 8))
        #expect(!keeps(.length, 7))
        #expect(!keeps(.stop, 2, [GenerationWarning(.fallback, "")]))
        #expect(keeps(.stop, 2, [GenerationWarning(.reasoningBudget, "")]))
        var truncated = GenerationEnd(reason: .stop, usage: TokenUsage(promptTokens: 1, completionTokens: 1))
        truncated.isTruncated = true
        #expect(!AnswerCachePolicy.keeps(truncated, of: request, warnings: []))
        var unbounded = request
        unbounded.newTokensMax = nil
        #expect(
            !AnswerCachePolicy.keeps(
                GenerationEnd(reason: .length, usage: TokenUsage(promptTokens: 1, completionTokens: 9)), of: unbounded,
                warnings: []))
    }
}
