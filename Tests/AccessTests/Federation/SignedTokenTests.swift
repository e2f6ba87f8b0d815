import Access
import JSONText
import Testing

@Suite struct SignedTokenTests {
    @Test func `believes honest tokens of both algorithms`() throws {
        #expect(try TokenForge.read(TokenForge().text).subject == "ada")
        let rsa = TokenForge().with {
            $0.header = ["alg": "RS256", "kid": "rsa"]
            $0.key = TokenForge.rsaKey
        }
        #expect(try TokenForge.read(rsa.text).subject == "ada")
    }

    @Test func `takes the issuer's only key of the algorithm where the token names none`() throws {
        let token = TokenForge().with { $0.header = ["alg": "EdDSA"] }.text
        #expect(try TokenForge.read(token).subject == "ada")
        let two = VerificationKeys([TokenForge.edKey, VerificationKey(id: "x", material: TokenForge.edKey.material)])
        #expect(throws: TokenError.self) { _ = try TokenForge.read(token, keys: two) }
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let reason: TokenError.Reason
        let change: @Sendable (inout TokenForge) -> Void

        init(_ name: String, _ reason: TokenError.Reason, _ change: @escaping @Sendable (inout TokenForge) -> Void) {
            testDescription = name
            self.reason = reason
            self.change = change
        }
    }

    private static let now = TokenForge.now

    @Test(arguments: [
        Wrong("none", .algorithm) { $0.header["alg"] = "none" },
        Wrong("None", .algorithm) { $0.header["alg"] = "None" },
        Wrong("HMAC", .algorithm) { $0.header["alg"] = "HS256" },
        Wrong("RSA with SHA-1 of nobody", .algorithm) { $0.header["alg"] = "RS1" },
        Wrong("another curve", .algorithm) { $0.header["alg"] = "ES256" },
        Wrong("algorithm of another key", .algorithm) { $0.header["alg"] = "RS256" },
        Wrong("no algorithm", .malformed) { $0.header = ["kid": "ed"] },
        Wrong("algorithm that is no text", .malformed) { $0.header["alg"] = ["EdDSA"] },
        Wrong("unknown key", .unknownKey) { $0.header["kid"] = "old" },
        Wrong("key id that is no text", .malformed) { $0.header["kid"] = 7 },
        Wrong("critical extension", .critical) { $0.header["crit"] = ["b64"] },
        Wrong("empty list of critical extensions", .critical) { $0.header["crit"] = [] },
        Wrong("key of its own", .signature) {
            $0.key = VerificationKey(id: "ed", material: .ed25519([UInt8](repeating: 9, count: 32)))
            $0.header["jwk"] = $0.key.json
        },
        Wrong("other issuer", .issuer) { $0.claims["iss"] = "https://issuer.example/" },
        Wrong("no issuer", .issuer) { $0.claims["iss"] = nil },
        Wrong("other audience", .audience) { $0.claims["aud"] = ["other", "nexus2"] },
        Wrong("no audience", .audience) { $0.claims["aud"] = nil },
        Wrong("audience that is no text", .audience) { $0.claims["aud"] = 7 },
        Wrong("expired", .expired) { $0.claims["exp"] = .integer(now - 61) },
        Wrong("expired, at the very bound", .expired) { $0.claims["exp"] = .integer(now - 60) },
        Wrong("no expiry", .claim) { $0.claims["exp"] = nil },
        Wrong("expiry that is a text", .claim) { $0.claims["exp"] = "2000000000" },
        Wrong("negative expiry", .claim) { $0.claims["exp"] = -1 },
        Wrong("expiry beyond all numbers", .claim) { $0.claims["exp"] = 1e300 },
        Wrong("not yet", .notYetValid) { $0.claims["nbf"] = .integer(now + 61) },
        Wrong("start that is no time", .claim) { $0.claims["nbf"] = "now" },
        Wrong("from the future", .notYetValid) { $0.claims["iat"] = .integer(now + 61) },
        Wrong("no time of issue", .claim) { $0.claims["iat"] = nil },
        Wrong("lives too long", .lifetime) { $0.claims["exp"] = .integer(now + 86_401) },
        Wrong("expires before it was issued", .lifetime) {
            $0.claims["iat"] = .integer(now - 5)
            $0.claims["exp"] = .integer(now - 6)
        },
        Wrong("no subject", .claim) { $0.claims["sub"] = nil },
        Wrong("empty subject", .claim) { $0.claims["sub"] = "" },
        Wrong("subject without end", .claim) { $0.claims["sub"] = .string(String(repeating: "a", count: 513)) },
        Wrong("too large", .tooLarge) { $0.claims["x"] = .string(String(repeating: "a", count: 16_384)) },
    ])
    func `refuses a token that is wrong`(wrong: Wrong) {
        let token = TokenForge().with(wrong.change).text
        let error = #expect(throws: TokenError.self) { _ = try TokenForge.read(token) }
        #expect(error?.reason == wrong.reason)
    }

    @Test(arguments: [
        "", ".", "..", "a.b", "a.b.c.d", "!!.e30.e30", "e30.e30.", "e30.e30.e30", "W10.e30.AA", "bnVsbA.e30.AA",
        "eyJhbGciOiJFZERTQSJ9.W10.AA", "eyJhbGciOiJFZERTQSJ9..AA", "eyJhbGciOiJFZERTQSJ9.e30=.AA",
    ])
    func `refuses what is no token`(text: String) {
        #expect(throws: TokenError.self) { _ = try TokenForge.read(text) }
    }

    @Test func `refuses a token whose parts were changed or stitched together`() throws {
        let (one, other) = (TokenForge().text, TokenForge().with { $0.claims["sub"] = "root" }.text)
        let (a, b) = (one.split(separator: "."), other.split(separator: "."))
        let stitched = "\(a[0]).\(b[1]).\(a[2])"
        let error = #expect(throws: TokenError.self) { _ = try TokenForge.read(stitched) }
        #expect(error?.reason == .signature)
        let empty = #expect(throws: TokenError.self) { _ = try TokenForge.read("\(a[0]).\(a[1]).") }
        #expect(empty?.reason == .signature)
    }

    @Test func `clocks may be apart by the skew and no more`() throws {
        _ = try TokenForge.read(
            TokenForge().with {
                $0.claims["exp"] = .integer(Self.now - 59); $0.claims["iat"] = .integer(Self.now - 300)
            }.text)
        _ = try TokenForge.read(TokenForge().with { $0.claims["nbf"] = .integer(Self.now + 60) }.text)
        #expect(TokenRequirements(issuer: "", audiences: [], skew: 10_000).skew == 300)
    }

    @Test func `no error quotes the token`() {
        let token = TokenForge().with {
            $0.claims["sub"] = "very secret subject"; $0.claims["exp"] = .integer(1)
        }.text
        let error = #expect(throws: TokenError.self) { _ = try TokenForge.read(token) }
        #expect(error.map { !"\($0)".contains("secret") } == true)
    }
}
