import HTTPServing
import JSONText
import Streaming

/// One route for each thing that a client of the field is to try.
enum FixtureRoutes {
    /// Messages of the echo sockets may have so many bytes.
    static let messageBytesMax = 1 << 20

    /// The routes, and the files of `directory` below `/files`.
    static func router(directory: String) -> Router {
        var router = Router()
        router.middleware = [CrossOrigin(origins: ["https://page.example"]), Compression()]
        for route in sockets + bodies + [files(in: directory)] { router.add(route) }
        return router
    }

    private static var sockets: [Route] {
        var options = WebSocketOptions { $0 == "https://page.example" }
        options.messageBytesMax = messageBytesMax
        options.subprotocols = ["echo.v1"]
        return [
            Route(.get, "/echo") { [options] request in
                try .webSocket(request, options: options) { socket in
                    for try await message in socket { try await socket.send(message) }
                }
            },
            Route(.get, "/goodbye") { [options] request in
                try .webSocket(request, options: options) { socket in
                    socket.close(.policyViolation, reason: "not you")
                }
            },
        ]
    }

    private static var bodies: [Route] {
        let long = String(repeating: "All work and no play. ", count: 1_000)
        return [
            Route(.get, "/text") { _ in .text(long) },
            Route(.post, "/echo") { request in
                .bytes(try await request.body.collect(), contentType: "application/octet-stream")
            },
            Route(.get, "/events") { _ in
                .events { writer in
                    for number in 1...3 { try await writer.write(ServerSentEvent(data: String(number))) }
                }
            },
            Route(.get, "/json") { _ in .json(["ok": true]) },
        ]
    }

    private static func files(in directory: String) -> Route {
        let files = StaticFiles(directory: directory)
        return Route(.get, "/files/{path...}", execution: .concurrent) { request in
            try files.respond(to: request, path: request.parameters.string("path"))
        }
    }
}
