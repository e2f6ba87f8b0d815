import Foundation
import Inference
import LlamaRuntime
import Telemetry
import Vocabulary

/// How a worker makes an engine, the first time and each time after its model left memory.
struct EngineSource: Sendable {
    let arguments: EngineArguments
    let logger: Logger
    /// Workers on other machines.
    let servers: RPCServers?
    /// The prefix cache's place outside the engine, which outlives it.
    let shelf: (any CacheShelf)?
    /// The model's file as it was at the start.
    let stamp: FileStamp?

    /// Loads the model and starts an engine, when the workers on other machines are all there.
    ///
    /// - Parameter heartbeat: the one that all engines of this worker have.
    /// - Returns: the engine, running.
    /// - Throws: what is missing.
    func make(_ heartbeat: Heartbeat) async throws -> any WorkerService {
        try await renewServers()
        guard FileStamp(path: arguments.modelPath)?.text == stamp?.text else {
            throw ServiceError(
                .modelUnavailable, "The model's file is not the one any more that this server was started with.",
                hint: "Start the server again.")
        }
        let loaded = try await Self.load(arguments, servers: servers, logger: logger)
        return try await WorkerEngine(arguments: arguments, loaded: loaded, logger: logger)
            .startService(shelf: shelf, heartbeat: heartbeat)
    }

    /// Loads a model, on a thread of its own.
    static func load(
        _ arguments: EngineArguments, servers: RPCServers?, logger: Logger
    ) async throws(ServiceError) -> LoadedModel {
        try await OwnThread.run("load") { () throws(ServiceError) in
            try LoadedModel(arguments, servers: servers, logger: logger)
        }
    }

    /// Asks the workers on other machines, on a thread of its own.
    static func connect(
        _ arguments: RemoteArguments, onLost: @escaping @Sendable (RPCEndpoint) -> Void
    ) async throws(ServiceError) -> RPCServers {
        do {
            return try await OwnThread.run("rpc") { () throws(LlamaError) in
                try RPCServers(arguments.endpoints, patience: arguments.patience, onLost: onLost)
            }
        } catch {
            throw ServiceError(
                .modelUnavailable, error.message,
                hint: "Start it there with nexus engine --rpc-worker, or leave it out.")
        }
    }

    /// Ends an engine and gives its memory back.
    func end(_ service: any WorkerService, telling error: ServiceError) async {
        let sleeping = shelf as? SleepShelf
        sleeping?.open()
        await service.stop(telling: error)
        sleeping?.close()
        if let shelf, sleeping == nil {
            _ = await OwnThread.run("settle") { shelf.settle(within: .seconds(10)) }
        }
        await OwnThread.run("trim") { ProcessMemory.giveBack() }
    }

    /// Asks the workers on other machines whether they are back.
    ///
    /// - Throws: `LlamaError` while one is not.
    private func renewServers() async throws(LlamaError) {
        guard let servers else { return }
        try await OwnThread.run("rpc") { () throws(LlamaError) in try servers.renew() }
    }
}

/// Work that blocks, away from the threads that must not.
enum OwnThread {
    /// Runs `work` on a thread of its own and waits for it.
    static func run<Result: Sendable, Failure: Error>(
        _ name: String, _ work: @escaping @Sendable () throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Swift.Result<Result, Failure>, Never>) in
            let thread = Thread {
                let result: Swift.Result<Result, Failure>
                do throws(Failure) {
                    result = .success(try work())
                } catch {
                    result = .failure(error)
                }
                continuation.resume(returning: result)
            }
            thread.name = name
            // llama.cpp's loader wants more than the default of threads.
            thread.stackSize = 8 << 20
            thread.start()
        }
        return try result.get()
    }
}
