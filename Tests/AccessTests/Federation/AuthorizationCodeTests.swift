import Access
import JSONText
import Testing

@Suite struct AuthorizationCodeTests {
    private static let issuer = "https://id.example"
    private static func metadata(form: Bool = false) -> ProviderMetadata {
        ProviderMetadata(
            issuer: issuer, authorizationEndpoint: issuer + "/authorize", tokenEndpoint: issuer + "/token",
            keysURL: issuer + "/keys", userEndpoint: nil, takesSecretInForm: form)
    }
    private static let provider = ProviderSettings(
        name: "example", issuer: issuer, clientID: "the client", clientSecret: "a:b&c")
    private let visit: ProviderVisit = {
        var turn: UInt8 = 0
        return ProviderVisit(provider: "oidc:example", returnPath: "/") { count in
            turn += 1
            return [UInt8](repeating: turn, count: count)
        }
    }()

    private func flow(form: Bool = false) -> AuthorizationCode {
        AuthorizationCode(
            provider: Self.provider, metadata: Self.metadata(form: form), redirectURI: "https://nexus.example/cb")
    }

    @Test func `sends the browser with all that must come back, escaped`() {
        let location = flow().location(visit)
        #expect(location.hasPrefix("https://id.example/authorize?response_type=code&client_id=the%20client&"))
        for part in [
            "redirect_uri=https%3A%2F%2Fnexus.example%2Fcb", "scope=openid%20profile%20email",
            "state=\(visit.state)", "nonce=\(visit.nonce)", "code_challenge=\(visit.challenge)",
            "code_challenge_method=S256",
        ] { #expect(location.contains(part)) }
        #expect(!location.contains(visit.verifier))
    }

    @Test func `takes a code that comes back with its state`() throws {
        let query = ["state": visit.state, "code": "abc", "iss": Self.issuer]
        #expect(try flow().code(query: { query[$0] }, visit: visit) == "abc")
    }

    @Test(arguments: [
        ([:], SignInError.Reason.stateMismatch), (["code": "abc"], .stateMismatch),
        (["code": "abc", "state": "_x"], .stateMismatch), (["code": "abc", "state": ""], .stateMismatch),
        (["code": "abc", "state": "=", "iss": "https://evil.example"], .stateMismatch),
        (["state": "=", "error": "access_denied", "code": "abc"], .denied), (["state": "="], .providerFailed),
        (["state": "=", "code": ""], .providerFailed),
    ])
    func `refuses every other answer`(query: [String: String], reason: SignInError.Reason) {
        let answer = query.mapValues { $0 == "=" ? visit.state : $0 }
        let error = #expect(throws: SignInError.self) {
            _ = try flow().code(query: { answer[$0] }, visit: visit)
        }
        #expect(error?.reason == reason)
    }

    @Test func `refuses an answer for an attempt at another provider`() {
        let other = ProviderVisit(provider: "oidc:evil", returnPath: "/") { [UInt8](repeating: 1, count: $0) }
        let query = ["state": other.state, "code": "abc"]
        #expect(throws: SignInError.self) { _ = try flow().code(query: { query[$0] }, visit: other) }
    }

    @Test func `puts the secret where the provider wants it, and only there`() {
        let header = flow().exchange(code: "x y", visit: visit)
        #expect(header.authorization == "Basic " + Base64.encode(Array("the%20client:a%3Ab%26c".utf8)))
        #expect(!header.form.contains("client_secret"))
        #expect(header.form.contains("code=x%20y") && header.form.contains("code_verifier=\(visit.verifier)"))
        let form = flow(form: true).exchange(code: "c", visit: visit)
        #expect(form.authorization == nil)
        #expect(form.form.contains("client_secret=a%3Ab%26c"))
    }

    @Test func `reads tokens, and nothing else for tokens`() throws {
        let body = Array(#"{"access_token":"a","id_token":"i"}"#.utf8)
        let tokens = try flow().tokens(status: 200, body: body)
        #expect(tokens.access == "a" && tokens.identity == "i")
        for (status, text) in [
            (400, #"{"error":"invalid_grant"}"#), (200, #"{"error":"bad_verification_code"}"#), (200, "<html>"),
            (200, "{}"), (200, #"{"access_token":""}"#), (200, #"{"access_token":"a\r\nX: y"}"#), (500, "{}"),
        ] {
            #expect(throws: SignInError.self) { _ = try flow().tokens(status: status, body: Array(text.utf8)) }
        }
    }

    @Test func `reads a discovery document of the right issuer`() throws {
        var document: JSONObject = [
            "issuer": .string(Self.issuer), "authorization_endpoint": "https://id.example/authorize",
            "token_endpoint": "https://id.example/token", "jwks_uri": "https://id.example/keys",
        ]
        let read = try ProviderMetadata(document: JSONValue.object(document).bytes, issuer: Self.issuer)
        #expect(read == Self.metadata())
        document["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
        #expect(try ProviderMetadata(document: JSONValue.object(document).bytes, issuer: Self.issuer).takesSecretInForm)
    }

    @Test(arguments: [
        ("issuer", "https://id.example/" as JSONValue?), ("issuer", nil), ("token_endpoint", nil), ("jwks_uri", nil),
        ("token_endpoint", "http://id.example/token"), ("jwks_uri", "file:///etc/passwd"), ("jwks_uri", "https://a b"),
        ("authorization_endpoint", "javascript:alert(1)"),
    ])
    func `refuses a discovery document that leads astray`(name: String, value: JSONValue?) {
        var document: JSONObject = [
            "issuer": .string(Self.issuer), "authorization_endpoint": "https://id.example/authorize",
            "token_endpoint": "https://id.example/token", "jwks_uri": "https://id.example/keys",
        ]
        document[name] = value
        let bytes = JSONValue.object(document).bytes
        #expect(throws: SignInError.self) { _ = try ProviderMetadata(document: bytes, issuer: Self.issuer) }
    }

    @Test func `forms read back what they write, and refuse names that come twice`() {
        let fields = [(name: "a b", value: "ü&=+%"), (name: "c", value: "")]
        #expect(FormText.decode(Array(FormText.encode(fields).utf8)) == ["a b": "ü&=+%", "c": ""])
        #expect(FormText.decode(Array("a=1+2&b".utf8)) == ["a": "1 2", "b": ""])
        for text in ["a=1&a=2", "a=%", "a=%0", "a=%zz", "a=%00", "a=%FF"] {
            #expect(FormText.decode(Array(text.utf8)) == nil, "\(text)")
        }
        #expect(FormText.decode(Array((0..<33).map { "a\($0)=" }.joined(separator: "&").utf8)) == nil)
    }
}
