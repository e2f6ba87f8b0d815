import Foundation
import HTTPServing

// A small server with everything that HTTPServing offers, for clients that are written in other languages.
//
//   serving-fixture DIRECTORY [CERTIFICATE KEY]
//
// It serves the files of DIRECTORY, prints its port on one line, and ends when its standard input is closed.

let arguments = Array(CommandLine.arguments.dropFirst())
guard let directory = arguments.first else {
    FileHandle.standardError.write(Data("usage: serving-fixture DIRECTORY [CERTIFICATE KEY]\n".utf8))
    exit(2)
}
var configuration = ServerConfiguration()
if arguments.count == 3 {
    configuration.tls = .init(
        certificate: try String(contentsOfFile: arguments[1], encoding: .utf8),
        key: try String(contentsOfFile: arguments[2], encoding: .utf8))
}
let server = HTTPServer(configuration, router: FixtureRoutes.router(directory: directory))
let port = try await server.start() ?? 0
FileHandle.standardOutput.write(Data("\(port)\n".utf8))
// Handlers run elsewhere; this thread has nothing to do but to wait for the end of its input.
while readLine() != nil {}
await server.shutdown(deadline: .seconds(2))
