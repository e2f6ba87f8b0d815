import Access
import JSONText
import Testing

@Suite struct SigningKeysTests {
    private let signer = PretendSignatures()
    private let now: Int64 = 1_800_000_000

    private func token(_ keys: SigningKeys) -> String {
        keys.sign(["sub": "ada"], type: "at+jwt", signer: signer)
    }

    @Test func `what a key signed is right until the keys that came after it have outlived its tokens`() throws {
        var keys = SigningKeys(now: now, signer: signer)
        let first = token(keys)
        keys.rotate(now: now + 1_000, lifetimeMax: 900, signer: signer)
        let second = token(keys)
        #expect(keys.verification.keys.count == 2)
        for text in [first, second] {
            #expect(try SignedToken(text).verified(with: keys.verification, by: signer).subject == "ada")
        }
        keys.rotate(now: now + 10_000, lifetimeMax: 900, signer: signer)
        #expect(throws: TokenError.self) { _ = try SignedToken(first).verified(with: keys.verification, by: signer) }
        #expect(try SignedToken(second).verified(with: keys.verification, by: signer).type == "at+jwt")
    }

    @Test func `many changes in a row keep a bounded number of keys`() {
        var keys = SigningKeys(now: now, signer: signer)
        for turn in 1...20 { keys.rotate(now: now + Int64(turn), lifetimeMax: 900, signer: signer) }
        #expect(keys.verification.keys.count == 1 + SigningKeys.previousMax)
    }

    @Test func `keeps and reads its keys, and shows the secret halves to nobody else`() throws {
        var keys = SigningKeys(now: now, signer: signer)
        keys.rotate(now: now + 5, lifetimeMax: 900, signer: signer)
        #expect(SigningKeys(json: keys.json, signer: signer) == keys)
        let seed = TokenBase64.encode(keys.current.seed)
        #expect(!keys.verification.json.text.contains(seed))
        #expect(!String(reflecting: keys).contains("\(keys.current.seed[0]), \(keys.current.seed[1])"))
    }

    @Test(arguments: [
        "{}", "null", #"{"version":2,"keys":[]}"#, #"{"version":1,"keys":[]}"#,
        #"{"version":1,"keys":[{"seed":"AA"}]}"#,
        #"{"version":1,"keys":[{"seed":"AAAA","created_at":1}]}"#,
    ])
    func `refuses what it did not write`(text: String) throws {
        #expect(SigningKeys(json: try JSONValue.parse(text), signer: signer) == nil)
    }
}
