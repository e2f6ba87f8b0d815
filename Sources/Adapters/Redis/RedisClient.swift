internal import Synchronization

/// A client of Redis: any number of callers over one connection, on a thread of its own.
///
/// ```swift
/// let redis = try RedisClient(RedisSettings(url: "redis://:secret@127.0.0.1/1"))
/// try await redis.send("SET", "greeting", "hello", "EX", 60)
/// let value = try await redis.send("GET", "greeting").bytesValue()
/// ```
///
/// Connects when it is first asked, and again after the connection was lost. While the server is away callers are refused
/// at once, but for one attempt every so often; nobody waits longer than `RedisSettings.answerTimeout`.
public final class RedisClient: Sendable {
    private let settings: RedisSettings
    private let thread: RedisThread
    /// The names that the server gave to scripts: their SHA-1. Bounded by the scripts of the program.
    private let scripts = Mutex<[RedisScript: [UInt8]]>([:])

    /// - Parameter settings: where Redis is. It need not be there yet.
    /// - Throws: when no thread can be started.
    public init(_ settings: RedisSettings) throws(RedisError) {
        self.settings = settings
        thread = try RedisThread.start(settings)
    }

    deinit { thread.stop() }

    /// Sends one command.
    ///
    /// - Parameter command: its name and arguments, any bytes.
    /// - Returns: the reply.
    /// - Throws: `.refused` with the server's code, or why there is no answer; `.lost`, `.timeout` and `.cancelled` leave
    ///   open whether it was carried out.
    @discardableResult
    public func send(_ command: RedisArgument...) async throws(RedisError) -> RedisReply { try await send(command) }

    /// Sends one command.
    ///
    /// - Parameter command: its name and arguments, any bytes.
    /// - Returns: the reply.
    /// - Throws: as the other one.
    @discardableResult
    public func send(_ command: [RedisArgument]) async throws(RedisError) -> RedisReply {
        let reply = try await pipeline([command])[0]
        if case .failure(let error) = reply { throw error }
        return reply
    }

    /// Sends commands one behind the other, in one piece and without waiting for answers in between. Other callers'
    /// commands may run between them.
    ///
    /// - Parameter commands: each with name and arguments.
    /// - Returns: a reply for each, in order; `.failure` for one that was refused.
    /// - Throws: why there is no answer.
    public func pipeline(_ commands: [[RedisArgument]]) async throws(RedisError) -> [RedisReply] {
        precondition(commands.allSatisfy { !$0.isEmpty }, "a command has a name")
        guard !commands.isEmpty else { return [] }
        guard !Task.isCancelled else { throw RedisError(.cancelled, "the task was cancelled") }
        let order = RedisOrder(commands, deadline: .now + settings.answerTimeout)
        try thread.submit(order)
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { order.wait($0) }
        } onCancel: {
            order.answer(.failure(RedisError(.cancelled, "the task was cancelled")))
        }
        return try answer.get()
    }

    /// Runs a script in one piece. Its text is sent once; later only its name is.
    ///
    /// - Parameters:
    ///   - script: what to run.
    ///   - keys: all keys that it touches, as `KEYS`.
    ///   - arguments: as `ARGV`.
    /// - Returns: what it returns.
    /// - Throws: as `send`.
    @discardableResult
    public func run(
        _ script: RedisScript, keys: [RedisArgument] = [], arguments: [RedisArgument] = []
    ) async throws(RedisError) -> RedisReply {
        let rest = [RedisArgument(Int64(keys.count))] + keys + arguments
        let name = try await name(of: script)
        do {
            return try await send(["EVALSHA", RedisArgument(name)] + rest)
        } catch {
            guard error.serverCode == "NOSCRIPT" else { throw error }
        }
        // The server was started again, or forgot its scripts by order.
        scripts.withLock { $0[script] = nil }
        return try await send(["EVALSHA", RedisArgument(try await self.name(of: script))] + rest)
    }

    private func name(of script: RedisScript) async throws(RedisError) -> [UInt8] {
        if let known = scripts.withLock({ $0[script] }) { return known }
        guard let name = try await send("SCRIPT", "LOAD", RedisArgument(script.source)).bytesValue() else {
            throw RedisError(.unexpected, "Redis gave a script no name")
        }
        scripts.withLock { $0[script] = name }
        return name
    }

    /// Refuses new commands and returns when those that wait are answered.
    public func close() async {
        thread.stop()
        await thread.ended()
    }
}
