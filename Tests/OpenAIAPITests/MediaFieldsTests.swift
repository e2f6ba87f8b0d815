import Foundation
import JSONText
import Testing
import Vocabulary

@testable import OpenAIAPI

@Suite struct MediaFieldsTests {
    private let bytes: [UInt8] = [0x89, 0x50, 1, 2, 3, 250]
    private var base64: String { Data(bytes).base64EncodedString() }

    private func read(_ parts: String) throws -> [ContentPart] {
        let body = #"{"messages":[{"role":"user","content":["# + parts + "]}]}"
        let request = try CompletionRequest.chat(Array(body.utf8), id: try #require(RequestID("req_1")))
        guard case .chat(let messages, _) = request.generation.prompt else { return [] }
        return messages[0].content
    }

    private func prompt(_ prompt: String) throws -> [GenerationRequest.Prompt] {
        let request = try CompletionRequest.text(
            Array(#"{"prompt":\#(prompt)}"#.utf8), id: try #require(RequestID("req_1")))
        return request.generations.map(\.prompt)
    }

    @Test func `parts keep their order, and images their bytes and paths`() throws {
        let parts = try read(
            #"{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,\#(base64)"}},"#
                + #"{"type":"text","text":"b"},{"type":"image_url","image_url":"\#(base64)"}"#)
        let field = "messages[0].content"
        #expect(
            parts == [
                .text("a"), .media(MediaPart(.image, .bytes(bytes), field: "\(field)[1].image_url.url")), .text("b"),
                .media(MediaPart(.image, .bytes(bytes), field: "\(field)[3].image_url")),
            ])
    }

    @Test func `recordings come as bytes, files as their names`() throws {
        let parts = try read(
            #"{"type":"input_audio","input_audio":{"data":"\#(base64)","format":"wav"}},"#
                + #"{"type":"image_url","image_url":{"url":"file:///a.png"}},"#
                + #"{"type":"image_url","image_url":{"url":"HTTPS://example.org/a.png"}}"#)
        #expect(parts.media.map(\.kind) == [.audio, .image, .image])
        #expect(
            parts.media.map(\.source) == [
                .bytes(bytes), .url("file:///a.png"), .url("HTTPS://example.org/a.png"),
            ])
    }

    @Test(arguments: [
        #"{"type":"image_url","image_url":{"url":"malformed"}}"#, #"{"type":"image_url","image_url":{"url":""}}"#,
        #"{"type":"image_url","image_url":{"url":"data:text/html;base64,aGVsbG8="}}"#,
        #"{"type":"image_url","image_url":{"url":"data:image/png,aGVsbG8="}}"#,
        #"{"type":"image_url","image_url":{"url":"data:image/png;base64"}}"#,
        #"{"type":"image_url","image_url":{"url":"data:image/png;base64,"}}"#,
        #"{"type":"image_url","image_url":{"url":"ftp://example.org/a.png"}}"#,
        #"{"type":"input_audio","input_audio":{"data":"data:image/png;base64,aGVsbG8="}}"#,
        #"{"type":"image_url","image_url":{"url":"file://\#(String(repeating: "a", count: 5_000))"}}"#,
    ])
    func `what is no image is refused with its place`(part: String) {
        let error = #expect(throws: ServiceError.self) { try read(part) }
        #expect(error?.code == .invalidValue)
        #expect(error?.parameter?.hasPrefix("messages[0].content[0].i") == true)
    }

    @Test func `too many images are refused`() {
        let part = #"{"type":"image_url","image_url":"\#(base64)"}"#
        #expect(throws: ServiceError.self) {
            try read([String](repeating: part, count: RequestBounds.mediaMax + 1).joined(separator: ","))
        }
    }

    @Test func `a prompt has its images at its marks`() throws {
        let marked =
            #"{"prompt_string":"a <__media__> b<__media__>","multimodal_data":["\#(base64)","\#(base64)"]}"#
        let parts: [ContentPart] = [
            .text("a "), .media(MediaPart(.image, .bytes(bytes), field: "prompt.multimodal_data[0]")), .text(" b"),
            .media(MediaPart(.image, .bytes(bytes), field: "prompt.multimodal_data[1]")),
        ]
        #expect(try prompt(marked) == [.parts(parts)])
        #expect(try prompt(#"{"prompt_string":"plain"}"#) == [.text("plain")])
        #expect(try prompt(#"["x",\#(marked)]"#).count == 2)
        let wave = Data(Array("RIFF0000WAVE".utf8)).base64EncodedString()
        guard
            case .parts(let recording) = try prompt(
                #"{"prompt_string":"<__media__>","multimodal_data":["\#(wave)"]}"#)[0]
        else {
            Issue.record("it has parts")
            return
        }
        #expect(recording.media.map(\.kind) == [.audio])
    }

    @Test(arguments: [
        #"{"prompt_string":"no mark","multimodal_data":["aGVsbG8="]}"#, #"{"multimodal_data":[]}"#,
        #"{"prompt_string":"<__media__>","multimodal_data":[]}"#,
        #"{"prompt_string":"<__media__>","multimodal_data":["malformed"]}"#,
        #"{"prompt_string":"<__media__>","multimodal_data":[""]}"#,
    ])
    func `marks and images that do not match are refused`(json: String) {
        let error = #expect(throws: ServiceError.self) { try prompt(json) }
        #expect(error?.parameter?.hasPrefix("prompt") == true)
    }

    @Test func `a platform passes images and recordings on to its workers`() throws {
        var message = ChatMessage(.user, "look")
        message.content += [
            .media(MediaPart(.image, .bytes(bytes), field: "messages[0].content[1].image_url.url")),
            .media(MediaPart(.audio, .bytes([0x52, 1]), field: "messages[0].content[2].input_audio.data")),
            .media(MediaPart(.image, .url("file:///a.png"), field: "messages[0].content[3].image_url.url")),
            .media(MediaPart(.audio, .url("file:///a.wav"), field: "messages[0].content[4].input_audio.url")),
        ]
        let request = GenerationRequest(
            id: try #require(RequestID("req_1")), model: ModelID("m"), prompt: .chat([message], tools: []))
        let sent = try ClientRequest(request, model: "m").body
        let received = try CompletionRequest.chat(Array(sent.text.utf8), id: request.id).generation
        #expect(received.prompt == .chat([message], tools: []))
        let parts: [ContentPart] = [
            .text("a "), .media(MediaPart(.image, .bytes(bytes), field: "prompt.multimodal_data[0]")), .text(" b"),
        ]
        var raw = request
        raw.prompt = .parts(parts)
        let text = try ClientRequest(raw, model: "m").body
        #expect(try CompletionRequest.text(Array(text.text.utf8), id: request.id).generation.prompt == .parts(parts))
    }
}
