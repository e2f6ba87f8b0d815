import Configuration
import Foundation
import HTTPServing
import Vocabulary

/// The servers that take requests: one on the port, and one on a Unix socket where it is configured.
struct Listeners {
    let port: Int
    private let servers: [HTTPServer]

    static func start(_ settings: ListenerConfiguration, router: Router) async throws -> Listeners {
        var servers: [HTTPServer] = []
        let main = HTTPServer(
            try configuration(.tcp(host: settings.host, port: settings.port), settings), router: router)
        let port = try await main.start() ?? settings.port
        servers.append(main)
        if let path = settings.unixSocket {
            var own = try configuration(.unix(path: path), settings)
            own.tls = nil
            let second = HTTPServer(own, router: router)
            do {
                try await second.start()
            } catch {
                await main.shutdown(deadline: .zero)
                throw error
            }
            servers.append(second)
        }
        return Listeners(port: port, servers: servers)
    }

    /// Ends all of them at the same time.
    func shutDown(deadline: Duration) async {
        await withTaskGroup { group in
            for server in servers { group.addTask { await server.shutdown(deadline: deadline) } }
        }
    }

    private static func configuration(
        _ address: ServerConfiguration.Address, _ settings: ListenerConfiguration
    ) throws -> ServerConfiguration {
        var own = ServerConfiguration(address)
        if let files = settings.tls {
            own.tls = .init(certificate: try text(files.certificate), key: try text(files.key))
        }
        own.limits.headerBytes = settings.limits.headerBytes.bytes
        own.limits.bodyBytes = settings.limits.bodyBytes.bytes
        own.limits.connections = settings.limits.connections
        own.timeouts.idle = settings.timeouts.idle
        own.timeouts.header = settings.timeouts.request
        own.timeouts.body = settings.timeouts.request
        return own
    }

    private static func text(_ path: String) throws -> String {
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw ServiceError(
                .invalidValue, "The file \(path) cannot be read.", hint: "Check `server.tls`.",
                detail: String(describing: error))
        }
    }
}
