import Access
import Testing

@Suite struct TokenBase64Tests {
    /// RFC 4648, section 10, without padding; RFC 7515, appendix C.
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"),
    ])
    func `writes and reads the vectors of RFC 4648`(text: String, encoded: String) {
        #expect(TokenBase64.encode(Array(text.utf8)) == encoded)
        #expect(TokenBase64.decode(encoded) == Array(text.utf8))
    }

    @Test func `uses the alphabet for URLs`() {
        #expect(TokenBase64.encode([3, 236, 255, 224, 193]) == "A-z_4ME")
        #expect(TokenBase64.decode("A-z_4ME") == [3, 236, 255, 224, 193])
    }

    @Test(arguments: ["A", "AAAAA", "Zg==", "Zh", "Zm9=", "Zm+v", "Zm/v", "Zm 9v", "Zm9v\n", "Zmé"])
    func `refuses what nothing encodes to`(text: String) { #expect(TokenBase64.decode(text) == nil) }

    @Test func `every byte string has one text, which reads back`() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            #expect(TokenBase64.decode(TokenBase64.encode(bytes)) == bytes)
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }

    @Test func `base 64 with padding takes line breaks and nothing else`() {
        #expect(Base64.encode(Array("fooba".utf8)) == "Zm9vYmE=")
        #expect(Base64.decode("Zm9v\r\nYmE=\n") == Array("fooba".utf8))
        for text in ["Zm9vYmE", "Zm9vYmE==", "Zm=v", "Zm9v====", "Zm-v", "Zm9v!", "="] {
            #expect(Base64.decode(text) == nil, "\(text)")
        }
    }
}
