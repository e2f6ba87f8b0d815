import Cryptography
import Testing

@Suite struct Ed25519Tests {
    /// RFC 8032, section 7.1: tests 1, 2 and 3.
    private static let vectors: [(seed: String, publicKey: String, message: String, signature: String)] = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ]

    @Test func `signs and verifies as RFC 8032 says`() throws {
        for vector in Self.vectors {
            let key = try #require(Ed25519.PrivateKey(seed: bytes(vector.seed)))
            #expect(key.publicKey == bytes(vector.publicKey))
            let message = bytes(vector.message)
            #expect(key.signature(of: message) == bytes(vector.signature))
            #expect(Ed25519.isValid(bytes(vector.signature), of: message, by: key.publicKey))
        }
    }

    @Test func `refuses a changed signature, message or key, whichever bit it is`() throws {
        let key = try #require(Ed25519.PrivateKey(seed: bytes(Self.vectors[2].seed)))
        let message = bytes(Self.vectors[2].message)
        let signature = key.signature(of: message)
        for bit in 0..<signature.count * 8 {
            var changed = signature
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!Ed25519.isValid(changed, of: message, by: key.publicKey))
        }
        #expect(!Ed25519.isValid(signature, of: message + [0], by: key.publicKey))
        #expect(!Ed25519.isValid(signature, of: message, by: bytes(Self.vectors[0].publicKey)))
    }

    @Test func `refuses what has the wrong size, and keys of small order`() throws {
        #expect(Ed25519.PrivateKey(seed: []) == nil)
        #expect(Ed25519.PrivateKey(seed: [UInt8](repeating: 1, count: 33)) == nil)
        let zeros = [UInt8](repeating: 0, count: 64)
        #expect(!Ed25519.isValid([], of: [1], by: [UInt8](repeating: 0, count: 32)))
        #expect(!Ed25519.isValid(zeros, of: [1], by: [UInt8](repeating: 0, count: 32)))
        #expect(!Ed25519.isValid(zeros, of: [1], by: [1] + [UInt8](repeating: 0, count: 31)))
        #expect(!Ed25519.isValid(zeros, of: [1], by: []))
    }

    @Test func `printing a key shows no secret`() throws {
        let key = try #require(Ed25519.PrivateKey(seed: [UInt8](repeating: 77, count: 32)))
        #expect(!String(reflecting: key).contains("77, 77"))
        #expect(!"\(key)".contains("77"))
    }
}

func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = Array(hexadecimal.utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).compactMap { place in
        UInt8(String(decoding: digits[place...place + 1], as: UTF8.self), radix: 16)
    }
}
