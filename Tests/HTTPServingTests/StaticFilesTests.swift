import Foundation
import Testing

@testable import HTTPServing

@Suite struct StaticFilesTests {
    private static func request(_ headers: HTTPHeaders = [:]) -> HTTPRequest {
        HTTPRequest(.get, "/", headers: headers)
    }

    private static func text(_ response: HTTPResponse) async throws -> String {
        String(decoding: try await response.collectBody(), as: UTF8.self)
    }

    private static let table = StaticFiles(
        table: [
            "index.html": Array("<p>plain</p>".utf8), "app.js": Array("plain".utf8), "app.js.br": Array("brotli".utf8),
            "app.js.gz": Array("gzip".utf8), "style.css": Array("0123456789".utf8), "style.css.gz": Array("gz".utf8),
        ], cacheControl: { $0.hasSuffix(".html") ? "no-cache" : "public, max-age=31536000, immutable" })

    @Test func `a file has its type, tag and caching rule`() async throws {
        let response = try Self.table.respond(to: Self.request(), path: "index.html")
        #expect(response.headers["Content-Type"] == "text/html; charset=utf-8")
        #expect(response.headers["Cache-Control"] == "no-cache")
        #expect(response.headers["Vary"] == "Accept-Encoding")
        let tag = try #require(response.headers["ETag"])
        #expect(tag.hasPrefix("\"") && tag.hasSuffix("\""))
        #expect(try await Self.text(response) == "<p>plain</p>")
        let again = try Self.table.respond(to: Self.request(["If-None-Match": "\"x\", \(tag)"]), path: "index.html")
        #expect(again.status == 304)
        #expect(again.headers["ETag"] == tag)
        let changed = try Self.table.respond(to: Self.request(["If-None-Match": "\"x\""]), path: "index.html")
        #expect(changed.status == 200)
    }

    @Test(arguments: [
        ("app.js", "br, gzip", "brotli"), ("app.js", "gzip", "gzip"), ("app.js", "", "plain"),
        ("app.js", "gzip;q=1, br;q=0.1", "gzip"), ("style.css", "br, gzip", "gz"), ("style.css", "br", "0123456789"),
    ])
    func `a file that was compressed beforehand is preferred`(path: String, accept: String, body: String) async throws {
        let response = try Self.table.respond(to: Self.request(["Accept-Encoding": accept]), path: path)
        #expect(try await Self.text(response) == body)
        #expect((response.headers["Content-Encoding"] != nil) == (body != "plain" && body.first != "0"))
    }

    @Test(arguments: [
        ("bytes=0-3", 206, "0123"), ("bytes=4-", 206, "456789"), ("bytes=-3", 206, "789"), ("bytes=5-99", 206, "56789"),
        ("bytes=10-", 416, ""), ("bytes=-0", 416, ""), ("bytes=3-1", 200, "0123456789"),
        ("bytes=0-1,4-5", 200, "0123456789"), ("lines=1-2", 200, "0123456789"), ("bytes=x", 200, "0123456789"),
        ("bytes=99999999999999999999-", 200, "0123456789"), ("bytes=0-9223372036854775807", 206, "0123456789"),
    ])
    func `a range is served, or refused, or passed over`(range: String, status: Int, body: String) async throws {
        let response = try Self.table.respond(to: Self.request(["Range": range]), path: "style.css")
        #expect(response.status.rawValue == status)
        #expect(try await Self.text(response) == body)
    }

    @Test(arguments: [
        "", "..", "../secret", "a/../../secret", "./index.html", ".env", "a/.git/config", "/etc/passwd", "a//b", "a/",
        "index.html\u{0}", "missing",
    ])
    func `nothing outside and nothing hidden is served`(path: String) async throws {
        try await withTemporaryDirectory { directory in
            try Data("secret".utf8).write(to: URL(filePath: directory + "/secret"))
            for name in ["public", "public/a", "public/a/.git"] {
                try FileManager.default.createDirectory(
                    atPath: "\(directory)/\(name)", withIntermediateDirectories: true)
            }
            for name in ["index.html", ".env", "a/.git/config"] {
                try Data("x".utf8).write(to: URL(filePath: "\(directory)/public/\(name)"))
            }
            let files = StaticFiles(directory: directory + "/public")
            #expect(throws: HTTPError.self) { try files.respond(to: Self.request(), path: path) }
            #expect(throws: HTTPError.self) { try Self.table.respond(to: Self.request(), path: path) }
        }
    }

    @Test func `files of a directory travel over a real connection`() async throws {
        try await withTemporaryDirectory { directory in
            let bytes = (0..<300_000).map { UInt8($0 % 100 + 20) }
            try Data(bytes).write(to: URL(filePath: directory + "/large.txt"))
            try FileManager.default.createDirectory(atPath: directory + "/sub", withIntermediateDirectories: true)
            let files = StaticFiles(directory: directory)
            var router = Router()
            router.on(.get, "/files/{path...}", execution: .concurrent) {
                try files.respond(to: $0, path: $0.parameters.string("path"))
            }
            try await withServer(router) { port in
                let (whole, part, same, escape, folder, head) = try await blocking {
                    let client = try RawClient(port: port)
                    let whole = try client.ask("GET", "/files/large.txt")
                    let tag = whole.header("ETag") ?? ""
                    return (
                        whole, try client.ask("GET", "/files/large.txt", headers: ["Range: bytes=299990-"]),
                        try client.ask("GET", "/files/large.txt", headers: ["If-None-Match: \(tag)"]),
                        try client.ask("GET", "/files/%2e%2e%2fetc/passwd"), try client.ask("GET", "/files/sub"),
                        try client.ask("HEAD", "/files/large.txt")
                    )
                }
                #expect(whole.body == String(decoding: bytes, as: UTF8.self))
                #expect(part.status == 206)
                #expect(part.body == String(decoding: bytes.suffix(10), as: UTF8.self))
                #expect(part.header("Content-Range") == "bytes 299990-299999/300000")
                #expect(same.status == 304)
                #expect(escape.status == 404)
                #expect(folder.status == 404)
                #expect(head.header("Content-Length") == "300000")
            }
        }
    }
}
