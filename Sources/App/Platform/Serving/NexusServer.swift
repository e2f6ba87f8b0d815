import Configuration
import Launch
import Telemetry

/// The running platform: what it was told, and its life from opening the database to closing it.
struct NexusServer: Sendable {
    let configuration: Configuration
    let logger: Logger
    /// Path of `nexus-engine`.
    let engineProgram: String
    /// What workers inherit.
    let environment: [String: String]
    /// Where everything that lasts is kept; held as long as the server runs.
    let directory: DataDirectory
    let purpose: Purpose

    enum Purpose: Sendable {
        /// A server for everybody.
        case serving
        /// One command of the terminal: on the data directory's socket only, and no worker starts by itself.
        case command
    }

    /// Serves until `order` returns, then drains.
    ///
    /// - Parameters:
    ///   - onStart: called with the bound port when requests are accepted.
    ///   - order: returns when it is time to stop.
    /// - Throws: when a part cannot be started: the database, a port that is taken.
    func run(onStart: (Int) -> Void, until order: () async -> Void) async throws {
        let base = try await BaseParts(configuration, logger: logger)
        do {
            try await serve(base, onStart: onStart, until: order)
        } catch {
            await base.close(wasServing: purpose == .serving)
            throw error
        }
        await base.close(wasServing: purpose == .serving)
        logger.notice("stopped")
    }

    private func serve(_ base: BaseParts, onStart: (Int) -> Void, until order: () async -> Void) async throws {
        await base.secrets.prepare()
        let sockets = try SocketDirectory()
        defer { sockets.remove() }
        let parts = try await ServerParts(self, base, sockets: sockets)
        let entrance = PublicEntrance(
            access: base.access, settings: configuration.server, logger: logger.labelled("access"))
        let isClosed = purpose == .serving && !entrance.isOpen
        let router = parts.makeRouter()
        let servers = try await Listeners.start(
            configuration.server, adminSocket: directory.socket.path, isPublic: purpose == .serving,
            host: isClosed ? PublicEntrance.closedHost : nil, router: router(false), localRouter: router(true))
        let tasks = parts.start()
        if purpose == .serving {
            base.trust.noteStart()
            await parts.hosting.deployments.preload()
        }
        onStart(servers.port)
        if purpose == .serving { StartMemory.release() }
        if isClosed { try await entrance.announce(port: servers.port) }
        let opening = isClosed ? Task { await entrance.open(servers) } : nil
        await order()
        opening?.cancel()
        // Other commands may have found this one's platform: they are let finish.
        let deadline = purpose == .serving ? configuration.server.drain : .seconds(86_400)
        logger.notice("draining", ["deadline": .milliseconds(deadline)])
        await parts.drain(servers, tasks, deadline: deadline)
    }
}
