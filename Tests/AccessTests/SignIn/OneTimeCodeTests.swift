import Telemetry
import Testing

@testable import Access

@Suite struct OneTimeCodeTests {
    static let secret = Array("12345678901234567890".utf8)

    /// RFC 6238, appendix B, the rows of SHA-1.
    @Test(
        arguments: [
            (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
        ] as [(Int64, String)])
    func `codes are those of RFC 6238`(seconds: Int64, code: String) {
        #expect(OneTimeCode.code(Self.secret, step: OneTimeCode.step(at: seconds), digits: 8) == code)
    }

    /// RFC 4226, appendix D.
    @Test func `codes of counters are those of RFC 4226`() {
        let codes = (0..<10).map { OneTimeCode.code(Self.secret, step: $0) }
        #expect(
            codes == [
                "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
            ])
    }

    private func step(of code: String, at seconds: Int64, after last: Int64 = 0) -> Int64? {
        OneTimeCode.step(of: code, Self.secret, now: UnixTime(seconds: seconds), after: last, isEqual: ==)
    }

    @Test func `a code counts one step early and late, and not two`() {
        let code = OneTimeCode.code(Self.secret, step: 100)
        #expect(step(of: code, at: 3_000) == 100)
        #expect(step(of: code, at: 2_970) == 100)
        #expect(step(of: code, at: 3_059) == 100)
        #expect(step(of: code, at: 2_969) == nil)
        #expect(step(of: code, at: 3_060) == nil)
    }

    @Test func `a code counts once, and none before it afterwards`() {
        #expect(step(of: OneTimeCode.code(Self.secret, step: 100), at: 3_000, after: 100) == nil)
        #expect(step(of: OneTimeCode.code(Self.secret, step: 99), at: 3_000, after: 100) == nil)
        #expect(step(of: OneTimeCode.code(Self.secret, step: 101), at: 3_000, after: 100) == 101)
    }

    @Test(arguments: ["", "12345", "1234567", "abcdef", "０２８７０８２"])
    func `what is no code is none`(code: String) {
        #expect(step(of: code, at: 59) == nil)
    }

    @Test func `spaces between digits do not matter`() { #expect(step(of: "287 082", at: 59) == 1) }

    @Test func `an app's link names server, user and secret`() {
        #expect(
            OneTimeCode.url(Self.secret, name: "ada@example.org", issuer: "Llama Nexus")
                == "otpauth://totp/Llama%20Nexus:ada%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                + "&issuer=Llama%20Nexus&algorithm=SHA1&digits=6&period=30")
    }

    @Test func `recovery codes are read with and without dashes`() {
        let code = RecoveryCode.make([UInt8](0..<10))
        #expect(code.split(separator: "-").map(\.count) == [4, 4, 4, 4])
        #expect(RecoveryCode.normalised(code.uppercased()) == code.filter { $0 != "-" })
        #expect(RecoveryCode.normalised("123456") == nil)
        #expect(RecoveryCode.normalised(code + "0") == nil)
    }
}
