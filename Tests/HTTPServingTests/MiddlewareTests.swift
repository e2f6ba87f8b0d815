import Testing

@testable import HTTPServing

@Suite struct MiddlewareTests {
    private static func router(_ middleware: any Middleware, body: [UInt8], contentType: String) -> Router {
        var router = Router()
        router.middleware = [middleware]
        router.on(.get, "/") { _ in .bytes(body, contentType: contentType, headers: ["ETag": "\"1\""]) }
        return router
    }

    private static let text = Array(String(repeating: "Some text that repeats. ", count: 200).utf8)

    @Test(arguments: [
        ("gzip", "gzip"), ("br", "br"), ("gzip, br", "br"), ("gzip;q=1, br;q=0.5", "gzip"), ("*", "br"),
        ("gzip;q=0", nil), ("identity", nil), ("", nil), ("br;q=0, *;q=0.1", "gzip"), ("gzip;q=0.5, identity", nil),
        ("GZIP", "gzip"), ("gzip;q=nonsense", nil), ("deflate", nil),
    ])
    func `the client's favourite coding is chosen`(accept: String, expected: String?) {
        var headers = HTTPHeaders()
        headers["Accept-Encoding"] = accept
        #expect(ContentCoding.negotiate(headers.list("Accept-Encoding"))?.rawValue == expected)
    }

    @Test(arguments: [ContentCoding.gzip, .brotli])
    func `a compressed body is the same text`(coding: ContentCoding) async throws {
        let router = Self.router(Compression(), body: Self.text, contentType: "application/json")
        let response = await router.respond(
            to: HTTPRequest(.get, "/", headers: ["Accept-Encoding": coding.rawValue]))
        #expect(response.headers["Content-Encoding"] == coding.rawValue)
        #expect(response.headers["Vary"] == "Accept-Encoding")
        #expect(response.headers["ETag"] == "W/\"1\"")
        let body = try await response.collectBody()
        #expect(body.count < Self.text.count / 10)
        // An independent reader: Python's zlib and curl's brotli are not ours.
        if coding == .gzip {
            let plain = try await output(of: "/bin/gzip", ["-dc"], input: body)
            #expect(plain.text == String(decoding: Self.text, as: UTF8.self))
        }
    }

    @Test func `curl decodes what the server compressed`() async throws {
        var router = Self.router(Compression(), body: Self.text, contentType: "text/html")
        router.on(.get, "/large") { _ in
            .bytes(Array(repeatElement(Self.text, count: 50).joined()), contentType: "text/html")
        }
        try await withServer(router) { port in
            for coding in ["gzip", "br"] {
                for (path, count) in [("", 1), ("large", 50)] {
                    let result = try await output(
                        of: "/usr/bin/curl",
                        ["-s", "--compressed", "-H", "Accept-Encoding: \(coding)", "http://127.0.0.1:\(port)/\(path)"])
                    #expect(result.text.utf8.count == Self.text.count * count)
                }
            }
        }
    }

    @Test(arguments: [
        ("image/png", 5000), ("text/event-stream", 5000), ("application/json", 500), ("application/octet-stream", 5000),
    ])
    func `what would not shrink is left alone`(contentType: String, count: Int) async throws {
        let router = Self.router(
            Compression(), body: [UInt8](repeating: 65, count: count), contentType: contentType)
        let response = await router.respond(to: HTTPRequest(.get, "/", headers: ["Accept-Encoding": "gzip, br"]))
        #expect(response.headers["Content-Encoding"] == nil)
        #expect(try await response.collectBody().count == count)
    }

    @Test func `a listed origin may read, another is not named`() async {
        let cors = CrossOrigin(origins: ["https://a.example"], allowsCredentials: true)
        let router = Self.router(cors, body: [], contentType: "text/plain")
        let allowed = await router.respond(to: HTTPRequest(.get, "/", headers: ["Origin": "https://a.example"]))
        #expect(allowed.headers["Access-Control-Allow-Origin"] == "https://a.example")
        #expect(allowed.headers["Access-Control-Allow-Credentials"] == "true")
        #expect(allowed.headers["Vary"] == "Origin")
        for origin in ["https://b.example", "https://a.example.evil", "https://A.example", "null", "*"] {
            let refused = await router.respond(to: HTTPRequest(.get, "/", headers: ["Origin": origin]))
            #expect(refused.headers["Access-Control-Allow-Origin"] == nil)
            #expect(refused.headers["Access-Control-Allow-Credentials"] == nil)
            #expect(refused.headers["Vary"] == "Origin")
        }
    }

    @Test func `a preflight is answered without a route, and errors can be read by the page`() async {
        let router = Self.router(
            CrossOrigin(origins: ["https://a.example"]), body: [], contentType: "text/plain")
        let preflight = await router.respond(
            to: HTTPRequest(
                .options, "/", headers: ["Origin": "https://a.example", "Access-Control-Request-Method": "POST"]))
        #expect(preflight.status == 204)
        #expect(preflight.headers["Access-Control-Allow-Methods"]?.contains("POST") == true)
        #expect(preflight.headers["Access-Control-Allow-Credentials"] == nil)
        let missing = await router.respond(to: HTTPRequest(.get, "/no", headers: ["Origin": "https://a.example"]))
        #expect(missing.status == 404)
        #expect(missing.headers["Access-Control-Allow-Origin"] == "https://a.example")
    }
}
