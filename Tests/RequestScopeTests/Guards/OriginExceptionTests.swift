import HTTPServing
import RequestScope
import Testing

@Suite struct OriginExceptionTests {
    private func status(_ path: String) async -> Int {
        var router = Router()
        for path in ["/saml/acs", "/saml/acs/more", "/other"] { router.add(Route(.post, path) { _ in .text("in") }) }
        router.middleware = [OriginGuard(origins: [], isOpen: { false }, exceptions: ["/saml/acs"])]
        let request = HTTPRequest(
            .post, path,
            headers: [
                "Host": "n.example", "Origin": "https://idp.example", "Sec-Fetch-Site": "cross-site", "Cookie": "a=b",
            ], remoteAddress: "203.0.113.7")
        return await router.respond(to: request).status.rawValue
    }

    @Test func `only the named path takes what a page of others posts on purpose`() async {
        #expect(await status("/saml/acs") == 200)
        for path in ["/saml/acs/more", "/other"] { #expect(await status(path) != 200) }
    }
}
