import Cryptography
import Testing

@Suite struct AuthenticatedEncryptionTests {
    private let key = [UInt8](0..<32)
    private let name = Array("deployment:a".utf8)

    @Test(arguments: [0, 1, 31, 4_096]) func `what was sealed opens`(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let sealed = AuthenticatedEncryption.seal(bytes, associated: name, key: key)
        #expect(sealed.count == count + 40)
        #expect(AuthenticatedEncryption.open(sealed, associated: name, key: key) == bytes)
    }

    @Test func `the same text is never sealed alike`() {
        let sealed = (0..<50).map { _ in AuthenticatedEncryption.seal([1, 2, 3], associated: name, key: key) }
        #expect(Set(sealed).count == 50)
    }

    @Test func `one bit of anything keeps it closed`() {
        let sealed = AuthenticatedEncryption.seal(Array("secret".utf8), associated: name, key: key)
        for index in sealed.indices {
            var other = sealed
            other[index] ^= 0x80
            #expect(AuthenticatedEncryption.open(other, associated: name, key: key) == nil)
        }
        var otherKey = key
        otherKey[31] ^= 1
        #expect(AuthenticatedEncryption.open(sealed, associated: name, key: otherKey) == nil)
        #expect(AuthenticatedEncryption.open(sealed, associated: Array("deployment:b".utf8), key: key) == nil)
        #expect(AuthenticatedEncryption.open(sealed, associated: name, key: []) == nil)
        for count in 0..<40 {
            #expect(AuthenticatedEncryption.open(Array(sealed[..<count]), associated: name, key: key) == nil)
        }
    }

    @Test func `it is the cipher of the draft`() throws {
        // draft-irtf-cfrg-xchacha-03, A.3.1.
        func bytes(_ digits: String) -> [UInt8] {
            let digits = Array(digits)
            return stride(from: 0, to: digits.count, by: 2).compactMap {
                UInt8(String(digits[$0...($0 + 1)]), radix: 16)
            }
        }
        let sealed =
            bytes("404142434445464748494a4b4c4d4e4f5051525354555657")
            + bytes(
                "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39"
                    + "ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
                    + "21f9664c97637da9768812f615c68b13b52e" + "c0875924c1c7987947deafd8780acf49")
        let key = bytes("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f")
        let associated = bytes("50515253c0c1c2c3c4c5c6c7")
        let opened = try #require(AuthenticatedEncryption.open(sealed, associated: associated, key: key))
        #expect(
            String(decoding: opened, as: UTF8.self)
                == "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
        )
    }
}
