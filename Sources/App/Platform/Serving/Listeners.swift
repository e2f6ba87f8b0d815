import Configuration
import Foundation
import HTTPServing
import Synchronization
import Vocabulary

/// The servers that take requests: one on the port, one on the socket of the data directory, and one on a Unix socket where
/// it is configured.
final class Listeners: Sendable {
    let port: Int
    private let settings: ListenerConfiguration
    private let router: Router
    private struct State {
        /// The socket of the data directory, and the configured one.
        var sockets: [HTTPServer]
        /// On the port, where there is one.
        var entrance: HTTPServer?
        var isEnding = false
    }
    private let state: Mutex<State>

    private init(
        port: Int, _ settings: ListenerConfiguration, _ router: Router, sockets: [HTTPServer], entrance: HTTPServer?
    ) {
        self.port = port
        self.settings = settings
        self.router = router
        state = Mutex(State(sockets: sockets, entrance: entrance))
    }

    /// Begins to take requests.
    ///
    /// - Parameters:
    ///   - settings: the port, the Unix socket, and the limits of all.
    ///   - adminSocket: path of the data directory's socket.
    ///   - isPublic: whether to listen on the port and the configured socket at all.
    ///   - host: to listen on instead of the configured one.
    ///   - router: answers what comes to the port and the configured socket.
    ///   - localRouter: answers what comes to the data directory's socket.
    /// - Returns: the servers; their port is 0 where there is none.
    /// - Throws: when an address cannot be had; nothing listens then.
    static func start(
        _ settings: ListenerConfiguration, adminSocket: String, isPublic: Bool, host: String? = nil, router: Router,
        localRouter: Router
    ) async throws -> Listeners {
        var addresses = [(ServerConfiguration.Address.unix(path: adminSocket), localRouter)]
        if isPublic {
            addresses.append((.tcp(host: host ?? settings.host, port: settings.port), router))
            if let path = settings.unixSocket, path != adminSocket { addresses.append((.unix(path: path), router)) }
        }
        var servers: [HTTPServer] = []
        var entrance: HTTPServer?
        var port = 0
        do {
            for (address, router) in addresses {
                let server = HTTPServer(try configuration(address, settings), router: router)
                let bound = try await server.start()
                if let bound { (port, entrance) = (bound, server) } else { servers.append(server) }
            }
        } catch {
            for server in servers + [entrance].compactMap(\.self) { await server.shutdown(deadline: .zero) }
            throw error
        }
        return Listeners(port: port, settings, router, sockets: servers, entrance: entrance)
    }

    /// Answers that are being written when the port moves to another address may go on for so long.
    private static let moveDrain = Duration.seconds(5)

    /// Listens on the configured address, with the same port, instead of the one that it began with. Whoever is connected
    /// stays until the other server listens.
    ///
    /// - Throws: when the address cannot be had; nothing listens on the port then.
    func moveToConfiguredHost() async throws {
        let before = state.withLock { $0.entrance.take() }
        await before?.stopListening()
        let server: HTTPServer
        do {
            server = HTTPServer(
                try Self.configuration(.tcp(host: settings.host, port: port), settings), router: router)
            _ = try await server.start()
        } catch {
            await before?.shutdown(deadline: .zero)
            throw error
        }
        let isLate = state.withLock { state in
            if !state.isEnding { state.entrance = server }
            return state.isEnding
        }
        if isLate { await server.shutdown(deadline: .zero) }
        await before?.shutdown(deadline: isLate ? .zero : Self.moveDrain)
    }

    /// Ends all of them at the same time.
    func shutDown(deadline: Duration) async {
        let servers = state.withLock { state in
            state.isEnding = true
            return state.sockets + [state.entrance].compactMap(\.self)
        }
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
