import Foundation
import HTTPFetching
import Synchronization
import Testing

/// Redirects, proxies and TLS.
@Suite(.timeLimit(.minutes(1))) struct RouteTests {
    /// `/N` redirects to `/N-1` with 302; `/0` tells how it was asked. `/307` keeps the method.
    static let countdown: @Sendable (RawConnection) throws -> Void = { connection in
        while true {
            let head = try connection.readHead()
            let words = head.split(separator: " ")
            let number = Int(words[1].dropFirst()) ?? 0
            let length = head.contains("Content-Length: 4\r\n") ? 4 : 0
            let body = length > 0 ? String(decoding: try connection.read(exactly: length), as: UTF8.self) : ""
            switch number {
            case 0: try connection.respond("\(words[0]) \(body) \(head.contains("hunter2"))")
            case 307: try connection.respond("moved", status: "307 X", headers: "Location: /0\r\n")
            default: try connection.respond("moved", status: "302 X", headers: "Location: \(number - 1)\r\n")
            }
        }
    }

    private func text(_ response: FetchResponse) async throws -> String {
        String(decoding: try await response.body.collect(upTo: 10_000), as: UTF8.self)
    }

    @Test func `redirects are followed only when asked for, each one checked`() async throws {
        try await withServer(script: Self.countdown) { server, client in
            let manual = try await client.fetch(FetchRequest("\(server.url)/2"))
            #expect(manual.status == 302)
            #expect(try await text(manual) == "moved")

            let hops = Mutex<[RedirectHop]>([])
            let policy = RedirectPolicy.follow(max: 2) { hop in
                hops.withLock { $0.append(hop) }
                return true
            }
            let request = FetchRequest(
                "\(server.url)/2", method: "POST", headers: ["Authorization": "hunter2"], body: .text("body"),
                redirects: policy)
            let followed = try await client.fetch(request)
            #expect(followed.url == "\(server.url)/0")
            #expect(try await text(followed) == "GET  true")
            #expect(hops.withLock { $0.map(\.target) } == ["\(server.url)/1", "\(server.url)/0"])

            let tooMany = await #expect(throws: FetchError.self) {
                try await client.fetch(FetchRequest("\(server.url)/3", redirects: policy))
            }
            #expect(tooMany?.code == .redirect)

            let denied = await #expect(throws: FetchError.self) {
                let picky = RedirectPolicy.follow(max: 5) { !$0.target.hasSuffix("/1") }
                return try await client.fetch(FetchRequest("\(server.url)/3", redirects: picky))
            }
            #expect(denied?.code == .denied)
        }
    }

    @Test func `a 307 sends the same again, but not a stream`() async throws {
        try await withServer(script: Self.countdown) { server, client in
            let policy = RedirectPolicy.follow(max: 1)
            let again = FetchRequest("\(server.url)/307", method: "PUT", body: .text("body"), redirects: policy)
            let answer = try await client.fetch(again)
            #expect(try await text(answer) == "PUT body false")
            let stream = AsyncThrowingStream<[UInt8], any Error> {
                $0.yield(Array("body".utf8))
                $0.finish()
            }
            let error = await #expect(throws: FetchError.self) {
                let request = FetchRequest(
                    "\(server.url)/307", method: "PUT", body: .stream(stream, length: 4), redirects: policy)
                return try await client.fetch(request)
            }
            #expect(error?.code == .redirect)
        }
    }

    @Test(arguments: ["file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/"])
    func `a redirect to another scheme is not followed`(target: String) async throws {
        try await withServer { connection in
            _ = try connection.readHead()
            try connection.respond("", status: "302 X", headers: "Location: \(target)\r\n")
        } _: { server, client in
            let error = await #expect(throws: FetchError.self) {
                try await client.fetch(FetchRequest(server.url, redirects: .follow(max: 3)))
            }
            #expect(error?.code == .redirect)
        }
    }

    @Test func `another origin gets no secrets`() async throws {
        try await withServer(script: Self.countdown) { target, client in
            let url = target.url
            let source = try RawServer { connection in
                _ = try connection.readHead()
                try connection.respond("", status: "302 X", headers: "Location: \(url)/0\r\n")
            }
            defer { source.stop() }
            let request = FetchRequest(
                source.url, headers: ["Authorization": "hunter2", "X-Api-Key": "hunter2", "Cookie": "hunter2"],
                redirects: .follow(max: 1))
            let answer = try await client.fetch(request)
            #expect(try await text(answer) == "GET  false")
        }
    }

    @Test func `a proxy is asked instead of the host`() async throws {
        try await withServer { connection in
            let head = try connection.readHead()
            try connection.respond(String(head.prefix { $0 != "\r\n" }))
        } _: { proxy, client in
            let response = try await client.fetch(FetchRequest("http://far.invalid/x", proxy: proxy.url))
            #expect(try await text(response) == "GET http://far.invalid/x HTTP/1.1")
        }
    }

    @Test func `a proxy that refuses the tunnel is an error`() async throws {
        try await withServer { connection in
            let head = try connection.readHead()
            try connection.respond("", status: head.hasPrefix("CONNECT far.invalid:443 ") ? "403 No" : "500 X")
        } _: { proxy, client in
            let error = await #expect(throws: FetchError.self) {
                try await client.fetch(FetchRequest("https://far.invalid/x", proxy: proxy.url))
            }
            #expect(error?.code == .connect)
        }
    }

    @Test func `a certificate is verified unless the request says otherwise`() async throws {
        try await TLSServer.with { server in
            try await withClient { client in
                let untrusted = await #expect(throws: FetchError.self) {
                    try await client.fetch(FetchRequest(server.url))
                }
                #expect(untrusted?.code == .tls)
                let trusting = TLSOptions(trustFile: server.certificateFile)
                do {
                    let status = try await client.fetch(FetchRequest(server.url, tls: trusting)).status
                    #expect(status == 200)
                }
                let blind = TLSOptions(verifiesPeer: false)
                do {
                    let status = try await client.fetch(FetchRequest(server.url, tls: blind)).status
                    #expect(status == 200)
                }
                // The certificate names localhost only.
                let elsewhere = server.url.replacing("localhost", with: "127.0.0.1")
                let wrongName = await #expect(throws: FetchError.self) {
                    try await client.fetch(FetchRequest(elsewhere, tls: trusting))
                }
                #expect(wrongName?.code == .tls)
                // What was trusted without looking is not used again for a request that looks.
                let again = await #expect(throws: FetchError.self) { try await client.fetch(FetchRequest(server.url)) }
                #expect(again?.code == .tls)
            }
        }
    }
}

/// `openssl s_server` with a certificate of its own for `localhost`, in a folder that is removed afterwards.
struct TLSServer {
    let url: String
    let certificateFile: String

    static func with(_ body: (TLSServer) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "nexus-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (key, certificate) = (folder.appending(path: "key.pem").path, folder.appending(path: "cert.pem").path)
        let making = try start([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
        ]).process
        making.waitUntilExit()
        try #require(making.terminationStatus == 0)
        let (serving, output) = try start([
            "s_server", "-accept", "127.0.0.1:0", "-key", key, "-cert", certificate, "-www",
        ])
        defer {
            // A child of this process inherits a blocked SIGTERM.
            kill(serving.processIdentifier, SIGKILL)
            serving.waitUntilExit()
        }
        // It says "ACCEPT 127.0.0.1:PORT" when it listens.
        var said = ""
        while !said.contains("ACCEPT") || !said.hasSuffix("\n") {
            let more = output.fileHandleForReading.availableData
            try #require(!more.isEmpty, "openssl ended: \(said)")
            said += String(decoding: more, as: UTF8.self)
        }
        let port = try #require(said.split(separator: ":").last.flatMap { Int($0.filter(\.isNumber)) })
        try await body(TLSServer(url: "https://localhost:\(port)/", certificateFile: certificate))
    }

    private static func start(_ arguments: [String]) throws -> (process: Process, output: Pipe) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        return (process, output)
    }
}
