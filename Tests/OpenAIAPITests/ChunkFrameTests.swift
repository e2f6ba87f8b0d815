import JSONText
import TestRandomness
import Testing
import Vocabulary

@testable import OpenAIAPI

/// Chunks that are compared with the one before give the same events as those that are read as JSON.
@Suite struct ChunkFrameTests {
    /// How servers write a chunk around a text: without spaces, with them, with more members, with the text first.
    private static let styles = [
        #"{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":@},"finish_reason":null}]}"#,
        #"{"id": "c1", "model": "m", "choices": [{"index": 0, "delta": {"role": "assistant", "content": @}}], "usage": null}"#,
        #"{"choices":[{"delta":{"content":@},"index":0,"logprobs":null}],"system_fingerprint":"content"}"#,
        #"{"choices":[{"delta":{"content":@}}]}"#,
    ]
    private static let pieces = [
        "one ", "two", "m", ":", ",", "content", "assistant", "c1", "a\"b", "a\\", "é", "e\u{301}", "😀", "\n", "\u{7F}",
        "", " ",
        #"","x":""#, "}]}", "\u{1}", "null", "0",
    ]

    private static func chunk(_ text: String, _ style: String) -> String {
        style.replacing("@", with: JSONValue.string(text).text)
    }

    /// The events of several chunks, or where and how they were refused.
    private static func events(_ chunks: [String]) -> [String] {
        var decoder = CompletionDecoder(model: ModelID("m"))
        var told: [String] = []
        for chunk in chunks {
            do { told += try decoder.events(for: chunk).map { "\($0)" } } catch { told.append(error.code.rawValue) }
        }
        return told
    }

    @Test(arguments: styles)
    func `every text arrives, whatever came before it`(style: String) throws {
        for first in Self.pieces {
            for second in Self.pieces {
                var decoder = CompletionDecoder(model: ModelID("m"))
                var text = ""
                for piece in [first, second, first] {
                    for case .text(let more) in try decoder.events(for: Self.chunk(piece, style)) { text += more }
                }
                #expect(text == first + second + first)
            }
        }
    }

    private static func bytes(_ text: String, _ style: Int) -> ArraySlice<UInt8> {
        Array(chunk(text, styles[style]).utf8)[...]
    }

    @Test func `a text is known where the same stands around it`() throws {
        // Not at the beginning of its bytes, as the chunks of one read are.
        let chunk = ([0x20, 0x20] + Self.bytes("m", 0))[2...]
        let place = try #require(PlainChunk(chunk)?.textPlace)
        let frame = ChunkFrame(textAt: place, in: chunk)
        #expect(frame.text(in: Self.bytes("two", 0)) == "two")
        #expect(frame.text(in: Self.bytes("", 0)) == "")
        #expect(frame.text(in: Self.bytes("é", 0)) == "é")
        #expect(frame.text(in: Self.bytes("a\"", 0)) == nil)
        #expect(frame.text(in: Self.bytes("two", 1)) == nil)
        #expect(frame.text(in: []) == nil)
    }

    @Test func `a text has a place where it is written as it is`() throws {
        #expect(PlainChunk(Self.bytes("é", 0))?.textPlace?.count == 2)
        #expect(PlainChunk(Self.bytes("", 0))?.textPlace == nil)
        #expect(PlainChunk(Self.bytes("a\n", 0))?.textPlace == nil)
        #expect(PlainChunk(Array(#"{"choices":[{"delta":{"content":"\u0061"}}]}"#.utf8)[...])?.textPlace == nil)
    }

    @Test func `damaged chunks after whole ones are read as JSON is`() throws {
        var random = SeededRandom(seed: 11)
        for _ in 0..<5_000 {
            let style = try #require(Self.styles.randomElement(using: &random))
            var bytes = Array(Self.chunk("three", style).utf8)
            let place = Int.random(in: 0..<bytes.count, using: &random)
            if Bool.random(using: &random) {
                bytes.remove(at: place)
            } else {
                bytes[place] = try #require(Array(#""\{}[],:x1 "#.utf8).randomElement(using: &random))
            }
            let damaged = String(decoding: bytes, as: UTF8.self)
            // After a chunk whose text is written with an escape, the next one is read as JSON.
            let (known, unknown) = (Self.chunk("two", style), Self.chunk("a\"", Self.styles[2]))
            let expected = Self.events([unknown, damaged]).dropFirst(2)
            #expect(Self.events([known, damaged]).dropFirst(2) == expected, "\(damaged)")
        }
    }

    @Test func `what is told beside a text is told each time`() throws {
        var decoder = CompletionDecoder(model: ModelID("m"))
        let start = #"{"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}],"usage":"#
        for count in [1, 2] {
            let usage = #"{"prompt_tokens":3,"completion_tokens":\#(count)}}"#
            _ = try decoder.events(for: start + usage)
        }
        guard case .finished(let end) = try decoder.end() else { throw Wrong() }
        #expect(end.usage.completionTokens == 2)
    }

    private struct Wrong: Error {}
}
