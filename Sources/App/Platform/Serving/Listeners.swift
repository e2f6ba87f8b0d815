import Configuration
import Foundation
import HTTPServing
import Vocabulary

/// The servers that take requests: one on the port, one on the socket of the data directory, and one on a Unix socket where
/// it is configured.
struct Listeners {
    let port: Int
    private let servers: [HTTPServer]

    /// Begins to take requests.
    ///
    /// - Parameters:
    ///   - settings: the port, the Unix socket, and the limits of all.
    ///   - adminSocket: path of the data directory's socket.
    ///   - isPublic: whether to listen on the port and the configured socket at all.
    ///   - router: answers.
    /// - Returns: the servers; their port is 0 where there is none.
    /// - Throws: when an address cannot be had; nothing listens then.
    static func start(
        _ settings: ListenerConfiguration, adminSocket: String, isPublic: Bool, router: Router
    ) async throws -> Listeners {
        var addresses = [ServerConfiguration.Address.unix(path: adminSocket)]
        if isPublic {
            addresses.append(.tcp(host: settings.host, port: settings.port))
            if let path = settings.unixSocket, path != adminSocket { addresses.append(.unix(path: path)) }
        }
        var servers: [HTTPServer] = []
        var port = 0
        do {
            for address in addresses {
                let server = HTTPServer(try configuration(address, settings), router: router)
                if let bound = try await server.start() { port = bound }
                servers.append(server)
            }
        } catch {
            for server in servers { await server.shutdown(deadline: .zero) }
            throw error
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
        if let files = settings.tls, case .tcp = address {
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
