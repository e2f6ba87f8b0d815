import Telemetry
import Testing

@Suite struct UnixTimeTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_399, "2000-02-28T23:59:59.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"), (1_709_251_199, "2024-02-29T23:59:59.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.000Z"),
            (1_798_761_599, "2026-12-31T23:59:59.000Z"),
        ] as [(Int64, String)])
    func `moments as RFC 3339`(seconds: Int64, text: String) {
        #expect(UnixTime(seconds: seconds).rfc3339 == text)
    }

    @Test func `the system's clock is in this century`() {
        #expect(UnixTime.now() > UnixTime(seconds: 1_750_000_000))
        #expect(UnixTime(seconds: 1) + .milliseconds(1500) == UnixTime(nanoseconds: 2_500_000_000))
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2000-02-29T12:00:00Z", 951_825_600_000_000_000),
        ("2026-11-21T18:41:13.250Z", 1_795_286_473_250_000_000),
        ("2026-11-21T18:41:13.000000001Z", 1_795_286_473_000_000_001),
        ("2261-12-31T23:59:59Z", 9_214_646_399_000_000_000),
    ]) func `a moment is read as RFC 3339 writes it`(text: String, nanoseconds: Int64) {
        #expect(UnixTime(rfc3339: text)?.nanoseconds == nanoseconds)
    }

    @Test func `what is written is read`() {
        for milliseconds: Int64 in [0, 1, 951_825_600_000, 1_795_286_473_250, 4_102_444_799_999] {
            let time = UnixTime(nanoseconds: milliseconds * 1_000_000)
            #expect(UnixTime(rfc3339: time.rfc3339) == time)
        }
    }

    @Test(arguments: [
        "", "2026-11-21", "2026-11-21T18:41:13", "2026-11-21T18:41:13+01:00", "2026-11-21 18:41:13Z",
        "2026-13-21T18:41:13Z",
        "2026-11-32T18:41:13Z", "2026-11-00T18:41:13Z", "2026-11-31T18:41:13Z", "2026-02-30T18:41:13Z",
        "2026-02-29T18:41:13Z", "2100-02-29T18:41:13Z", "2026-11-21T24:41:13Z", "2026-11-21T18:41:13.Z",
        "2026-11-21T18:41:13.1234567890Z",
        "1969-12-31T23:59:59Z", "9999-01-01T00:00:00Z", "2026-11-21T18:41:1xZ",
    ]) func `everything else is refused`(text: String) {
        #expect(UnixTime(rfc3339: text) == nil)
    }
}
