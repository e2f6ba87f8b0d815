import HTTPServing
import RequestScope
import Telemetry
import Testing

@Suite struct SessionCookieTests {
    private let plain = SessionCookie(isSecure: false)
    private let secure = SessionCookie(isSecure: true)

    @Test func `a cookie is out of reach for scripts, and over TLS bound to its host`() {
        #expect(
            plain.header(Redacted("abc"), lifetime: .seconds(60))
                == "nexus_session=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=60")
        #expect(
            secure.header(Redacted("abc"), lifetime: .seconds(60))
                == "__Host-nexus_session=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure")
        #expect(plain.removal == "nexus_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
    }

    @Test(arguments: [
        ("nexus_session=abc", "abc"), ("a=b; nexus_session=abc; c=d", "abc"), ("nexus_session=", nil),
        ("xnexus_session=abc", nil), ("__Host-nexus_session=abc", nil), ("nexus_session", nil), ("", nil),
        ("nexus_session=abc; nexus_session=abc", "abc"), ("nexus_session=abc; nexus_session=planted", nil),
    ])
    func `a token is found under its name, once`(cookie: String, token: String?) {
        #expect(plain.token(in: ["Cookie": cookie]) == token)
    }

    @Test func `several lines are one`() {
        var headers: HTTPHeaders = ["Cookie": "a=b"]
        headers.append("Cookie", "nexus_session=abc")
        #expect(plain.token(in: headers) == "abc")
        #expect(plain.token(in: [:]) == nil)
    }
}
