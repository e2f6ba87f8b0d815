import JSONText
import Streaming
import Testing
import Vocabulary

@testable import OpenAIAPI

/// Chunks of plain text are written from a template; whoever reads them must not be able to tell.
@Suite struct ChunkTemplateTests {
    private static let models = ["m", #"a "content":"" b"#, #"{"text":"","content":""}"#, "é\\"]

    @Test(arguments: 0..<10) func `a chunk from the template is the chunk that is written piece by piece`(seed: UInt64)
        throws
    {
        var random = RandomValues(seed: seed)
        for isChat in [true, false] {
            for model in Self.models {
                let request = try RequestFieldsTests.read("", chat: isChat)
                var encoder = CompletionEncoder(request, model: ModelID(model), created: 1, choice: Int(seed % 3))
                for event in random.events() + [.text(""), .text(#""content":"" \u0000"#), .text(#""text":"""#)] {
                    var byPiece = encoder
                    let pieces = byPiece.chunks(for: event).map { ServerSentEvent(data: $0.text).encoded }
                    let told = encoder.encoded(event)
                    try #require(told == Array(pieces.joined()), "seed \(seed), \(event)")
                }
            }
        }
    }

    @Test func `what is told with a text is not lost to the template`() throws {
        let request = try RequestFieldsTests.read(#""timings_per_token":true,"stream":true"#)
        var encoder = CompletionEncoder(request, model: ModelID("m"), created: 1)
        let usage = TokenUsage(promptTokens: 9, completionTokens: 1, cachedTokens: 4)
        let timings = GenerationTimings(queue: .zero, prefill: .milliseconds(2), decode: .milliseconds(3))
        #expect(encoder.encoded(.text("a")).count > 20)
        #expect(encoder.encoded(.token(TokenReport(id: -1, usage: usage, timings: timings, slot: nil))).isEmpty)
        let told = String(decoding: encoder.encoded(.text("b")), as: UTF8.self)
        #expect(told.contains(#""content":"b""#) && told.contains("timings"))
        #expect(!String(decoding: encoder.encoded(.text("c")), as: UTF8.self).contains("timings"))
    }

    @Test func `a chunk without the text has no template`() {
        #expect(ChunkTemplate(["model": "m"], member: "content") == nil)
        #expect(ChunkTemplate([:], member: "content") == nil)
        #expect(ChunkTemplate(["content": "x"], member: "content") == nil)
    }
}
