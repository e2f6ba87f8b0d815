import HTTPServing
import Synchronization
import Testing
import Vocabulary

@testable import RequestScope

/// What a guard lets through: 200, or the status of its refusal.
private func status(
    _ guards: [any Middleware], _ method: HTTPMethod = .get, _ target: String = "/", _ headers: HTTPHeaders = [:],
    from address: String = "127.0.0.1", isSecure: Bool = false,
    inspect: @escaping @Sendable (HTTPRequest) -> Void = { _ in }
) async -> HTTPResponse {
    var router = Router()
    router.middleware = guards
    router.onError = { error, _ in
        HTTPResponse(HTTPStatus(rawValue: (error as? ServiceError).map { WireError($0, requestID: nil).status } ?? 500))
    }
    for method in [HTTPMethod.get, .post, .delete] {
        router.on(method, "/{rest...}") { request in
            inspect(request)
            return HTTPResponse(.ok)
        }
        router.on(method, "/") { request in
            inspect(request)
            return HTTPResponse(.ok)
        }
    }
    return await router.respond(
        to: HTTPRequest(method, target, headers: headers, remoteAddress: address, isSecure: isSecure))
}

@Suite struct HostGuardTests {
    private func ask(_ host: String, hosts: Set<String> = [], isOpen: Bool = true, from: String = "127.0.0.1")
        async -> Int
    {
        await status(
            [HostGuard(hosts: hosts, isOpen: { isOpen })], .get, "/", ["Host": host], from: from
        ).status.rawValue
    }

    @Test(arguments: [
        "localhost", "localhost:8484", "LOCALHOST", "app.localhost:1", "127.0.0.1:8484", "127.8.9.1", "[::1]:8484",
        "localhost.",
    ])
    func `this machine's names are answered`(host: String) async { #expect(await ask(host) == 200) }

    @Test(arguments: [
        "evil.example", "evil.example:8484", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.5",
        "[::2]", "xn--localhost", "localhost-evil",
    ])
    func `other names are refused where nobody signs in`(host: String) async {
        #expect(await ask(host) == 403)
        #expect(await ask(host, isOpen: false) == 200)
        #expect(await ask(host, hosts: ["chat.example"], isOpen: false) == 403)
        #expect(await ask(host, hosts: ["chat.example"]) == 403)
    }

    @Test func `configured names are answered`() async {
        #expect(await ask("Chat.Example:443", hosts: ["chat.example"]) == 200)
        #expect(await ask("chat.example", hosts: ["chat.example"], isOpen: false) == 200)
    }

    @Test(arguments: [
        "localhost:8484:1", "localhost@evil.example", "evil.example\\@localhost", "localhost:port", "localhost:70000",
        "[::1", "[localhost]", "local host", "löcalhost", "", ":80", "localhost/", "localhost#", "127.0.0.1,evil",
    ])
    func `what names no host is refused`(host: String) async { #expect(await ask(host) == 400) }

    /// Whether callers need no credential, as it changes while a server runs.
    private final class Openness: Sendable {
        let isOpen = Mutex(false)
    }

    @Test func `a name that was seen before is judged anew for each request`() async {
        let openness = Openness()
        let guards = [HostGuard(hosts: [], isOpen: { openness.isOpen.withLock { $0 } })]
        func ask(_ host: String) async -> Int { await status(guards, .get, "/", ["Host": host]).status.rawValue }
        #expect(await ask("evil.example") == 200)
        openness.isOpen.withLock { $0 = true }
        #expect(await ask("evil.example") == 403)
        #expect(await ask("localhost") == 200)
        #expect(await ask("evil.example") == 403)
        #expect(await ask("evil\\example") == 400)
    }

    @Test func `two Host headers are refused`() async {
        var headers: HTTPHeaders = ["Host": "localhost"]
        headers.append("host", "localhost")
        #expect(await status([HostGuard(hosts: [], isOpen: { true })], .get, "/", headers).status.rawValue == 400)
    }

    @Test func `a Unix socket has no rebinding`() async { #expect(await ask("nexus", from: "") == 200) }
}

@Suite struct OriginGuardTests {
    private func ask(
        _ headers: HTTPHeaders, _ method: HTTPMethod = .post, isOpen: Bool = true, origins: Set<String> = [],
        from: String = "127.0.0.1", isSecure: Bool = false
    ) async -> Int {
        var headers = headers
        if headers["Host"] == nil { headers["Host"] = "localhost:8484" }
        return await status(
            [OriginGuard(origins: origins, isOpen: { isOpen })], method, "/", headers, from: from, isSecure: isSecure
        ).status.rawValue
    }

    @Test(arguments: [
        ["Origin": "https://evil.example"], ["Origin": "null"], ["Sec-Fetch-Site": "cross-site"],
        ["Origin": "http://localhost:3000"], ["Origin": "https://localhost:8484.evil.example"],
        ["Origin": "http://evil.example@localhost:8484"], ["Origin": "file://"], ["Origin": ""],
        ["Sec-Fetch-Site": "same-site", "Origin": "http://other.localhost:8484"],
        ["Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:8484"],
        ["Cookie": "session=1", "Referer": "https://evil.example/page"],
    ])
    func `pages of others change nothing`(headers: [String: String]) async {
        var fields = HTTPHeaders()
        for (name, value) in headers { fields.append(name, value) }
        #expect(await ask(fields) == 403)
        #expect(await ask(fields, .delete) == 403)
        #expect(await ask(fields, .get) == 200)
        fields.append("Upgrade", "websocket")
        #expect(await ask(fields, .get) == 403)
    }

    @Test(arguments: [
        [:], ["Origin": "http://localhost:8484"], ["Sec-Fetch-Site": "same-origin"], ["Sec-Fetch-Site": "none"],
        ["Cookie": "session=1"], ["Cookie": "session=1", "Referer": "http://localhost:8484/chat"],
    ])
    func `the own page and programs change things`(headers: [String: String]) async {
        var fields = HTTPHeaders()
        for (name, value) in headers { fields.append(name, value) }
        #expect(await ask(fields) == 200)
    }

    @Test func `with sign-in, cookies are at risk and keys are not`() async {
        let foreign = "https://evil.example"
        #expect(await ask(["Origin": foreign, "Cookie": "session=1"], isOpen: false) == 403)
        #expect(await ask(["Origin": foreign, "Authorization": "Bearer k"], isOpen: false) == 200)
        #expect(await ask(["Origin": foreign], isOpen: false) == 200)
    }

    @Test func `listed origins may, and a star lists nobody`() async {
        #expect(await ask(["Origin": "https://a.example"], origins: ["https://a.example"]) == 200)
        #expect(
            await ask(["Origin": "https://a.example", "Sec-Fetch-Site": "cross-site"], origins: ["https://a.example"])
                == 200)
        #expect(await ask(["Origin": "https://b.example"], origins: ["https://a.example"]) == 403)
        #expect(await ask(["Origin": "https://b.example"], origins: ["*"]) == 403)
    }

    @Test func `a page that is secure only in front of the server is its own`() async {
        let headers: HTTPHeaders = ["Origin": "https://chat.example", "Host": "chat.example"]
        #expect(await ask(headers) == 200)
        #expect(await ask(headers, isSecure: true) == 200)
        #expect(await ask(["Origin": "http://chat.example", "Host": "chat.example"], isSecure: true) == 403)
        #expect(await ask(["Origin": "https://evil.example"], from: "") == 200)
    }
}

@Suite struct ForwardedClientTests {
    private func client(_ headers: HTTPHeaders, from: String, trusted: [String]) async -> RequestClient? {
        let seen = Seen()
        _ = await status(
            [ForwardedClient(trusted: trusted.compactMap(AddressRange.init))], .get, "/", headers, from: from
        ) { request in seen.client.withLock { $0 = request.client } }
        return seen.client.withLock { $0 }
    }

    private final class Seen: Sendable { let client = Mutex<RequestClient?>(nil) }

    @Test func `nobody is believed who is not trusted`() async {
        let headers: HTTPHeaders = ["X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https"]
        for trusted in [[], ["10.0.0.0/8"]] {
            #expect(
                await client(headers, from: "203.0.113.1", trusted: trusted)
                    == RequestClient(address: "203.0.113.1", isSecure: false))
        }
    }

    @Test func `the last address that is no proxy's is the client's`() async {
        func address(_ list: String) async -> String? {
            await client(["X-Forwarded-For": list], from: "10.0.0.1", trusted: ["10.0.0.0/8", "fd00::/8"])?.address
        }
        #expect(await address("203.0.113.7") == "203.0.113.7")
        #expect(await address("6.6.6.6, 203.0.113.7") == "203.0.113.7")
        #expect(await address("6.6.6.6, 203.0.113.7, 10.0.0.2, fd00::9") == "203.0.113.7")
        #expect(await address("6.6.6.6, evil, 10.0.0.2") == "10.0.0.2")
        #expect(await address("127.0.0.1\u{7F}, 10.0.0.2") == "10.0.0.2")
        #expect(await address("10.0.0.9, 10.0.0.2") == "10.0.0.9")
        #expect(await address("") == "10.0.0.1")
        #expect(await address(Array(repeating: "10.0.0.3", count: 5_000).joined(separator: ",")) == "10.0.0.3")
    }

    @Test func `a trusted proxy says whether TLS reached it`() async {
        let secure = await client(["X-Forwarded-Proto": "https"], from: "10.0.0.1", trusted: ["10.0.0.1"])
        #expect(secure == RequestClient(address: "10.0.0.1", isSecure: true))
        let plain = await client(["X-Forwarded-Proto": "http, http"], from: "10.0.0.1", trusted: ["10.0.0.1"])
        #expect(plain?.isSecure == false)
    }
}

@Suite struct SecurityHeadersTests {
    @Test func `every answer has them, and refusals too`() async {
        for target in ["/", "/missing"] {
            let guards: [any Middleware] = [SecurityHeaders(), HostGuard(hosts: [], isOpen: { true })]
            for host in ["localhost", "evil.example"] {
                let response = await status(guards, .get, target, ["Host": host])
                #expect(response.headers["X-Content-Type-Options"] == "nosniff")
                #expect(response.headers["Content-Security-Policy"]?.contains("frame-ancestors 'none'") == true)
                #expect(response.headers["Referrer-Policy"] == "no-referrer")
                #expect(response.headers["Cache-Control"] == "no-store")
                #expect(response.headers["Strict-Transport-Security"] == nil)
            }
        }
    }

    @Test func `browsers are told to stay with TLS where there is any`() async {
        let response = await status([SecurityHeaders()], isSecure: true)
        #expect(response.headers["Strict-Transport-Security"] == "max-age=31536000")
    }

    @Test func `an answer's own policy stays`() async {
        let own = ClosureMiddleware { request, next in
            var response = try await next(request)
            response.headers["Cache-Control"] = "max-age=1"
            return response
        }
        let response = await status([SecurityHeaders(), own])
        #expect(response.headers.all("Cache-Control") == ["max-age=1"])
    }
}

@Suite struct TransportGuardTests {
    private func ask(
        _ method: HTTPMethod = .get, _ headers: HTTPHeaders = ["Host": "chat.example:8484"],
        from: String = "203.0.113.1", isSecure: Bool = false
    ) async -> HTTPResponse {
        await status([TransportGuard(publicURL: nil)], method, "/a?b=c", headers, from: from, isSecure: isSecure)
    }

    @Test func `reading is sent to TLS, changing is refused`() async {
        let sent = await ask()
        #expect(sent.status.rawValue == 308 && sent.headers["Location"] == "https://chat.example/a?b=c")
        #expect(await ask(.post).status.rawValue == 403)
        #expect(await ask(.get, ["Host": "chat.example", "Authorization": "Bearer k"]).status.rawValue == 403)
        #expect(await ask(.get, ["Host": "evil\\example"]).status.rawValue == 403)
    }

    @Test func `this machine and TLS pass`() async {
        #expect(await ask(isSecure: true).status.rawValue == 200)
        #expect(await ask(from: "127.0.0.1").status.rawValue == 200)
        #expect(await ask(from: "::1").status.rawValue == 200)
        #expect(await ask(from: "").status.rawValue == 200)
    }
}

@Suite struct AddressRangeTests {
    @Test func `a range holds its addresses and no others`() throws {
        let ten = try #require(AddressRange("10.0.0.0/8"))
        func has(_ range: AddressRange, _ text: String) throws -> Bool {
            range.contains(try #require(IPAddress(text)))
        }
        #expect(try has(ten, "10.255.0.1") && !has(ten, "11.0.0.1") && has(ten, "::ffff:10.1.1.1"))
        let odd = try #require(AddressRange("192.168.4.0/22"))
        #expect(try has(odd, "192.168.7.255") && !has(odd, "192.168.8.0"))
        let one = try #require(AddressRange("2001:db8::1"))
        #expect(try has(one, "2001:db8:0::1") && !has(one, "2001:db8::2") && !has(one, "1.2.3.4"))
        let all = try #require(AddressRange("0.0.0.0/0"))
        #expect(try has(all, "8.8.8.8") && !has(all, "::1"))
    }

    @Test(arguments: [
        "", "10", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "::/129", "0x0a.0.0.1", "010.0.0.1", "fe80::1%lo",
    ])
    func `other notations are refused`(text: String) { #expect(AddressRange(text) == nil) }
}
