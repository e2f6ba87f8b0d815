import Testing

@testable import Cryptography

/// The example of RFC 7515, appendix A.3.
@Suite struct P256Tests {
    private static let x = bytes("7fcdce2770f6c45d4183cbee6fdb4b7b580733357be9ef13bacf6e3c7bd15445")
    private static let y = bytes("c7f144cd1bbd9b7e872cdfedb9eeb9f4b3695d6ea90b24ad8a4623288588e5ad")
    private static let message = Array(
        ("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
            + "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ").utf8)
    private static let signature = bytes(
        "0ed1215379636c483c2f7f155807d402a3b228033af97c7e17819ac3169ea665"
            + "c50a07d38c3c70e5d8f12daf084a5480a66590c5f293509a8f3f7f8a83a354d5")

    private static func bytes(_ text: String) -> [UInt8] {
        let digits = Array(text)
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
    }

    private func isValid(
        _ signature: [UInt8] = signature, _ message: [UInt8] = message, x: [UInt8] = x, y: [UInt8] = y
    ) -> Bool { P256.isValid(signature, of: message, x: x, y: y) }

    @Test func `the signature of the example is right`() { #expect(isValid()) }

    @Test func `nothing of it can be changed`() {
        for index in [0, 31, 32, 63] {
            var signature = Self.signature
            signature[index] ^= 1
            #expect(!isValid(signature))
        }
        #expect(!isValid(Self.signature, Self.message + [0]))
        #expect(!isValid(Self.signature, []))
        #expect(!isValid(Self.signature, x: Self.y, y: Self.x), "no point of the curve")
    }

    @Test func `signatures and keys of other forms are wrong and no crash`() {
        let zeros = [UInt8](repeating: 0, count: 32)
        let most = [UInt8](repeating: 0xFF, count: 32)
        for signature in [
            [], zeros + zeros, most + most, Array(Self.signature.dropLast()), Self.signature + [0],
            Array(Self.signature.prefix(32)) + zeros, zeros + Array(Self.signature.suffix(32)),
        ] {
            #expect(!isValid(signature))
        }
        for point in [(zeros, zeros), (most, most), ([], []), (Self.x, Array(Self.y.dropLast())), (Self.x, zeros)] {
            #expect(!isValid(x: point.0, y: point.1))
        }
    }
}
