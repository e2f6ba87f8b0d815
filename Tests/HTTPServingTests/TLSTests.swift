import Foundation
import Streaming
import Testing

@testable import HTTPServing

@Suite(.timeLimit(.minutes(1))) struct TLSTests {
    private static func certificate() async throws -> ServerConfiguration.TLS {
        try await withTemporaryDirectory { directory in
            let (key, certificate) = (directory + "/key.pem", directory + "/certificate.pem")
            let result = try await output(
                of: "/usr/bin/openssl",
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key,
                    "-out", certificate,
                ])
            #expect(result.status == 0)
            return ServerConfiguration.TLS(
                certificate: try String(contentsOfFile: certificate, encoding: .utf8),
                key: try String(contentsOfFile: key, encoding: .utf8))
        }
    }

    @Test func `curl is served over TLS, whole answers and streams`() async throws {
        let tls = try await Self.certificate()
        var router = Router()
        router.on(.post, "/echo") { .bytes(try await $0.body.collect(), contentType: "text/plain") }
        router.on(.get, "/events") { _ in
            .events { writer in for index in 0..<3 { try await writer.write(.init(data: "\(index)")) } }
        }
        try await withServer(router) {
            $0.tls = tls
        } _: { port in
            try await withTemporaryDirectory { directory in
                let authority = directory + "/ca.pem"
                try tls.certificate.write(toFile: authority, atomically: true, encoding: .utf8)
                let echo = try await output(
                    of: "/usr/bin/curl",
                    ["-s", "--cacert", authority, "-d", "over tls", "https://localhost:\(port)/echo"])
                #expect(echo.text == "over tls")
                let events = try await output(
                    of: "/usr/bin/curl", ["-s", "--cacert", authority, "https://localhost:\(port)/events"])
                #expect(events.text == "data: 0\n\ndata: 1\n\ndata: 2\n\n")
                let plain = try await output(of: "/usr/bin/curl", ["-s", "http://localhost:\(port)/echo"])
                #expect(plain.status != 0)
            }
        }
    }

    @Test func `a WebSocket works over TLS`() async throws {
        let tls = try await Self.certificate()
        var router = Router()
        router.on(.get, "/socket") { request in
            try .webSocket(request, options: WebSocketOptions { _ in true }) { socket in
                for try await message in socket {
                    try await socket.send(message)
                    socket.close()
                }
            }
        }
        try await withServer(router) {
            $0.tls = tls
        } _: { port in
            let handshake = [
                "GET /socket HTTP/1.1", "Host: test", "Upgrade: websocket", "Connection: Upgrade",
                "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", "",
            ].joined(separator: "\r\n")
            let frames = WebSocketClient.frame(.text, Array("secret".utf8))
            let result = try await output(
                of: "/usr/bin/openssl",
                ["s_client", "-quiet", "-ign_eof", "-connect", "127.0.0.1:\(port)"],
                input: Array(handshake.utf8) + frames)
            #expect(result.text.contains("101 Switching Protocols"))
            #expect(result.text.contains("secret"))
        }
    }

    @Test func `a client that leaves a TLS stream cancels its producer`() async throws {
        let tls = try await Self.certificate()
        let (started, cancelled) = (Flag(), Flag())
        var router = Router()
        router.on(.get, "/wait") { _ in
            started.set()
            do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.set() }
            return .text("late")
        }
        try await withServer(router) {
            $0.tls = tls
        } _: { port in
            let curl = try await output(
                of: "/usr/bin/curl", ["-sk", "-m", "1", "https://localhost:\(port)/wait"])
            #expect(curl.status != 0)
            #expect(started.isSet)
            try await eventually { cancelled.isSet }
        }
    }

    @Test func `a certificate that is none is refused at the start`() async {
        var configuration = ServerConfiguration()
        configuration.tls = .init(certificate: "nonsense", key: "nonsense")
        let server = HTTPServer(configuration, router: Router())
        let failure = await #expect(throws: HTTPServerError.self) { try await server.start() }
        #expect(failure?.code == .badConfiguration)
    }
}
