import Vocabulary
import JSONText
import Testing

@Suite struct KeepAliveTests {
    @Test(arguments: [
        ("5m", 300.0), ("1h30m", 5400), ("1.5s", 1.5), ("300ms", 0.3), ("0", 0), ("300", 300), ("+10s", 10),
        (".5h", 1800),
        ("1h0m0.5s", 3600.5), ("0s", 0), ("24h", 86_400), ("2us", 2e-6), ("2µs", 2e-6),
    ])
    func `texts are durations of Go`(text: String, seconds: Double) throws {
        guard case .lasting(let duration) = try #require(KeepAlive(.string(text))) else {
            Issue.record("\(text) is no duration")
            return
        }
        #expect(abs(duration / .seconds(1) - seconds) < 1e-9)
    }

    @Test func `what is below zero is forever, and so is what outlives everybody`() {
        #expect(KeepAlive(.integer(-1)) == .forever)
        #expect(KeepAlive(.number(-0.5)) == .forever)
        #expect(KeepAlive(.string("-1m")) == .forever)
        #expect(KeepAlive(.string("-1")) == .forever)
        #expect(KeepAlive(.integer(Int64.max)) == .forever)
        #expect(KeepAlive(.string("9999999h")) == .forever)
        #expect(KeepAlive(seconds: .infinity) == .forever)
    }

    @Test func `numbers are seconds`() {
        #expect(KeepAlive(.integer(0)) == .lasting(.zero))
        #expect(KeepAlive(.integer(60)) == .lasting(.seconds(60)))
        #expect(KeepAlive(.number(0.25)) == .lasting(.milliseconds(250)))
    }

    @Test func `days are a unit, too`() {
        #expect(KeepAlive(.string("1d")) == .lasting(.seconds(86_400)))
        #expect(KeepAlive(.string("1d12h")) == .lasting(.seconds(129_600)))
    }

    @Test(arguments: [
        "", "-", "abc", "5", "5 m", "5m ", "d", "m", "1..5s", "5mm", "1h30", "e5", "٣s", "0x10", "nan", "1e9",
    ])
    func `what is no duration is refused`(text: String) {
        // A single number without unit is the exception that users rely on.
        #expect((KeepAlive(.string(text)) == nil) == (text != "5"))
    }

    @Test func `other values and endless texts are refused`() {
        #expect(KeepAlive(.null) == nil && KeepAlive(.bool(true)) == nil && KeepAlive(.array([])) == nil)
        #expect(KeepAlive(.string(String(repeating: "9", count: 1000))) == nil)
        #expect(KeepAlive(seconds: .nan) == nil)
    }
}
