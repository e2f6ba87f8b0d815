public import Configuration
import Foundation
import HTTPServing
import Inference
import JSONText
import Launch
import LlamaServerAPI
import LlamaRuntime
import MessagesAPI
import OpenAIAPI
import RequestScope
import ResponsesAPI
import Synchronization
import Telemetry
import Vocabulary
import WebApp

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
            name: "nexus", summary: "Llama Nexus serves language models.",
            commands: [EngineArguments.command] + EngineTools.commands)
        do {
            switch try program.parse(
                EngineTools.takes(arguments) ? arguments : ["engine"] + arguments, environment: environment)
            {
            case .help(let text): StandardStream.output.write(text)
            case .version: StandardStream.output.write(productVersion + "\n")
            case .command(let parsed) where EngineTools.takes([parsed.name]): try await EngineTools.run(parsed)
            case .command(let parsed) where parsed[EngineOption.listDevices]:
                try DeviceList.show(try RemoteArguments(parsed))
            case .command(let parsed) where parsed[EngineOption.buildInfo]:
                StandardStream.output.write(BuildReport.line + "\n")
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
            guard !arguments.speculation.isCompared else { return try await compare(arguments, logger: log.logger) }
            // Listening comes first: a port that is taken is told at once, and clients can wait for the model.
            let gate = LoadingGate()
            let servers = try await HTTPServerGroup(starting: arguments, router: gate.router)
            do {
                let worker = try await Worker(arguments, logger: log.logger)
                await worker.serve(until: signals, on: servers, through: gate)
            } catch {
                await servers.shutdown(deadline: .zero)
                throw error
            }
        }
    }
}

extension EngineProgram {
    /// What a prompt's file may hold.
    private static let promptBytesMax = 4 << 20

    private static func compare(_ arguments: EngineArguments, logger: Logger) async throws {
        let loaded = try LoadedModel(arguments, logger: logger)
        let prompts = try arguments.speculation.promptPath.map {
            [try ArgumentFile.text($0, bytesMax: promptBytesMax, ArgumentFile.read(_:bytesMax:))]
        }
        let comparison = SpeculationComparison(loaded: loaded, logger: logger)
        let figures = try await comparison.figures(
            SpeculationComparison.ways(arguments), prompts: prompts ?? SpeculationComparison.prompts)
        for line in SpeculationTable(figures: figures).lines { StandardStream.output.write(line + "\n") }
    }
}

/// The running parts of one worker.
private struct Worker {
    let arguments: EngineArguments
    let logger: Logger
    let engine: EngineHost
    let shelf: CacheFileShelf?
    let slotFiles: SlotFileStore?
    let contextTokens: Int
    let profile: EngineProfile

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
        slotFiles = parts.slotFiles(for: engine)
        var profile = parts.profile(contextTokens: await service.models().first?.contextTokens ?? 0)
        profile.isSleeping = { [engine] in engine.isSleeping }
        let modalities = await service.models().first?.modalities ?? Modalities()
        (profile.readsImages, profile.hearsSound) = (modalities.image, modalities.audio)
        self.profile = profile
        logger.info(
            "model loaded",
            [
                .model: .string(arguments.alias),
                .elapsedMilliseconds: .milliseconds(.now - began),
            ])
    }

    /// Answers requests until a signal comes; the model may leave and come back meanwhile.
    func serve(
        until signals: TerminationSignals, on servers: HTTPServerGroup, through gate: LoadingGate
    ) async {
        async let residing: Void = engine.run()
        gate.open(router)
        announce(port: servers.port)
        let signal = await signals.wait()
        logger.info("stopping", ["signal": .integer(Int64(signal))])
        await servers.shutdown(deadline: .seconds(10))
        await engine.stop()
        await shelf?.finish(within: .seconds(10))
        await residing
    }

    private var router: Router {
        let metrics = MetricsRegistry()
        EngineMetrics.register(engine.heartbeat, in: metrics)
        var router = Router()
        router.middleware = [
            Observation(
                logger: logger.labelled("http"), tracer: .system(sampler: .never, queue: SpanQueue()), metrics: metrics,
                ids: .system),
            arguments.serving.origins,
            APIKeyCheck(
                keys: arguments.serving.apiKeys.map(\.revealed), shapes: Self.errorShapes,
                opensPage: arguments.serving.hasPage),
        ]
        let errors = ErrorAnswers(logger: logger, shapes: Self.errorShapes)
        router.onError = { error, request in errors.respond(to: error, request) }
        let now: @Sendable () -> Int64 = { UnixTime.now().seconds }
        let style = OpenAIRoutes.Style(
            fingerprint: WorkerEngine.fingerprint, isVerbose: arguments.serving.answersVerbosely)
        let openAI = OpenAIRoutes(engine, now: now, style: style)
        let own = EngineRoutes(engine, contextTokens: profile.contextTokens, profile: profile) {
            body, id throws(ServiceError) in
            try CompletionRequest.chat(body, id: id).generation
        }
        let health = healthRoutes(metrics, startedAt: now())
        let slots = SlotRoutes(slotFiles).routes
        let embeddings = EmbeddingRoutes(engine, now: now)
        let adapters = AdapterRoutes(engine) { field throws(JSONFieldError) in try AdapterFields.list(field) }
        let counts = TokenCountRoutes(engine)
        let responses = ResponsesRoutes(engine, now: now)
        let dialects = counts.routes + responses.routes + MessagesRoutes(engine).routes
        let all =
            openAI.routes + dialects + embeddings.routes + offered(own.routes) + slots + adapters.routes + health
        let aliases = EngineRoutes.aliases(of: all) + embeddings.aliases + counts.aliases + responses.aliases
        for route in all + aliases + openAI.nativeRoutes { router.add(route) }
        if arguments.serving.hasPage {
            let page = WebRoutes(folder: WebFolder.find(beside: WebFolder.program))
            for route in page.routes { router.add(route) }
        }
        return router
    }

    /// Of the APIs whose errors look different from OpenAI's; every other path has OpenAI's, as in llama-server.
    private static let errorShapes = [
        MessageErrors.shape, ResponsesRoutes.aliasErrors, .openAI(below: ""),
    ]

    /// The engine's routes, where those that the options leave off say so.
    private func offered(_ routes: [Route]) -> [Route] {
        guard !arguments.serving.offersSlots else { return routes }
        let (slots, others) = (routes.filter { $0.pattern == "/slots" }, routes.filter { $0.pattern != "/slots" })
        return others + EngineRoutes.off(slots, "the slots endpoint", option: "--slots")
    }

    private func healthRoutes(_ metrics: MetricsRegistry, startedAt: Int64) -> [Route] {
        let heartbeat = engine.heartbeat
        let peer = LlamaServerMetrics { EngineCounts(heartbeat.reading) }
        let health = { @Sendable [engine] in Self.health(heartbeat.reading, isReady: engine.isReady) }
        let routes = HealthRoutes.routes(metrics: metrics, health: health)
        let (own, others) = (routes.filter { $0.pattern == "/metrics" }, routes.filter { $0.pattern != "/metrics" })
        guard arguments.serving.offersMetrics else {
            return others + EngineRoutes.off(own, "the metrics endpoint", option: "--metrics")
        }
        return others + own.map { EngineRoutes.metrics($0, peer, startedAt: startedAt) }
    }

    private static func health(_ reading: Heartbeat.Reading, isReady: Bool) -> ServerHealth {
        ServerHealth(
            isReady: isReady,
            details: [
                "heartbeat": [
                    "steps": .integer(Int64(clamping: reading.steps)), "live": .integer(Int64(reading.live)),
                    "running": .integer(Int64(reading.running)), "cells_used_max": .whole(reading.cellsUsedMax),
                    "prefix_bytes": .whole(reading.prefixBytes), "step_tokens_max": .whole(reading.stepTokensMax),
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
