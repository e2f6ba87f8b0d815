import Streaming
import TestRandomness
import Testing

@Suite struct ServerSentEventParserTests {
    /// A stream and the events in it; the first ones are the examples of the standard.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var bytes: [UInt8]
        var events: [ServerSentEvent]
        var testDescription: String { name }

        init(_ name: String, _ text: String, _ events: [ServerSentEvent]) {
            self.init(name, bytes: Array(text.utf8), events)
        }

        init(_ name: String, bytes: [UInt8], _ events: [ServerSentEvent]) {
            self.name = name
            self.bytes = bytes
            self.events = events
        }
    }

    static let cases: [Case] = [
        Case(
            "two lines of data", "data: YHOO\ndata: +2\ndata: 10\n\n", [ServerSentEvent(data: "YHOO\n+2\n10")]),
        Case(
            "comments and ids of the standard",
            ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            [
                ServerSentEvent(data: "first event", id: "1"), ServerSentEvent(data: "second event", id: ""),
                ServerSentEvent(data: " third event"),
            ]),
        Case(
            "empty data of the standard, the last block cut off", "data\n\ndata\ndata\n\ndata:",
            [ServerSentEvent(data: ""), ServerSentEvent(data: "\n")]),
        Case(
            "a space after the colon is optional", "data:test\n\ndata: test\n\n",
            [ServerSentEvent(data: "test"), ServerSentEvent(data: "test")]),
        Case(
            "named events", "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n",
            [ServerSentEvent(event: "add", data: "73857293"), ServerSentEvent(event: "remove", data: "2153")]),
        Case("CR ends a line", "data: a\rdata: b\r\r", [ServerSentEvent(data: "a\nb")]),
        Case(
            "CRLF ends a line once", "data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n",
            [ServerSentEvent(data: "a\nb"), ServerSentEvent(data: "c")]),
        Case(
            "ends of lines may be mixed", "data: a\r\n\ndata: b\n\rdata: c\r\r\n",
            [ServerSentEvent(data: "a"), ServerSentEvent(data: "b"), ServerSentEvent(data: "c")]),
        Case("one byte order mark is skipped", "\u{FEFF}data: a\n\n", [ServerSentEvent(data: "a")]),
        Case("a second mark belongs to the field's name", "\u{FEFF}\u{FEFF}data: a\n\n", []),
        Case("a broken mark is text", bytes: [0xEF, 0xBB] + Array("data: a\n\n".utf8), []),
        Case(
            "retry is a number of milliseconds", "retry: 1500\ndata: a\n\n",
            [ServerSentEvent(data: "a", retry: .milliseconds(1500))]),
        Case(
            "retry with anything but digits is ignored", "retry: 15s\nretry: -1\nretry:\ndata: a\n\n",
            [ServerSentEvent(data: "a")]),
        Case(
            "a retry too large for the machine is ignored", "retry: 99999999999999999999\ndata: a\n\n",
            [ServerSentEvent(data: "a")]),
        Case("an id with a zero is ignored", "id: a\u{0}b\ndata: a\n\n", [ServerSentEvent(data: "a")]),
        Case("a block without data is no event", "event: ping\nid: 7\n\ndata: a\n\n", [ServerSentEvent(data: "a")]),
        Case("unknown fields and cases are ignored", "DATA: no\nfoo: bar\ndata: a\n\n", [ServerSentEvent(data: "a")]),
        Case(
            "bytes that are not UTF-8 are replaced", bytes: Array("data: ".utf8) + [0xFF, 0x0A, 0x0A],
            [ServerSentEvent(data: "\u{FFFD}")]),
        Case("letters of several bytes survive", "data: żółw 🐢\n\n", [ServerSentEvent(data: "żółw 🐢")]),
        Case("an empty stream has no events", "", []),
    ]

    private func events(_ pieces: [ArraySlice<UInt8>]) throws -> [ServerSentEvent] {
        var (parser, bare) = (ServerSentEventParser(), ServerSentEventParser())
        let events = try pieces.flatMap { try parser.feed($0) }
        let payloads = try pieces.flatMap { try bare.feedPayloads(Array($0)) }
        #expect(payloads.map { String(decoding: $0, as: UTF8.self) } == events.map(\.data))
        return events
    }

    @Test(arguments: cases) func `a stream gives the events of the standard`(sample: Case) throws {
        #expect(try events([sample.bytes[...]]) == sample.events)
    }

    @Test(arguments: cases) func `one cut anywhere changes nothing`(sample: Case) throws {
        for cut in 0...sample.bytes.count {
            #expect(try events([sample.bytes[..<cut], sample.bytes[cut...]]) == sample.events, "cut at \(cut)")
        }
    }

    @Test(arguments: cases) func `byte by byte changes nothing`(sample: Case) throws {
        #expect(try events(sample.bytes.indices.map { sample.bytes[$0...$0] }) == sample.events)
    }

    @Test(arguments: 0..<50 as Range<UInt64>) func `random cuts of random blocks change nothing`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let pieces = [
            "data: x", "data", ":c", "id: 1", "event: e", "retry: 5", "\n", "\r", "\r\n", "\n\n", "é", "\u{FEFF}",
        ]
        let bytes = Array((0..<200).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)] }.joined().utf8)
        let whole = try events([bytes[...]])
        for _ in 0..<20 {
            var cuts = (0..<Int.random(in: 1..<30, using: &random)).map { _ in
                Int.random(in: 0...bytes.count, using: &random)
            }
            cuts = [0] + cuts.sorted() + [bytes.count]
            #expect(
                try events(zip(cuts, cuts.dropFirst()).map { bytes[$0..<$1] }) == whole, "seed \(seed), cuts \(cuts)")
        }
    }

    @Test(arguments: 0..<50 as Range<UInt64>) func `random bytes are read without a trap`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let alphabet: [UInt8] = Array("data:id\r\n \u{0}".utf8) + [0xEF, 0xBB, 0xBF, 0xFF]
        let bytes = (0..<4000).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
        let whole = try events([bytes[...]])
        #expect(try events(bytes.indices.map { bytes[$0...$0] }) == whole, "seed \(seed)")
    }

    @Test(arguments: ["\n", "\r", "\r\n"]) func `lines of any length end where they end`(ending: String) throws {
        for length in Array(0...8) + Array(500...520) + Array(1_010...1_030) {
            let (text, other) = (String(repeating: "x", count: length), String(repeating: "y", count: 1_030 - length))
            let stream = Array("data: \(text)\(ending)data: \(other)\(ending)\(ending)".utf8)
            #expect(try events([stream[...]]) == [ServerSentEvent(data: "\(text)\n\(other)")], "\(length)")
        }
    }

    @Test func `an event larger than the bound is an error`() throws {
        var parser = ServerSentEventParser(eventBytesMax: 16)
        #expect(try parser.feed(Array("data: 0123456789\n\n".utf8)).count == 1)
        #expect(throws: ServerSentEventError(eventBytesMax: 16)) {
            try parser.feed(Array("data: 0123456789a".utf8))
        }
    }

    @Test func `comments without end count against the bound too`() throws {
        var parser = ServerSentEventParser(eventBytesMax: 100)
        #expect(throws: ServerSentEventError(eventBytesMax: 100)) {
            for _ in 0..<100 { _ = try parser.feed(Array(":keep\n".utf8)) }
        }
    }

    @Test func `the last id is kept for a later connection`() throws {
        var parser = ServerSentEventParser()
        _ = try parser.feed(Array("id: 1\ndata: a\n\ndata: b\n\nid: 9\ndata: cut".utf8))
        #expect(parser.lastEventID == "1")
    }
}
