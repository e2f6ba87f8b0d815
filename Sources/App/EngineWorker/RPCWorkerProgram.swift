import Foundation
import JSONText
import Launch
import LlamaRuntime
import Synchronization
import Telemetry
import Vocabulary

/// `nexus engine --rpc-worker`: this machine's devices for engines on other machines.
enum RPCWorkerProgram {
    /// Serves until a signal ends the process.
    static func serve(_ arguments: RPCWorkerArguments) async throws {
        let signals = TerminationSignals()
        let log = ProcessLog(
            label: "rpc worker", format: arguments.logFormat.resolved(for: .error),
            levelMin: arguments.logLevel.logLevel)
        try await log.whileWriting {
            LlamaLog.send(to: log.logger.labelled("llama.cpp"))
            try await run(arguments, log.logger, until: signals)
        }
    }

    private static func run(
        _ arguments: RPCWorkerArguments, _ logger: Logger, until signals: TerminationSignals
    ) async throws {
        guard let port = arguments.port ?? RPCWorker.freePort(of: arguments.host) else {
            throw ServiceError(
                .invalidValue, "\(arguments.host) is no address of this machine.", hint: "Give one with --host.")
        }
        let endpoint = RPCEndpoint(host: arguments.host, port: port)
        if !arguments.isLoopback {
            logger.warning(
                "EVERYBODY WHO CAN REACH THIS PORT CAN RUN CODE ON THIS MACHINE: the protocol has no passwords. "
                    + "Keep it inside a network that you trust.", ["address": .string(endpoint.description)])
        }
        if let directory = arguments.cacheDirectory {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        }
        let end = WorkerEnd()
        // Its answer would be taken for this one's.
        if arguments.port != nil, await OwnThread.run("probe", { RPCWorker.answers(endpoint) }) {
            end.tell("another worker answers there.")
            throw end.error(endpoint)
        }
        let threads = arguments.threads ?? ProcessInfo.processInfo.activeProcessorCount
        let output: Int32
        do {
            output = try RPCWorker.serve(
                endpoint, cacheDirectory: arguments.cacheDirectory, threads: threads, devices: arguments.devices,
                onEnd: { end.tell($0) })
        } catch {
            throw ServiceError(.internalError, error.message)
        }
        try await waitForAnswer(endpoint, unless: end)
        announce(endpoint, on: output)
        logger.notice("ready", ["address": .string(endpoint.description), "threads": .integer(Int64(threads))])
        let signal = await withTaskGroup(of: Int32?.self) { group in
            group.addTask { await signals.wait() }
            group.addTask {
                await end.wait()
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        guard let signal else { throw end.error(endpoint) }
        logger.info("stopping", ["signal": .integer(Int64(signal))])
    }

    private static func waitForAnswer(_ endpoint: RPCEndpoint, unless end: WorkerEnd) async throws {
        while !(await OwnThread.run("probe", { RPCWorker.answers(endpoint) })) {
            guard !end.isOver else { throw end.error(endpoint) }
            try await Task.sleep(for: .milliseconds(20))
        }
        // It may be another one that answers there.
        guard !end.isOver else { throw end.error(endpoint) }
    }

    /// Tells whoever started this process that it can be reached, on one line of what was standard output.
    private static func announce(_ endpoint: RPCEndpoint, on output: Int32) {
        let line: JSONValue = [
            "event": "ready", "rpc": .string(endpoint.description), "port": .integer(Int64(endpoint.port)),
        ]
        FileHandle(fileDescriptor: output).write(Data((line.text + "\n").utf8))
    }
}

/// That a worker cannot serve, or cannot any more.
private final class WorkerEnd: Sendable {
    private let reason = Mutex<String?>(nil)
    private let told: AsyncStream<Void>
    private let teller: AsyncStream<Void>.Continuation

    init() { (told, teller) = AsyncStream.makeStream(of: Void.self) }

    var isOver: Bool { reason.withLock { $0 != nil } }

    func tell(_ text: String) {
        reason.withLock { $0 = text }
        teller.finish()
    }

    func wait() async { for await _ in told {} }

    func error(_ endpoint: RPCEndpoint) -> ServiceError {
        ServiceError(
            .invalidValue, "An RPC worker cannot serve on \(endpoint): \(reason.withLock { $0 } ?? "it ended").",
            hint: "Is the port taken, or the address another machine's?")
    }
}
