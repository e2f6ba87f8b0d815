import Configuration
import Hardware
import Hosting
import ModelCatalog
import Telemetry
import Vocabulary

/// Predicts what models take of memory: their headers, this machine's devices, and what was learned from workers.
struct MemoryForecast: Sendable {
    /// A model's files, by its name.
    struct Files: Sendable {
        var path: String
        var projector: String?
    }

    let headers = ModelHeaders()
    let lessons: MemoryLessons
    /// This machine, as it was seen last.
    let machine: @Sendable () async -> MachineGlance.View
    /// Finds what is named and not given by its path; `nil` when nobody knows it.
    let find: @Sendable (String) async -> Files?

    /// Predicts.
    ///
    /// - Parameter question: with names or paths of files.
    /// - Returns: the file that the model's name led to, the whole request, and the answer.
    /// - Throws: `ServiceError` when a file is missing or cannot be read.
    func answer(_ question: MemoryQuestion) async throws -> (path: String, request: MemoryRequest, answer: MemoryAnswer)
    {
        let files = await files(question.model)
        let shape = try await headers.shape(of: files.path)
        var request = question.request
        if let projector = question.projector ?? files.projector {
            request.projector = try await headers.shape(of: await self.files(projector).path)
        }
        if let draft = question.draft {
            var own = MemoryRequest.Draft(
                shape: try await headers.shape(of: await self.files(draft.model).path), cells: draft.cells)
            own.keyType = draft.keyType
            own.valueType = draft.valueType
            request.draft = own
        }
        request.adapterBytes = []
        for adapter in question.adapters {
            request.adapterBytes.append(try await headers.shape(of: adapter).weightBytes)
        }
        let machine = await machine()
        request.devices = question.devices ?? machine.devices
        if let bytes = machine.machine.memoryBytes { request.machineBytes = bytes }
        let key = MemoryKey(shape, request)
        let answer = MemoryAnswer(
            shape: shape, estimate: MemoryEstimate(of: shape, served: request), correction: lessons.correction(of: key))
        return (files.path, request, answer)
    }

    /// What has to be free before a worker with this command line is started; nothing where its file cannot be read, because then
    /// it will not start either.
    func footprint(engineArguments: [String]) async -> Footprint {
        guard let question = MemoryQuestion(engineArguments: engineArguments) else { return .none }
        do {
            return try await answer(question).answer.footprint
        } catch {
            return .none
        }
    }

    /// Paths are what they are; other words are looked up first.
    private func files(_ name: String) async -> Files {
        if !name.contains("/"), let found = await find(name) { return found }
        if let found = name.hasPrefix("/") ? nil : await find(name) { return found }
        return Files(path: name)
    }
}

extension MemoryForecast.Files {
    /// Finds models of the configuration by their names, then those of the catalogue.
    static func finder(_ configuration: Configuration, _ catalog: Catalog) -> @Sendable (String) async -> Self? {
        { name in
            for model in configuration.models where model.name == name {
                if case .file(let path, let projector) = model.source { return Self(path: path, projector: projector) }
            }
            do {
                let record = try await catalog.find(name).record
                guard let file = record.mainFile else { return nil }
                return Self(path: file.path, projector: record.projector?.path)
            } catch {
                return nil  // Then it is a path, or nothing.
            }
        }
    }
}

/// The machine as it was seen last, without waiting: predictions are asked for while somebody moves a slider.
actor MachineGlance {
    /// What predictions need of it.
    struct View: Sendable {
        var machine: Machine
        var devices: [MemoryRequest.Device]
    }

    private let watch: MachineWatch
    private let engines: EngineVersions
    private var last: (view: View, at: ContinuousClock.Instant)?
    private var isLooking = false
    /// How long a look is good for, before it is renewed.
    private static let ageMax = Duration.seconds(5)

    init(watch: MachineWatch, engines: EngineVersions) {
        self.watch = watch
        self.engines = engines
    }

    /// The first one waits for a look at the machine; later ones get the last look, and have it renewed.
    var now: View {
        get async {
            guard let last else { return await look() }
            if !isLooking, .now - last.at > Self.ageMax {
                isLooking = true
                Task { _ = await self.look() }
            }
            return last.view
        }
    }

    private func look() async -> View {
        let machine = await watch.machine()
        let names = await engines.installed().first { $0.origin == .own }?.build?.devices ?? []
        let accelerators = machine.accelerators.filter { $0.partitioning?.isOn != true }
        let devices = zip(names.filter { $0 != "CPU" && $0 != "BLAS" && !$0.isEmpty }, accelerators).map {
            MemoryRequest.Device(name: $0, freeBytes: $1.freeBytes ?? $1.totalBytes ?? 0)
        }
        let view = View(machine: machine, devices: Array(devices))
        last = (view, .now)
        isLooking = false
        return view
    }
}
