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
            switch try DataDirectory.claim(configuration.dataDir, as: "nexus \(parsed.name)") {
            case .taken(let holder):
                let socket = try AdminSocket(in: configuration.dataDir)
                let admin = AdminClient(client: client, socket: socket, isOwn: false)
                try await waitUntilAnswers(admin, holder)
                try await body(admin)
            case .ours(let directory):
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

    /// Somebody who has only just taken the folder may not listen yet.
    private static func waitUntilAnswers(_ admin: AdminClient, _ holder: DataDirectory.Holder) async throws {
        let deadline = ContinuousClock.now + waitMax
        while true {
            do {
                _ = try await admin.get("/health")
                return
            } catch let error as ServiceError where error.code == .modelUnavailable {
                guard ContinuousClock.now < deadline else {
                    throw ServiceError(
                        .modelUnavailable,
                        "The data directory is in use (\(holder.description)), and nobody answers on its socket.",
                        hint: "Wait until that process has started, or end it.")
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
                }
                outcome = await work.result
                watch.cancel()
            }
            try outcome.get()
        }
    }
}
