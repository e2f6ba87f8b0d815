import Foundation
import HTTPServing
import JSONText

/// Serves on a free loopback port, tells it on one line of standard output, and runs until it is killed.
let server = HTTPServer(ServerConfiguration(.tcp(host: "127.0.0.1", port: 0)), router: BenchRoutes.router)
let port = try await server.start() ?? 0
let ready: JSONValue = ["event": "ready", "port": .integer(Int64(port))]
try FileHandle.standardOutput.write(contentsOf: Data(ready.text.utf8 + [0x0A]))
try await Task.sleep(for: .seconds(24 * 60 * 60))
