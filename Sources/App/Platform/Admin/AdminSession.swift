import Configuration
import HTTPFetching
import Launch
import Telemetry
import Vocabulary

/// A connection to the platform for one command: to the server that runs on the data directory, or, where none does, to the
/// same platform inside this process, without a port and without workers that start by themselves.
enum AdminSession {
    /// How long the socket of a process that is just starting may stay away.
    private static let waitMax = Duration.seconds(10)

    /// Runs `body` with a connection.
    ///
    /// - Parameters:
    ///   - parsed: the command with its configuration.
    ///   - environment: all variables of the process.
    ///   - body: the command's work.
    /// - Throws: what `body` throws; `ConfigurationErrors`; what keeps the platform from starting.
    static func run(
        _ parsed: ParsedCommand, _ environment: [String: String],
        _ body: @escaping @Sendable (AdminClient) async throws -> Void
    ) async throws {
        let configuration = try ModelOption.load(parsed, environment, takesModel: false)
        let client = try HTTPClient()
        let outcome: Result<Void, any Error>
        do {
            switch try await connect(configuration, "nexus \(parsed.name)", client) {
            case .other(let admin, let lease):
                try await body(admin)
                withExtendedLifetime(lease) {}
            case .own(let directory):
                let admin = AdminClient(client: client, socket: directory.socket, isOwn: true)
                try await runOwn(configuration, environment, directory) { try await body(admin) }
            }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await client.shutDown()
        try outcome.get()
    }

    private enum Connection {
        /// The platform of another process; the lease keeps it as long as it lives.
        case other(AdminClient, lease: ResponseEvents.Iterator?)
        /// Nobody runs: this process has the folder.
        case own(DataDirectory)
    }

    /// Somebody who has only just taken the folder may not listen yet, and another command may be ending: both are waited
    /// for.
    private static func connect(
        _ configuration: Configuration, _ purpose: String, _ client: HTTPClient
    ) async throws -> Connection {
        let deadline = ContinuousClock.now + waitMax
        while true {
            switch try DataDirectory.claim(configuration.dataDir, as: purpose) {
            case .ours(let directory): return .own(directory)
            case .taken(let holder):
                let admin = AdminClient(
                    client: client, socket: try AdminSocket(in: configuration.dataDir), isOwn: false)
                do {
                    // A server stays anyway.
                    if holder.purpose == DataDirectory.serving {
                        _ = try await admin.get("/health")
                        return .other(admin, lease: nil)
                    }
                    return .other(admin, lease: try await admin.lease())
                } catch let error as ServiceError where error.code == .modelUnavailable {
                    guard ContinuousClock.now < deadline else {
                        throw ServiceError(
                            .modelUnavailable,
                            "The data directory is in use (\(holder.description)), and nobody answers on its socket.",
                            hint: "Wait until that process has started, or end it.")
                    }
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// The platform in this process, for as long as `body` runs. SIGINT and SIGTERM cancel the body.
    private static func runOwn(
        _ configuration: Configuration, _ environment: [String: String], _ directory: DataDirectory,
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let signals = TerminationSignals()
        // What a server would tell is no business of a command's user, unless it is looked for.
        let level = configuration.log.level.logLevel
        let log = ProcessLog(
            label: "nexus", format: configuration.log.format.resolved(for: .error),
            levelMin: level < .info ? level : .warning)
        try await log.whileWriting {
            let server = NexusServer(
                configuration: configuration, logger: log.logger, engineProgram: Installation.engineProgram,
                environment: ServeCommand.workerEnvironment(environment), directory: directory, purpose: .command)
            var outcome: Result<Void, any Error> = .success(())
            try await server.run(onStart: { _ in }) {
                let work = Task { try await body() }
                let watch = Task {
                    _ = await signals.wait()
                    work.cancel()
                    directory.leases.closeNow()
                }
                outcome = await work.result
                await waitForOthers(directory.leases)
                watch.cancel()
            }
            try outcome.get()
        }
    }

    /// Other commands may have found this one's platform, and end first.
    private static func waitForOthers(_ leases: CommandLeases) async {
        let remark = Task {
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
            StandardStream.error.write(
                StandardStream.error.styled("Waiting for another command that uses this one's platform.", .dim) + "\n")
        }
        await leases.close()
        remark.cancel()
    }
}
