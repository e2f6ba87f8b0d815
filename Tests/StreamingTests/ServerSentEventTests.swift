import Streaming
import Testing

@Suite struct ServerSentEventTests {
    @Test(arguments: [
        (ServerSentEvent(data: "hello"), "data: hello\n\n"),
        (ServerSentEvent(data: ""), "data: \n\n"),
        (ServerSentEvent(data: "a\nb\r\nc\rd"), "data: a\ndata: b\ndata: c\ndata: d\n\n"),
        (ServerSentEvent(data: "a\n"), "data: a\ndata: \n\n"),
        (
            ServerSentEvent(event: "delta", data: "é", id: "7", retry: .milliseconds(3000)),
            "event: delta\nid: 7\nretry: 3000\ndata: é\n\n"
        ),
        (ServerSentEvent(event: "a\nb", data: "x", id: "1\u{0}\r2"), "event: ab\nid: 12\ndata: x\n\n"),
    ])
    func `an event is encoded so that a reader gets the same one back`(event: ServerSentEvent, text: String) {
        #expect(String(decoding: event.encoded, as: UTF8.self) == text)
    }

    @Test func `a comment is nothing but comment lines`() {
        #expect(String(decoding: ServerSentEvent.comment("a\nb"), as: UTF8.self) == ": a\n: b\n\n")
        #expect(String(decoding: ServerSentEvent.comment(), as: UTF8.self) == ": \n\n")
    }
}
