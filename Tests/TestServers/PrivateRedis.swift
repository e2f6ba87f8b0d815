import Foundation

/// A Redis server of the tests' own: on a Unix socket in a temporary directory, not on the network.
///
/// A shell script starts it and then reads commands from a pipe. When the pipe closes, which it does however the test
/// process ends, the script stops the server and removes the directory.
public actor PrivateRedis {
    /// The server that tests of this process share. Each uses keys of its own.
    public static let shared = Task { try await PrivateRedis() }

    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    public nonisolated let socket: String
    private let commands: FileHandle
    private let answers: FileHandle

    /// Starts a server.
    ///
    /// - Parameter password: what it asks for, if anything; letters and digits.
    /// - Throws: when it does not start.
    public init(password: String? = nil) async throws {
        let process = Process()
        let (commandPipe, answerPipe) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = unblockedShell + ["-c", Self.script, "private-redis", password ?? ""]
        process.standardInput = commandPipe
        process.standardOutput = answerPipe
        // No child of the tests may keep the pipe open after they have ended.
        _ = fcntl(commandPipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        try process.run()
        commands = commandPipe.fileHandleForWriting
        answers = answerPipe.fileHandleForReading
        let answers = answers
        let directory = await offPool { line(from: answers) }
        guard directory.hasPrefix("/") else {
            throw Missing(description: "redis-server did not start: install the Debian package 'redis-server'")
        }
        socket = directory + "/redis.sock"
    }

    /// Kills the server; nothing that it held is kept.
    public func kill() async { await order("kill", "killed") }
    /// Starts it again at the same place.
    public func start() async { await order("start", "started") }
    /// Stops its process, so that connections stand but nothing is answered.
    public func freeze() async { await order("freeze", "frozen") }
    public func thaw() async { await order("thaw", "thawed") }

    /// Ends the server now; without this it ends with the process.
    public func stop() throws {
        try commands.close()
        _ = try answers.readToEnd()
    }

    private func order(_ command: String, _ expected: String) async {
        commands.write(Data("\(command)\n".utf8))
        let answers = answers
        let answer = await offPool { line(from: answers) }
        precondition(answer == expected, "the private Redis answered '\(answer)' to '\(command)'")
    }

    private static let script = """
        trap '' INT TERM HUP
        umask 077
        password=$1
        directory=$(mktemp -d /tmp/nexus-redis-XXXXXX) || exit 1
        start() {
            redis-server --port 0 --unixsocket "$directory/redis.sock" --save '' --appendonly no --dir "$directory" \
                --daemonize no --requirepass "$password" >>"$directory/log" 2>&1 </dev/null &
            server=$!
            until redis-cli -s "$directory/redis.sock" ${password:+--no-auth-warning -a "$password"} ping 2>/dev/null \
                | grep -q PONG
            do
                kill -0 $server 2>/dev/null || return 1
                sleep 0.02
            done
        }
        if start; then
            echo "$directory"
            while read -r command; do
                case $command in
                kill) kill -KILL $server; wait $server; rm -f "$directory/redis.sock"; echo killed ;;
                start) start; echo started ;;
                freeze) kill -STOP $server; echo frozen ;;
                thaw) kill -CONT $server; echo thawed ;;
                esac
            done
            kill -KILL $server 2>/dev/null
            wait $server
        else
            cat "$directory/log" >&2
            echo failed
        fi
        rm -rf "$directory"
        """
}

/// Arguments of `env` for a shell whose signals are not blocked.
///
/// A child inherits its mask from the thread that starts it, and Swift's threads block nearly all signals. A shell that
/// cannot get SIGCHLD waits for ever in `wait`, unless the child had ended before.
public let unblockedShell = ["--default-signal=CHLD,TERM", "/bin/sh"]

/// Runs blocking work on a thread that is not of Swift's pool.
public func offPool<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: work()) }
    }
}

/// The next line of what another process writes.
func line(from handle: FileHandle) -> String {
    var bytes: [UInt8] = []
    while let byte = (try? handle.read(upToCount: 1))?.first, byte != UInt8(ascii: "\n") { bytes.append(byte) }
    return String(decoding: bytes, as: UTF8.self)
}
