import Access
import Configuration
import HTTPServing
import Launch
import Telemetry
import Vocabulary

/// Keeps others out until there is somebody who decides about them: while no administrator exists, a server that is to be
/// public listens on this machine only, and tells how the first one is made.
struct PublicEntrance {
    let access: AccessPart
    let settings: ListenerConfiguration
    let logger: Logger

    private static let lookEvery = Duration.milliseconds(500)

    /// Whether the port may be opened to everybody.
    var isOpen: Bool { !access.isPublic || access.accounts.index.hasAdministrator }

    /// Where to listen instead.
    static let closedHost = "127.0.0.1"

    /// Tells how the first administrator is made.
    ///
    /// - Parameter port: where the server listens on this machine.
    /// - Throws: when there are users, but nobody administrates.
    func announce(port: Int) async throws {
        logger.warning(
            "not listening for others: there is no administrator",
            ["host": .string(settings.host), "port": .integer(Int64(port))])
        var lines = [
            "", "  There is no administrator, so the server listens on this machine only, and not on \(settings.host).",
            "  Make one:  nexus users create NAME --admin", "",
        ]
        if access.accounts.index.userCount == 0 {
            let token = try await access.accounts.invite()
            let scheme = settings.tls == nil ? "http" : "https"
            // Behind the `#`: browsers do not send it, so that it comes into no log.
            lines.insert(
                contentsOf: [
                    "  or within an hour, once, on this machine:",
                    "             \(scheme)://\(Self.closedHost):\(port)/#setup=\(token.revealed)",
                ], at: 3)
        }
        StandardStream.output.write(lines.joined(separator: "\n") + "\n")
    }

    /// Waits until there is an administrator, and opens the port to everybody.
    func open(_ servers: Listeners) async {
        do {
            while !access.accounts.index.hasAdministrator { try await Task.sleep(for: Self.lookEvery) }
            try await servers.moveToConfiguredHost()
            logger.notice(
                "listening for others, too",
                ["host": .string(settings.host), "port": .integer(Int64(servers.port))])
        } catch is CancellationError {
            return
        } catch {
            logger.critical("the port could not be opened", [.error: .error(error)])
        }
    }
}
