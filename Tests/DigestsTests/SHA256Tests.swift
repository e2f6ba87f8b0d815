import Digests
import Testing

@Suite struct SHA256Tests {
    /// Of FIPS 180-4's examples, and the empty message.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ]) func `published examples`(text: String, expected: String) {
        #expect(SHA256.digest(of: Array(text.utf8)).hexadecimal == expected)
    }

    @Test func `a million letters, in pieces of every size`() {
        var hash = SHA256()
        var left = 1_000_000
        var size = 0
        while left > 0 {
            let count = min(size, left)
            hash.update([UInt8](repeating: UInt8(ascii: "a"), count: count))
            left -= count
            size = (size + 1) % 4_099
        }
        #expect(
            hash.finish().hexadecimal == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func `spans of other elements are their bytes`() {
        let numbers: [Int32] = [1, -2]
        var hash = SHA256()
        hash.update(numbers.span.bytes)
        #expect(hash.finish() == SHA256.digest(of: [1, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF]))
    }
}
