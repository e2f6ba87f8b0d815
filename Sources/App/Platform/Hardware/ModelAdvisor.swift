import Hardware
import Hosting
import Records
import Telemetry
import Vocabulary

/// Joins what the advice on models needs: the machine, the engine, what was measured, and the models that there are.
actor ModelAdvisor: ModelAdvising {
    /// A model of this machine.
    struct LocalModel: Sendable {
        var name: String
        var path: String
        /// The file beside it that reads images.
        var projector: String?
    }

    /// What the advisor is given.
    struct Parts: Sendable {
        var watch: MachineWatch
        var engines: EngineVersions
        var records: SpeedRecords
        var run: SpeedRun
        /// All models that are here, by their files.
        var models: @Sendable () async throws -> [LocalModel]
        var logger: Logger
    }

    private let parts: Parts
    private var probe: (probe: SpeedProbe, threads: Int)?
    private var isMeasuring = false

    init(_ parts: Parts) { self.parts = parts }

    func advice(for wish: Wish, reading: UseCaseText.Reading) async throws -> Advice {
        let machine = await parts.watch.machine()
        let engine = await parts.engines.installed().first { $0.origin == .own }?.build
        guard let room = Room.of(machine, engine: engine) else {
            throw ServiceError(
                .notSupported, "Nothing tells how much memory this machine has.",
                hint: "GET /api/v1/hardware shows what could not be read, and why.")
        }
        let threads = machine.usableCores
        let runs = try await parts.records.newest().filter { $0.threads == threads && $0.engine == Self.name(engine) }
        // What the short look measures says nothing of accelerators.
        let probe =
            room.device == nil
            ? await lookedAt(threads, machine.processor.features)
            : room.accelerator.flatMap { SpeedProbe.published(of: $0) }
        let speed = SpeedModel.make(runs: runs, probe: probe)
        var remarks: [String] = []
        let local = try await offers(remarks: &remarks)
        let recommender = Recommender(room: room, speed: speed, threads: threads) { [device = room.device] in
            let footprint = MemoryEstimate(of: $0, served: $1).footprint
            return device.map { footprint.devices[$0] ?? 0 } ?? footprint.host
        }
        if case .classified(_, let classification) = reading, classification.isTie {
            remarks.append("The description fits another use as well; name the use to be sure.")
        }
        if engine == nil { remarks.append("The engine does not start, so that nothing can be served at the moment.") }
        return Advice(
            wish: wish, reading: reading, room: room, threads: threads, speed: speed,
            recommendations: recommender.recommendations(for: wish, among: local + KnownModel.all.map { Offer($0) }),
            remarks: remarks)
    }

    func measure(_ model: String) async throws -> [SpeedMeasurement] {
        guard !isMeasuring else {
            throw ServiceError(
                .conflict, "Another model is being measured, and both would be slower than they are.",
                hint: "Try again in a minute.", retryAfter: .seconds(30))
        }
        isMeasuring = true
        defer { isMeasuring = false }
        let models = try await parts.models()
        guard let found = models.first(where: { $0.name == model }) else {
            throw ServiceError(
                .modelNotFound, "There is no model '\(model)' on this machine.",
                hint: models.isEmpty
                    ? "Import or download one." : "There are \(models.map(\.name).joined(separator: ", ")).")
        }
        let engine = try EngineSelection.engine(named: nil, among: await parts.engines.installed())
        let launch = try await parts.engines.program(named: nil)
        let machine = await parts.watch.machine()
        let runs = try await parts.run.measure(
            found.name, path: found.path, engine: launch, build: Self.name(engine.build), threads: machine.usableCores)
        for run in runs { try await parts.records.add(run, at: UnixTime.now().nanoseconds / 1_000) }
        return runs
    }

    func measurements() async throws -> [SpeedMeasurement] { try await parts.records.newest() }

    /// By which runs are compared: the build and where it computes.
    private static func name(_ build: EngineBuild?) -> String {
        guard let build else { return "unknown" }
        let device = build.devices.first { $0 != "CPU" && $0 != "BLAS" } ?? "CPU"
        return "llama.cpp \(build.llamaVersion ?? build.version) ggml \(build.ggmlVersion ?? "?") \(device)"
    }

    private func lookedAt(_ threads: Int, _ features: [ProcessorFeature]) async -> SpeedProbe {
        if let probe, probe.threads == threads { return probe.probe }
        let found = await SpeedMeter.probe(threads: threads, features: features)
        probe = (found, threads)
        return found
    }

    private func offers(remarks: inout [String]) async throws -> [Offer] {
        var offers: [Offer] = []
        for model in try await parts.models() {
            do {
                let projector = try model.projector.map { try ModelFileFacts(path: $0).shape }
                offers.append(try ModelFileFacts(path: model.path).offer(name: model.name, projector: projector))
            } catch {
                remarks.append("'\(model.name)' cannot be judged: its files cannot be read as GGUF.")
                parts.logger.notice(
                    "a model's files cannot be read", [.model: .string(model.name), .error: .error(error)])
            }
        }
        return offers
    }
}
