import Synchronization
import Testing
import Vocabulary

@testable import Access

/// A cipher for tests of the envelope: it keeps nothing secret, and notices every difference.
private let plain = SecretSealer.Cipher(
    seal: { bytes, associated, key in
        [UInt8(associated.count)] + associated + key + bytes
    },
    open: { sealed, associated, key in
        let head = [UInt8(associated.count)] + associated + key
        return sealed.starts(with: head) ? Array(sealed[head.count...]) : nil
    })

private func key(_ seed: UInt8) -> SealingKey { SealingKey((0..<32).map { $0 &* 7 &+ seed }) }

@Suite struct SecretSealerTests {
    @Test func `what was sealed opens under its name only`() throws {
        let sealer = SecretSealer(SealingKeys(key(1)), cipher: plain)
        let envelope = sealer.seal("tøken", for: "deployment:a")
        #expect(SecretSealer.isSealed(envelope) && envelope.hasPrefix("sealed:v1:\(key(1).id):"))
        #expect(try sealer.open(envelope, for: "deployment:a") == "tøken")
        #expect(throws: SealingError(.misplaced, name: "deployment:b", keyID: key(1).id)) {
            try sealer.open(envelope, for: "deployment:b")
        }
    }

    @Test func `an envelope whose name is exchanged does not open`() throws {
        let sealer = SecretSealer(SealingKeys(key(1)), cipher: plain)
        let (a, b) = (sealer.seal("one", for: "a"), sealer.seal("two", for: "b"))
        var parts = a.split(separator: ":").map(String.init)
        parts[3] = b.split(separator: ":").map(String.init)[3]
        #expect(throws: SealingError(.changed, name: "b", keyID: key(1).id)) {
            try sealer.open(parts.joined(separator: ":"), for: "b")
        }
    }

    @Test func `a key that is not there is named`() throws {
        let envelope = SecretSealer(SealingKeys(key(1)), cipher: plain).seal("x", for: "n")
        let other = SecretSealer(SealingKeys(key(2)), cipher: plain)
        let error = #expect(throws: SealingError.self) { try other.open(envelope, for: "n") }
        #expect(error?.code == .unknownKey && error?.description.contains(key(1).id) == true)
        other.keys = SealingKeys(key(2), older: [key(1)])
        #expect(try other.open(envelope, for: "n") == "x")
    }

    @Test(arguments: ["", "sealed:v1:", "sealed:v1:a:b", "sealed:v1:a:*:*", "sealed:v1:a:YQ:YQ:YQ", "plain"])
    func `what is no envelope is malformed`(text: String) {
        let error = #expect(throws: SealingError.self) {
            try SecretSealer(SealingKeys(key(1)), cipher: plain).open(text, for: "a")
        }
        #expect(error?.code == .malformed)
    }

    @Test func `every envelope in a text is sealed anew`() throws {
        let sealer = SecretSealer(SealingKeys(key(1)), cipher: plain)
        let text = """
            {"a":"\(sealer.seal("one", for: "x"))","b":["\(sealer.seal("two", for: "y"))",3],"c":"sealed"}
            """
        let same = try sealer.resealed(text)
        #expect(same == (text, 0))
        sealer.keys = SealingKeys(key(2), older: [key(1)])
        let (after, count) = try sealer.resealed(text)
        #expect(count == 2 && !after.contains(key(1).id))
        sealer.keys = SealingKeys(key(2))
        let envelopes = after.split(separator: "\"").filter { $0.hasPrefix(SecretSealer.mark) }.map(String.init)
        #expect(try sealer.open(envelopes[0], for: "x") == "one")
        #expect(try sealer.open(envelopes[1], for: "y") == "two")
        let again = try sealer.resealed(after)
        #expect(again == (after, 0))
    }
}

@Suite struct SealingKeyTests {
    @Test func `keys are read in both notations`() {
        let bytes = (0..<32).map { UInt8($0) * 7 }
        let digits = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let base64 = Base64URL.text(bytes)
        for text in [digits, digits.uppercased(), base64, base64 + "="] {
            #expect(SealingKey(text) == SealingKey(bytes))
        }
        #expect(SealingKey(bytes).revealed == base64)
    }

    @Test(arguments: [
        "", "short", String(repeating: "a", count: 43), String(repeating: "0", count: 64),
        "zz" + String(repeating: "0", count: 62),
        String(repeating: "ab", count: 31),
    ])
    func `what is no key, or a weak one, is refused`(text: String) { #expect(SealingKey(text) == nil) }

    @Test func `a ring has its current key first`() {
        let (one, two) = (key(1), key(2))
        let ring = SealingKeys("# made by nexus, for nexus\n\(one.revealed)\n\n  \(two.revealed)  \n")
        #expect(ring == SealingKeys(one, older: [two]))
        #expect(SealingKeys("\(one.revealed),\(two.revealed)") == ring)
        #expect(SealingKeys("") == nil && SealingKeys("# nothing") == nil && SealingKeys("\(one.revealed)\nx") == nil)
        #expect(SealingKeys(Array(repeating: one.revealed, count: 9).joined(separator: ",")) == nil)
    }

    @Test func `printing a key shows nothing of it`() {
        let key = key(3)
        var text = ""
        dump(SealingKeys(key, older: [key]), to: &text)
        text += "\(key) \(String(reflecting: key)) \(SealingKeys(key))"
        #expect(!text.contains(key.revealed) && !text.contains("Optional([") && !text.contains(", 10, 17"))
    }

    @Test func `base64 is read back, and nothing else is read`() {
        for count in 0..<40 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37) }
            #expect(Base64URL.decoded(Base64URL.text(bytes)) == bytes)
        }
        for text in ["a", "ab=c", "a b", "YQ===", "YR", "ä"] { #expect(Base64URL.decoded(text) == nil) }
    }
}
