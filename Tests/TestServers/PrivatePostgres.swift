import Foundation
import Storage

/// A PostgreSQL server of the tests' own: on a Unix socket in a temporary directory, not on the network.
///
/// A shell script starts it and then reads commands from a pipe. When the pipe closes, which it does however the test
/// process ends, the script stops the server and removes the directory.
public actor PrivatePostgres {
    /// The server that all tests of this process share; each has its own database on it.
    public static let shared = Task { try await PrivatePostgres() }

    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    /// The socket's directory.
    public nonisolated let directory: String
    private let commands: FileHandle
    private let answers: FileHandle
    private var databaseCount = 0

    public init() async throws {
        let binaries = try Self.binaries()
        let process = Process()
        let (commandPipe, answerPipe) = (Pipe(), Pipe())
        var arguments = ["/usr/bin/env"] + unblockedShell + ["-c", Self.script, "private-postgres", binaries]
        if getuid() == 0 {
            // PostgreSQL refuses to run as root; its package brings this user.
            let user = ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]
            arguments = user + arguments
        }
        process.executableURL = URL(fileURLWithPath: arguments[0])
        process.arguments = Array(arguments.dropFirst())
        process.currentDirectoryURL = URL(fileURLWithPath: "/tmp")
        process.standardInput = commandPipe
        process.standardOutput = answerPipe
        // No child of the tests may keep the pipe open after they have ended.
        _ = fcntl(commandPipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        try process.run()
        commands = commandPipe.fileHandleForWriting
        answers = answerPipe.fileHandleForReading
        let answers = answers
        directory = await offPool { line(from: answers) }
        guard directory.hasPrefix("/") else {
            throw Missing(description: "the private PostgreSQL server did not start")
        }
    }

    /// Makes an empty database and returns the connection text for it.
    public func makeDatabase() async throws -> String {
        databaseCount += 1
        let name = "test\(databaseCount)"
        try await administer("CREATE DATABASE \(name)")
        return "host=\(directory) user=nexus dbname=\(name)"
    }

    public func dropDatabase(_ connectionText: String) async throws {
        guard let name = connectionText.split(separator: "=").last else { return }
        try await administer("DROP DATABASE \(name) WITH (FORCE)")
    }

    /// Kills the server and its children with SIGKILL and starts it again, which recovers from the log.
    public func crashAndRestart() async -> Bool {
        commands.write(Data("crash\n".utf8))
        let answers = answers
        return await offPool { line(from: answers) } == "restarted"
    }

    /// Ends the server now; without this it ends with the process.
    public func stop() throws {
        try commands.close()
        _ = try answers.readToEnd()
    }

    private func administer(_ sql: String) async throws {
        let admin = try await Database.open(
            PostgresSettings(connectionText: "host=\(directory) user=nexus dbname=postgres", writersMax: 1))
        try await admin.execute(sql)
        await admin.close()
    }

    private static func binaries() throws -> String {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let found = versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }
            .map { "\(root)/\($0)/bin" }
            .first { FileManager.default.isExecutableFile(atPath: $0 + "/initdb") }
        guard let found else {
            throw Missing(description: "no PostgreSQL server in \(root): install the Debian package 'postgresql'")
        }
        return found
    }

    private static let script = """
        trap '' INT TERM HUP
        umask 077
        binaries=$1
        directory=$(mktemp -d /tmp/nexus-postgres-XXXXXX) || exit 1
        start() {
            "$binaries/postgres" -D "$directory/data" -k "$directory" -c listen_addresses='' -c max_connections=200 \
                -c shared_buffers=32MB -c default_transaction_isolation='read committed' \
                >>"$directory/log" 2>&1 </dev/null &
            postmaster=$!
            until "$binaries/psql" -h "$directory" -U nexus -d postgres -c 'SELECT 1' >/dev/null 2>&1; do
                kill -0 $postmaster 2>/dev/null || return 1
                sleep 0.05
            done
        }
        if "$binaries/initdb" -D "$directory/data" --username=nexus --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
            --no-sync >"$directory/log" 2>&1 </dev/null && start
        then
            echo "$directory"
            while read -r command; do
                children=$(cat /proc/$postmaster/task/$postmaster/children)
                kill -KILL $postmaster $children
                wait $postmaster
                tries=0
                until start; do
                    tries=$((tries + 1))
                    [ $tries -lt 100 ] || break
                    sleep 0.1
                done
                echo restarted
            done
            kill -INT $postmaster
            wait $postmaster
        else
            cat "$directory/log" >&2
            echo failed
        fi
        rm -rf "$directory"
        """
}
