import JSONText
import Testing

@testable import Telemetry

@Suite struct LogFormatTests {
    private let record: LogRecord

    init() throws {
        let span = SpanContext(
            traceID: try #require(TraceID(high: 1, low: 2)), spanID: try #require(SpanID(3)), isSampled: true)
        record = LogRecord(
            time: UnixTime(nanoseconds: 1_795_231_200_123_456_789), level: .info, label: "gateway",
            message: "answered", requestID: "req_1", span: span,
            fields: [
                .model: "tiny chat", .status: 200, .elapsedMilliseconds: 1.5, "cached": true, "level": "forged",
                "authorization": "Bearer sk-secret", "key": .redacted(Redacted("sk-secret")),
            ])
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `a JSON line`() throws {
        let line = text(LogFormat.json.line(record))
        #expect(
            line == """
                {"time":"2026-11-21T03:20:00.123Z","level":"info","logger":"gateway","message":"answered",\
                "request_id":"req_1","trace_id":"00000000000000010000000000000002","span_id":"0000000000000003",\
                "model":"tiny chat","status":200,"elapsed_ms":1.5,"cached":true,"field_level":"forged",\
                "authorization":"[redacted]","key":"[redacted]"}

                """)
        #expect(throws: Never.self) { try JSONValue.parse(line) }
    }

    @Test func `a line for people`() {
        #expect(
            text(LogFormat.human(isColoured: false).line(record)) == """
                2026-11-21T03:20:00.123Z info     gateway    answered model="tiny chat" status=200 elapsed_ms=1.5 \
                cached=true level=forged authorization=[redacted] key=[redacted] request_id=req_1 \
                trace_id=00000000000000010000000000000002

                """)
    }

    @Test func `colours when told`() {
        let line = text(
            LogFormat.human(isColoured: true).line(
                LogRecord(time: UnixTime(seconds: 0), level: .error, label: "x", message: "m")))
        #expect(line == "\u{1B}[2m1970-01-01T00:00:00.000Z\u{1B}[0m \u{1B}[31merror   \u{1B}[0m x          m\n")
    }

    static let attacks = [
        "line\n{\"level\":\"critical\"}", "carriage\rreturn", "crlf\r\nline", "bell\u{7}",
        "\u{1B}[2J\u{1B}]0;title\u{7}",
        "c1 \u{9B}31m", "nul\0", "del\u{7F}", "separator\u{2028}line\u{2029}", "next\u{85}line", "bidi \u{202E}evil",
        "tag \u{E0041}", "quote\" backslash\\ accent\"\u{301}", "\"} , {\"",
    ]

    @Test(arguments: attacks, [LogFormat.json, .human(isColoured: false)])
    func `nothing that is logged can leave its line`(attack: String, format: LogFormat) throws {
        let line = format.line(
            LogRecord(
                time: UnixTime(seconds: 0), level: .info, label: attack, message: attack, requestID: attack,
                fields: [LogKey(attack): .string(attack), "v": .string(attack)]))
        let scalars = text(line).unicodeScalars
        #expect(scalars.last == "\n")
        let unsafe = scalars.dropLast().filter { scalar in
            [.control, .format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
        }
        #expect(unsafe.isEmpty)
        if format == .json {
            let object = try #require(try JSONValue.parse(line).object)
            #expect(object["message"]?.string.map { Array($0.utf8) } == Array(attack.utf8))
            #expect(object["level"] == "info")
        }
    }

    @Test func `long text is cut and many fields are bounded`() {
        var fields = LogFields()
        for number in 0..<1000 { fields[LogKey("f\(number)")] = .integer(Int64(number)) }
        let line = LogFormat.json.line(
            LogRecord(
                time: UnixTime(seconds: 0), level: .info, label: "x", message: String(repeating: "é", count: 1 << 20),
                fields: fields))
        #expect(line.count < LogRecord.textBytesMax + 4096)
        #expect(throws: Never.self) { try JSONValue.parse(line) }
    }

    @Test func `numbers that JSON lacks become null`() {
        let line = LogFormat.json.line(
            LogRecord(time: UnixTime(seconds: 0), level: .info, label: "x", message: "m", fields: ["n": .number(.nan)]))
        #expect(text(line).contains("\"n\":null}"))
    }

    @Test(arguments: [
        0, 0.001, 0.01, 0.1, 0.5, 1, 1.05, 12.34, 999.999, 1_000, 123_456_789.125, 1e11 + 0.125, 1e12, 1e300, 0.000_4,
        1e-7,
        3.141_59, 0.1 + 0.2, -1.5, -0.0,
    ])
    func `numbers are written as their texts`(number: Double) {
        let line = LogFormat.json.line(
            LogRecord(
                time: UnixTime(seconds: 0), level: .info, label: "x", message: "m", fields: ["n": .number(number)]))
        #expect(text(line).contains("\"n\":\(number)}"))
    }
}

@Suite struct RedactionTests {
    private struct Credentials {
        let user = "ada"
        let password = Redacted("hunter2")
    }

    @Test func `a secret never prints`() {
        let secret = Redacted("hunter2")
        var dumped = ""
        dump(Credentials(), to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\(Credentials())", "\([secret])", dumped] {
            #expect(!text.contains("hunter2"))
        }
        #expect(secret.revealed == "hunter2")
    }

    @Test(arguments: ["Authorization", "COOKIE", "Set-Cookie", "x-api-key", "X_API_KEY", "password", "client_secret"])
    func `well-known names are secret`(name: String) {
        #expect(SensitiveNames.contains(name))
        #expect(LogValue.header(name, "v") == .redacted)
    }

    @Test(arguments: ["content-type", "input_tokens", "tokens", "x-request-id"])
    func `other names are not`(name: String) { #expect(LogValue.header(name, "v") == .string("v")) }
}
