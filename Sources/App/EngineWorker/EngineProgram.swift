public import Configuration
import Foundation
import HTTPServing
import Inference
import JSONText
import Launch
import LlamaServerAPI
import LlamaRuntime
import OpenAIAPI
import RequestScope
import Synchronization
import Telemetry
import Vocabulary

/// `nexus-engine`: one model, one thread that owns the llama context, one HTTP server.
public enum EngineProgram {
    /// Runs until a signal ends it.
    ///
    /// - Parameters:
    ///   - arguments: without the program's own name.
    ///   - environment: all variables of the process; those of llama-server count.
    /// - Returns: how the process is to end.
    public static func run(_ arguments: [String], environment: [String: String]) async -> ExitCode {
        let program = Program(
            name: "nexus", summary: "Llama Nexus serves language models.", commands: [EngineArguments.command])
        do {
            switch try program.parse(["engine"] + arguments, environment: environment) {
            case .help(let text): StandardStream.output.write(text)
            case .version: StandardStream.output.write(productVersion + "\n")
            case .command(let parsed) where parsed[EngineOption.listDevices]:
                try DeviceList.show(try RemoteArguments(parsed))
            case .command(let parsed) where parsed[EngineOption.rpcWorker]:
                try await RPCWorkerProgram.serve(try RPCWorkerArguments(parsed))
            case .command(let parsed):
                try await serve(try EngineArguments(parsed, readFile: ArgumentFile.read(_:bytesMax:)))
            }
            return .success
        } catch let error as UsageError {
            StandardStream.error.write("\(error)\n")
            return error.exitCode
        } catch {
            StandardStream.error.write(StandardStream.error.styled("nexus engine: \(error)", .red) + "\n")
            return .failure
        }
    }

    private static func serve(_ arguments: EngineArguments) async throws {
        let signals = TerminationSignals()
        let log = ProcessLog(
            label: "engine", format: arguments.logFormat.resolved(for: .error), levelMin: arguments.logLevel.logLevel)
        try await log.whileWriting {
            LlamaLog.send(to: log.logger.labelled("llama.cpp"))
            for notice in arguments.notices {
                log.logger.notice(
                    "an option has no effect", ["option": .string(notice.spelling), "reason": .string(notice.reason)])
            }
            let worker = try await Worker(arguments, logger: log.logger)
            try await worker.serve(until: signals)
        }
    }
}

/// The running parts of one worker.
private struct Worker {
    let arguments: EngineArguments
    let logger: Logger
    let engine: EngineHost
    let shelf: CacheFileShelf?
    let contextTokens: Int

    init(_ arguments: EngineArguments, logger: Logger) async throws {
        self.arguments = arguments
        self.logger = logger
        let began = ContinuousClock.now
        if let numa = arguments.places.numa, !numa.apply() {
            logger.notice("--numa has no effect: this machine's memory is all in one place")
        }
        // Whoever is told of a loss comes into being after those who can be lost.
        let host = Mutex<EngineHost?>(nil)
        let servers =
            arguments.remote.endpoints.isEmpty
            ? nil
            : try await EngineSource.connect(arguments.remote) { _ in host.withLock { $0 }?.partWasLost() }
        let stamp = FileStamp(path: arguments.modelPath)
        let loaded = try await EngineSource.load(arguments, servers: servers, logger: logger)
        contextTokens = loaded.contextTokens
        let parts = WorkerEngine(arguments: arguments, loaded: loaded, logger: logger)
        shelf = await parts.openShelf()
        let sleeping =
            shelf == nil && arguments.sleepAfter != nil && arguments.cache.isUsed
            ? SleepShelf(bytesMax: parts.ramBytesMax) : nil
        let heartbeat = Heartbeat()
        let service = try await parts.startService(shelf: shelf ?? sleeping, heartbeat: heartbeat)
        engine = EngineHost(
            service, heartbeat: heartbeat,
            options: EngineHost.Options(
                sleepAfter: arguments.sleepAfter, waitersMax: max(1, arguments.queueMax),
                models: await service.models(), slots: arguments.parallel),
            source: EngineSource(
                arguments: arguments, logger: logger, servers: servers, shelf: shelf ?? sleeping, stamp: stamp))
        host.withLock { [engine] in $0 = engine }
        if servers?.lost != nil { engine.partWasLost() }
        logger.info(
            "model loaded",
            [
                .model: .string(arguments.alias),
                .elapsedMilliseconds: .milliseconds(.now - began),
            ])
    }

    /// Answers requests until a signal comes; the model may leave and come back meanwhile.
    func serve(until signals: TerminationSignals) async throws {
        async let residing: Void = engine.run()
        do {
            try await answer(until: signals)
        } catch {
            await engine.stop()
            throw error
        }
        await residing
    }

    private func answer(until signals: TerminationSignals) async throws {
        let metrics = MetricsRegistry()
        EngineMetrics.register(engine.heartbeat, in: metrics)
        var router = Router()
        router.middleware = [
            Observation(
                logger: logger.labelled("http"), tracer: .system(sampler: .never, queue: SpanQueue()), metrics: metrics,
                ids: .system),
            APIKeyCheck(keys: arguments.serving.apiKeys.map(\.revealed)),
        ]
        let errors = ErrorAnswers(logger: logger)
        router.onError = { error, request in errors.respond(to: error, request) }
        let now: @Sendable () -> Int64 = { UnixTime.now().nanoseconds / 1_000_000_000 }
        let heartbeat = engine.heartbeat
        let openAI = OpenAIRoutes(engine, now: now).routes
        let own = EngineRoutes(engine, contextTokens: await engine.models().first?.contextTokens ?? 0) {
            body, id throws(ServiceError) in
            try CompletionRequest.chat(body, id: id).generation
        }
        let health = HealthRoutes.routes(
            metrics: metrics, health: { [engine] in Self.health(heartbeat.reading, isReady: engine.isReady) })
        let offered = own.routes.filter { arguments.serving.offersSlots || $0.pattern != "/slots" }
        let embeddings = EmbeddingRoutes(engine)
        let all = openAI + embeddings.routes + offered + health
        for route in all + EngineRoutes.aliases(of: all) + embeddings.aliases { router.add(route) }
        let server = HTTPServer(arguments.serverConfiguration, router: router)
        let port = try await server.start()
        announce(port: port)
        let signal = await signals.wait()
        logger.info("stopping", ["signal": .integer(Int64(signal))])
        await server.shutdown(deadline: .seconds(10))
        await engine.stop()
        await shelf?.finish(within: .seconds(10))
    }

    private static func health(_ reading: Heartbeat.Reading, isReady: Bool) -> ServerHealth {
        ServerHealth(
            isReady: isReady,
            details: [
                "heartbeat": [
                    "steps": .integer(Int64(clamping: reading.steps)), "live": .integer(Int64(reading.live)),
                    "running": .integer(Int64(reading.running)),
                ]
            ])
    }

    /// Tells whoever started this process that it can be asked, on one line of standard output.
    private func announce(port: Int?) {
        var line: JSONObject = ["event": "ready", "model": .string(arguments.alias)]
        line["context_tokens"] = .integer(Int64(contextTokens))
        line["port"] = port.map { .integer(Int64($0)) }
        StandardStream.output.write(JSONValue.object(line).text + "\n")
        logger.notice("ready", ["address": .string(port.map { "port \($0)" } ?? "socket")])
    }
}
