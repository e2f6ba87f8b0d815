import Cryptography
import Testing

@Suite struct RSATests {
    /// RFC 7515, appendix A.2.
    private static let modulus = bytes(
        "a1f8160ae2e3c9b465ce8d2d656263362b927dbe29e1f02477fc1625cc90a136e38bd93497c5b6ea63dd7711e6"
            + "7c7429f956b0fb8a8f089adc4b69893cc1333f53edd019b87784252fec914fe4857769594bea4280d32c0f55bf"
            + "62944f130396bc6e9bdf6ebdd2bda3678eeca0c668f701b38dbffb38c8342ce2fe6d27fade4a5a4874979dd4b9"
            + "cf9adec4c75b05852c2c0f5ef8a5c1750392f944e8ed64c110c6b647609aa4783aeb9c6c9ad755313050638b83"
            + "665c6f6f7a82a396702a1f641b82d3ebf2392219491fb686872c5716f50af8358d9a8b9d17c340728f7f87d89a"
            + "18d8fcab67ad84590c2ecf759339363c07034d6f606f9e21e05456cae5e9a1")
    private static let signature = bytes(
        "702e218943e88fd11eb5d82dbf7845f34106ae1b81fff7731116add1717d83656d420afd3c96eedd73a2663e51"
            + "66687b000b87226e0187ed1073f945e582adfcef16d85a798ee8c66ddb3db8975b17d09402beedd5d9d9700710"
            + "8db28160d5f8040ca7445762b81fbe7ff9d92e0ae76f24f25b33bbe6f44ae61eb1040acb20044d3ef9128ed401"
            + "30795bd4bd3b41eecad066ab651981fde48df77f372dc38b9fafdd3befb18b5da3cc3c2eb02f9e3a41d612caad"
            + "15911273a05f23b9e838faaf849d698429ef5a1e88798236c3d40e604522a544c8f27a7a2db80663d16cf7caea"
            + "56de405cb2215a45b2c25566b55ac1a748a070dfc8a32a469543d019eefb47")
    private static let message = Array(
        ("eyJhbGciOiJSUzI1NiJ9."
            + "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ").utf8)
    private static let exponent: [UInt8] = [1, 0, 1]

    @Test func `verifies the example of RFC 7515`() {
        #expect(
            RSA.isValid(Self.signature, of: Self.message, modulus: Self.modulus, exponent: Self.exponent))
    }

    @Test func `refuses a changed signature, message, modulus or exponent`() {
        for place in stride(from: 0, to: 256, by: 5) {
            var changed = Self.signature
            changed[place] ^= 0x10
            #expect(!RSA.isValid(changed, of: Self.message, modulus: Self.modulus, exponent: Self.exponent))
        }
        #expect(
            !RSA.isValid(Self.signature, of: Self.message + [0], modulus: Self.modulus, exponent: Self.exponent))
        #expect(!RSA.isValid(Self.signature, of: Self.message, modulus: Self.modulus, exponent: [3]))
        var modulus = Self.modulus
        modulus[100] ^= 1
        #expect(!RSA.isValid(Self.signature, of: Self.message, modulus: modulus, exponent: Self.exponent))
    }

    @Test func `refuses keys that are too small, too large or no keys`() {
        let odd = [UInt8](repeating: 0xFF, count: 256)
        #expect(RSA.isAcceptable(modulus: odd, exponent: [1, 0, 1]))
        #expect(!RSA.isAcceptable(modulus: [UInt8](repeating: 0xFF, count: 128), exponent: [1, 0, 1]))
        #expect(!RSA.isAcceptable(modulus: [UInt8](repeating: 0xFF, count: 1_025), exponent: [1, 0, 1]))
        #expect(!RSA.isAcceptable(modulus: [0] + odd, exponent: [1, 0, 1]))
        #expect(!RSA.isAcceptable(modulus: odd.dropLast() + [2], exponent: [1, 0, 1]))
        #expect(!RSA.isAcceptable(modulus: [], exponent: [1, 0, 1]))
        for exponent: [UInt8] in [[], [1], [0, 3], [2], [UInt8](repeating: 0xFF, count: 9)] {
            #expect(!RSA.isAcceptable(modulus: odd, exponent: exponent))
        }
        // With a signature of the size of the small key: the key is refused, not the size.
        #expect(
            !RSA.isValid(
                [UInt8](repeating: 0, count: 128), of: [], modulus: [UInt8](repeating: 0xFF, count: 128), exponent: [3])
        )
    }
}
