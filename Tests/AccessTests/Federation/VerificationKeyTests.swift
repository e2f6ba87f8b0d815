import Access
import JSONText
import Testing

@Suite struct VerificationKeyTests {
    /// RFC 8037, appendix A.2.
    @Test func `reads the key of RFC 8037`() throws {
        let key = try #require(
            VerificationKey(json: ["kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"]))
        #expect(key.algorithm == "EdDSA")
        #expect(key.id == nil)
        guard case .ed25519(let x) = key.material else { return #expect(Bool(false)) }
        #expect(x.prefix(3) == [0xD7, 0x5A, 0x98])
    }

    @Test func `reads back what it writes`() {
        for key in TokenForge.keys.keys { #expect(VerificationKey(json: key.json) == key) }
    }

    @Test(
        arguments: [
            ["kty": "oct", "k": "AAAA", "alg": "HS256"],
            ["kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"],
            [
                "kty": "EC", "crv": "P-384", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                "y": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            ],
            [
                "kty": "EC", "crv": "P-256", "alg": "ES384", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                "y": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            ],
            ["kty": "OKP", "crv": "X25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"],
            ["kty": "OKP", "crv": "Ed25519", "x": "AAAA"],
            ["kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "use": "enc"],
            ["kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "key_ops": ["sign"]],
            ["kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "alg": "RS256"],
            ["kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": 7],
            ["kty": "RSA", "n": "AA", "e": "!"], ["kty": "RSA", "n": "AA", "e": "AQAB", "alg": "PS256"], [], "key",
            ["kty": "RSA", "n": .string(String(repeating: "A", count: 1_400)), "e": "AQAB"],
        ] as [JSONValue])
    func `leaves out keys that are of no use`(json: JSONValue) { #expect(VerificationKey(json: json) == nil) }

    @Test func `reads a set, leaving out what it cannot use`() throws {
        let document: JSONValue = [
            "keys": [
                TokenForge.edKey.json, ["kty": "oct", "k": "AAAA"], TokenForge.rsaKey.json, TokenForge.ecKey.json,
            ]
        ]
        #expect(try VerificationKeys(document: document.bytes) == TokenForge.keys)
    }

    @Test func `refuses documents that are too large or no sets`() {
        let many = JSONValue.object(["keys": .array([JSONValue](repeating: TokenForge.edKey.json, count: 65))])
        let huge = [UInt8](repeating: UInt8(ascii: " "), count: VerificationKeys.bytesMax + 1)
        for document in [many.bytes, huge, Array("{}".utf8), Array("[]".utf8), Array("{\"keys\":7}".utf8), [0xFF]] {
            #expect(throws: TokenError.self) { _ = try VerificationKeys(document: document) }
        }
    }
}
