import JSONText
import TestRandomness
import Testing
import Vocabulary

@testable import OpenAIAPI

/// Chunks that are read without a tree give the same events as with one.
@Suite struct PlainChunkTests {
    private static func chunk(_ delta: String, _ rest: String = "") -> String {
        #"{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":"# + delta
            + #","finish_reason":null}]"# + rest + "}"
    }

    private static let chunks = [
        chunk(#"{"content":"one "}"#), chunk(#"{"role":"assistant","content":""}"#), chunk("{}"),
        chunk(#"{"content":"a\n\"b\" \u00e9 é 😀"}"#), chunk(#"{"role":"assistant","content":null}"#), chunk("null"),
        chunk(#"{"content":"x"}"#, #","usage":null,"error":null,"nexus":null,"timings":null"#),
        chunk(#"{"content":"x"}"#, #","usage":{"prompt_tokens":9,"completion_tokens":6}"#),
        chunk(#"{"content":"x"}"#, #","usage":{"prompt_tokens":9},"usage":{"prompt_tokens":7}"#),
        chunk(
            "{}",
            #","usage":{"prompt_tokens":9,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":70},"completion_tokens_details":{"reasoning_tokens":3}}"#
        ), chunk("{}", #","usage":{"prompt_tokens":-9,"completion_tokens":1e300,"prompt_tokens_details":null}"#),
        chunk("{}", #","usage":{"prompt_tokens":9,"prompt_tokens":"7","completion_tokens_details":[]}"#),
        #"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":6}}"#, #"{"choices":[],"usage":7}"#,
        chunk(#"{"content":"x","content":"y"}"#), chunk(#"{"content":"x","content":null}"#),
        chunk(#"{"content":"x"}"#, #","choices":[]"#), chunk(#"{"content":"x"}"#, #","choices":null"#),
        chunk(#"{"content":"x","reasoning_content":"why"}"#), chunk(#"{"content":"x","refusal":null}"#),
        chunk(#"{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{}"}}]}"#),
        chunk(#"{"content":"x"}"#, #","timings":{"prompt_n":3,"predicted_n":2,"cache_n":1}"#),
        chunk(#"{"content":"x"}"#, #","nexus":{"queue_position":3}"#), chunk(#"{"content":7}"#), chunk("[]"),
        #"{"choices":[{"text":"one ","index":0}]}"#, #"{"choices":[]}"#, #"{"choices":{}}"#, "{}", "[]", "7",
        #"{"choices":[{"delta":{"content":"a"}},{"delta":{"content":"b"}}]}"#, #"{"choices":[7]}"#,
        #"{"choices":[{"delta":{"content":"a"},"delta":null}]}"#, #"{"choices":[{"finish_reason":"stop","delta":{}}]}"#,
        #"{"choices":[{"delta":{"content":"end"},"finish_reason":"length"}]}"#,
        #"{"choices":[{"delta":{},"finish_reason":"strange"}]}"#, #"{"choices":[{"delta":{},"finish_reason":7}]}"#,
        #"{"choices":[{"delta":{},"finish_reason":"stop","finish_reason":null}]}"#,
        #"{"choices":[{"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-1}]}}]}"#,
    ]

    @Test func `what stands before the choices is not read again, and what follows is the same`() throws {
        let first = Array(Self.chunks[0].utf8)
        let head = Array(first.prefix(try #require(Self.plain(Self.chunks[0])?.headCount)))
        #expect(String(decoding: head, as: UTF8.self).hasSuffix(#""model":"m","#))
        var knownCount = 0
        for chunk in Self.chunks {
            let data = Array(chunk.utf8)
            let known = PlainChunk(data[...], knowing: head)
            #expect(String(describing: known) == String(describing: PlainChunk(data[...])), "\(chunk)")
            if known != nil, data.starts(with: head) { knownCount += 1 }
        }
        #expect(knownCount > 5)
        // A head that tells something is none.
        #expect(Self.plain(#"{"usage":{"prompt_tokens":9},"choices":[{"delta":{}}]}"#)?.headCount == nil)
        // Nor is half of a chunk's end a chunk.
        #expect(PlainChunk((head + Array("}".utf8))[...], knowing: head) == nil)
    }

    private static func plain(_ data: String) -> PlainChunk? { PlainChunk(Array(data.utf8)[...]) }

    /// What a decoder makes of a text, and of one that follows.
    private static func events(_ data: String) -> [String] {
        var decoder = CompletionDecoder(model: ModelID("m"))
        var told: [String] = []
        for text in [data, Self.chunks[0]] {
            do { told += try decoder.events(for: text).map { "\($0)" } } catch { told.append(error.code.rawValue) }
        }
        do { told.append("\(try decoder.end())") } catch { told.append(error.code.rawValue) }
        return told
    }

    /// A member that nobody knows says nothing, but takes the other way.
    private static func whole(_ data: String) -> String? {
        guard data.last == "}" else { return nil }
        let text = data.dropLast()
        return text + (text.last == "{" ? "" : ",") + #""unknown":1}"#
    }

    @Test(arguments: chunks)
    func `both ways lead to the same events`(data: String) throws {
        guard let whole = Self.whole(data) else { return #expect(Self.plain(data) == nil) }
        #expect(Self.plain(whole) == nil)
        #expect(Self.events(data) == Self.events(whole))
    }

    @Test func `a piece of text is plain`() {
        #expect(Self.plain(Self.chunks[0])?.text == "one ")
        #expect(Self.plain(Self.chunks[1])?.text == "")
        #expect(Self.plain(Self.chunks[3])?.text == "a\n\"b\" é é 😀")
        #expect(Self.plain(Self.chunks[4])?.text == "")
        #expect(Self.plain(Self.chunks[6])?.text == "x")
        let plain = Self.chunks.filter { Self.plain($0) != nil }
        #expect(plain.count == 15)
        #expect(plain.compactMap { Self.plain($0)?.finishReason } == ["stop", "length", "strange"])
    }

    @Test func `damaged chunks are refused as ever`() {
        var random = SeededRandom(seed: 5)
        var refused = 0
        for _ in 0..<5_000 {
            var bytes = Array(Self.chunks[Int.random(in: 0..<8, using: &random)].utf8)
            bytes.remove(at: Int.random(in: 0..<bytes.count, using: &random))
            let data = String(decoding: bytes, as: UTF8.self)
            guard let whole = Self.whole(data), (try? JSONValue.parse(data)) != nil else {
                #expect(Self.plain(data) == nil)
                refused += 1
                continue
            }
            #expect(Self.events(data) == Self.events(whole), "\(data)")
        }
        #expect(refused > 500 && refused < 4_500)
    }
}
