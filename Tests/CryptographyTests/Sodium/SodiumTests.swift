import Testing

@testable import Cryptography

@Suite struct SodiumTests {
    static let quick = PasswordHash.Parameters(memoryBytes: 8 << 10, passes: 1)

    @Test func `a password fits its own hash only, and each hash has its own salt`() throws {
        let hash = PasswordHash(Self.quick)
        let password = Array("correct horse battery staple".utf8)
        let (first, second) = (try hash.make(password), try hash.make(password))
        #expect(first.hasPrefix("$argon2id$v=19$m=8,t=1,p=1$"))
        #expect(first != second)
        #expect(hash.verify(password, against: first))
        #expect(hash.verify(password, against: second))
        #expect(!hash.verify(Array("correct horse battery stapl".utf8), against: first))
        #expect(!hash.verify(password + [0], against: first))
        #expect(!hash.verify([], against: first))
    }

    /// Made by the reference implementation's command line tool (`argon2 -id`), version 20171227.
    @Test func `hashes of other implementations are understood`() {
        let text = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
        #expect(PasswordHash().verify(Array("password".utf8), against: text))
        #expect(!PasswordHash().verify(Array("passwore".utf8), against: text))
    }

    @Test(arguments: ["", "$argon2id$", "plain", String(repeating: "x", count: 4_096)])
    func `what is no hash fits nothing`(text: String) {
        #expect(!PasswordHash(Self.quick).verify([], against: text))
        #expect(!PasswordHash(Self.quick).verify(Array(text.utf8), against: text))
        #expect(PasswordHash(Self.quick).isOutdated(text))
    }

    @Test func `other parameters make a hash outdated, and it still fits`() throws {
        let text = try PasswordHash(Self.quick).make([1, 2, 0, 3])
        let other = PasswordHash(.init(memoryBytes: 16 << 10, passes: 1))
        #expect(!PasswordHash(Self.quick).isOutdated(text))
        #expect(other.isOutdated(text))
        #expect(other.verify([1, 2, 0, 3], against: text))
    }

    @Test func `random bytes are as many as asked, and not the same again`() {
        #expect(SecureRandom.bytes(0).isEmpty)
        let (one, other) = (SecureRandom.bytes(32), SecureRandom.bytes(32))
        #expect(one.count == 32)
        #expect(one != other)
        var generator = SecureRandomGenerator()
        #expect(generator.next() != generator.next())
    }

    @Test func `bytes are compared whole`() {
        #expect(ConstantTime.isEqual([], []))
        #expect(ConstantTime.isEqual([1, 2], [1, 2]))
        #expect(!ConstantTime.isEqual([1, 2], [1, 3]))
        #expect(!ConstantTime.isEqual([1, 2], [1, 2, 0]))
        #expect(!ConstantTime.isEqual([], [0]))
    }

    /// RFC 4231, test cases 1, 2 and 6.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func `message codes are those of the standard`(key: [UInt8], message: [UInt8], code: String) {
        #expect(hex(MessageCode.hmacSHA256(message, key: key)) == code)
    }

    @Test func `keyed hashes depend on key and text`() {
        let key = [UInt8](0..<32)
        // Computed with Python's `hashlib.blake2b(b"abc", digest_size=32, key=bytes(range(32)))`.
        #expect(
            hex(KeyedHash.hash(Array("abc".utf8), key: key))
                == "d63a32d3e44738d7907f964316c241adaba0abfeabc32349677578a15a203f7f")
        #expect(KeyedHash.hash([], key: key) != KeyedHash.hash([0], key: key))
        #expect(KeyedHash.hash([], key: key) != KeyedHash.hash([], key: key.reversed()))
    }

    private func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
