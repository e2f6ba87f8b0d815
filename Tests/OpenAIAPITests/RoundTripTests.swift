import JSONText
import TestRandomness
import Testing
import Vocabulary

@testable import OpenAIAPI

/// Whatever is asked for and answered survives the way to a worker and back.
@Suite struct RoundTripTests {
    @Test(arguments: 0..<10) func `random requests survive the way to a worker`(seed: UInt64) throws {
        var random = RandomValues(seed: seed)
        for _ in 0..<100 {
            let request = try random.request()
            let sent = ClientRequest(request, model: "m")
            let bytes = sent.bytes
            let read: CompletionRequest =
                sent.path == "/v1/chat/completions"
                ? try .chat(bytes, id: request.id) : try .text(bytes, id: request.id)
            try #require(read.generation == request, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
            try #require(read.isStreaming && read.includesUsage && read.choicesPerPrompt == 1)
        }
    }

    @Test(arguments: 0..<10) func `random events survive the way back`(seed: UInt64) throws {
        var random = RandomValues(seed: seed)
        for isChat in [true, false] {
            for _ in 0..<50 {
                let events = random.events()
                let request = try RequestFieldsTests.read("", chat: isChat)
                var encoder = CompletionEncoder(request, model: ModelID("m"), created: 1)
                var decoder = CompletionDecoder(model: ModelID("m"))
                var read: [GenerationEvent] = []
                for event in events {
                    for chunk in encoder.chunks(for: event) { read += try decoder.events(for: chunk.text) }
                    if case .finished(let end) = event {
                        read += try decoder.events(for: encoder.chunk(usage: end.usage).text)
                    }
                }
                read.append(try decoder.end())
                try #require(read == events, "seed \(seed)")
            }
        }
    }

    @Test func `the times of each piece survive the way back`() throws {
        let request = try RequestFieldsTests.read(#""timings_per_token":true"#)
        #expect(request.generation.reports.tokens == false, "only streams tell them")
        let streamed = try RequestFieldsTests.read(#""timings_per_token":true,"stream":true"#)
        #expect(try ClientRequest(streamed.generation, model: "m").body["timings_per_token"] == true)
        var encoder = CompletionEncoder(streamed, model: ModelID("m"), created: 1)
        var decoder = CompletionDecoder(model: ModelID("m"))
        func token(_ count: Int) -> TokenReport {
            TokenReport(
                id: -1, usage: TokenUsage(promptTokens: 9, completionTokens: count, cachedTokens: 4),
                timings: GenerationTimings(
                    queue: .milliseconds(1), prefill: .milliseconds(2), decode: .milliseconds(3 * count)), slot: nil)
        }
        let events: [GenerationEvent] = [
            .started(GenerationStart(model: ModelID("m"), promptTokens: nil)), .token(token(1)), .text("a"),
            .token(token(2)), .text("b"),
            .finished(GenerationEnd(reason: .stop, usage: token(2).usage, timings: token(2).timings)),
        ]
        var read: [GenerationEvent] = []
        for event in events {
            for chunk in encoder.chunks(for: event) { read += try decoder.events(for: chunk.text) }
        }
        read += try decoder.events(for: encoder.chunk(usage: token(2).usage).text)
        read.append(try decoder.end())
        #expect(read == events)
    }

    @Test func `every member that is sent is in the API's document`() throws {
        var random = RandomValues(seed: 11)
        let known = Set(
            RequestSchemas.shared.keys + RequestSchemas.chatCompletion.keys + RequestSchemas.textCompletion.keys)
        var seen: Set<String> = []
        for _ in 0..<200 {
            let body = try ClientRequest(random.request(), model: "m").body
            seen.formUnion(body.object?.keys ?? [])
            for group in ["nexus", "length"] {
                let members = RequestSchemas.shared[group]?["properties"]?.object?.keys ?? []
                #expect(Set(members).isSuperset(of: body[group]?.object?.keys ?? []))
            }
        }
        #expect(known.isSuperset(of: seen))
        #expect(seen.count > 45)
    }

    @Test func `a strict server is sent nothing that it cannot know`() throws {
        let id = try #require(RequestID("r"))
        let request = GenerationRequest(
            id: id, model: ModelID("m"), prompt: .chat([ChatMessage(.user, "hi")], tools: []), newTokensMax: 5,
            sampling: SamplingParameters(temperature: 1, topP: 0.5, seed: 1), stop: ["x"])
        let known: Set = [
            "model", "stream", "stream_options", "messages", "max_tokens", "temperature", "top_p", "seed", "stop",
        ]
        #expect(try Set(ClientRequest(request, model: "m").body.object?.keys ?? []) == known)
    }

    @Test func `what is out of bounds is sent as the nearest that is allowed`() throws {
        let id = try #require(RequestID("r"))
        var request = GenerationRequest(id: id, model: ModelID("m"), prompt: .text("x"))
        request.scheduling = SchedulingOptions(weight: 1e9, deadline: .nanoseconds(1))
        let read = try CompletionRequest.text(ClientRequest(request, model: "m").bytes, id: id).generation
        #expect(read.scheduling == SchedulingOptions(weight: 1_000, deadline: .milliseconds(1)))
    }
}
