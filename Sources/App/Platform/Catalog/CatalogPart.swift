import AdminAPI
import Configuration
import Foundation
import HTTPServing
import ModelCatalog
import Records
import Storage
import Telemetry
import Vocabulary

/// The model catalogue in the running platform: what the configuration names is in it, what workers tell becomes events, and
/// usage is written now and then.
struct CatalogPart: Sendable {
    let catalog: Catalog
    /// Takes usage at the end of each request; never waits.
    let ledger = UsageLedger()
    private let records: CatalogRecords
    let importer: ModelImporter
    private let configuration: Configuration
    private let logger: Logger
    private let incoming: AsyncStream<WorkerSupervisor.Event>
    private let sender: AsyncStream<WorkerSupervisor.Event>.Continuation

    /// Events that wait to be written; beyond it the oldest are dropped.
    private static let waitingMax = 1_024
    /// How often usage is written.
    private static let usagePause = Duration.seconds(10)
    /// How often the files of models in use are looked at.
    private static let watchPause = Duration.seconds(5)

    init(database: Database, configuration: Configuration, uses: ModelUses, logger: Logger) {
        records = CatalogRecords(database: database)
        catalog = Catalog(store: records, uses: uses, now: { UnixTime.now().nanoseconds / 1_000 })
        importer = ModelImporter(catalog: catalog, ownFolder: Self.ownFolder(of: configuration))
        self.configuration = configuration
        self.logger = logger
        (incoming, sender) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.waitingMax))
    }

    /// Where files lie that the platform fetches or makes: the real path, as the catalogue has real paths only.
    static func ownFolder(of configuration: Configuration) -> String {
        URL(filePath: configuration.dataDir).resolvingSymlinksInPath().path + "/models"
    }

    var routes: [Route] {
        ModelRoutes(catalog: catalog, operations: importer, statistics: records).routes
    }

    /// Takes what happened to a worker; never waits.
    func report(_ event: WorkerSupervisor.Event) { sender.yield(event) }

    /// Ends the streams of events, so that nobody is waited for who only listens.
    func endFollowing() { catalog.endFollowing() }

    /// Nothing more will come; `run` ends when all is written.
    func finish() { sender.finish() }

    /// Sets the catalogue right, before anybody asks: what a killed platform has left, and what the configuration names.
    func prepare() async {
        await attempt("the catalogue could not be set right") { try await catalog.recover() }
        await attempt("the configuration's models could not be noted") { try await noteConfigured() }
    }

    /// Writes what comes until `finish`, and looks after the files of models in use.
    func run() async {
        let usage = Task { await every(Self.usagePause) { await writeUsage() } }
        let watch = Task {
            await every(Self.watchPause) {
                await attempt("the files of models in use could not be looked at") { try await lookAtFilesInUse() }
            }
        }
        for await event in incoming { await note(event) }
        usage.cancel()
        watch.cancel()
        await usage.value
        await watch.value
        await writeUsage()
    }

    private func every(_ pause: Duration, _ work: () async -> Void) async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: pause) } catch { return }
            await work()
        }
    }

    /// A worker goes on with the file that it has mapped when another one takes its place; the catalogue says so.
    private func lookAtFilesInUse() async throws {
        for state in ModelState.all where state.isBusy && state.hasFiles {
            var query = CatalogQuery()
            query.state = state.name
            query.limit = CatalogQuery.limitMax
            for record in try await catalog.page(query).records {
                _ = try await importer.check(record, digests: false)
            }
        }
    }

    private func writeUsage() async {
        let usage = ledger.take()
        await attempt("usage could not be kept") { try await records.add(usage) }
    }

    private func attempt(_ problem: String, _ work: () async throws -> Void) async {
        do {
            try await work()
        } catch {
            guard !error.isCancellation else { return }
            logger.error(problem, [.error: .error(error)])
        }
    }

    // MARK: Workers

    private func note(_ event: WorkerSupervisor.Event) async {
        guard let subject = event.subject else { return }
        let name: ModelName
        do { name = try ModelName(subject.model) } catch { return }
        for changes in Self.readings(event.name) {
            do {
                for change in changes {
                    try await catalog.report(change, deployment: subject.key, of: name, detail: event.detail)
                }
                return
            } catch is InvalidTransition {
                continue  // The next reading of the same word may fit.
            } catch {
                logger.debug("a worker's event could not be kept with its model", [.error: .error(error)])
                return
            }
        }
    }

    /// What a supervisor's word can mean for the model, the likeliest first: one that crashed had been serving or loading.
    static func readings(_ event: String) -> [[ModelChange]] {
        switch event {
        case "started": [[.loadStarted]]
        case "ready": [[.loadFinished]]
        case "stopping": [[.unloadStarted]]
        case "stopped": [[.unloadFinished], [.unloadStarted, .unloadFinished]]
        case "crashed": [[.crashed], [.loadFailed]]
        default: []
        }
    }

    // MARK: The configuration

    /// What stands in `models` appears in the catalogue under its name there.
    private func noteConfigured() async throws {
        for model in configuration.models {
            let name: ModelName
            do {
                name = try ModelName(model.name)
            } catch {
                logger.warning("a model's name is none for the catalogue", ["reason": .string(error.description)])
                continue
            }
            do {
                guard let found = try await found(model, name) else { continue }
                _ = try await catalog.put(found)
            } catch let error as ModelFileError {
                logger.warning(
                    "a configured model cannot be read", [.model: .string(model.name), .error: .error(error)])
            }
        }
    }

    /// The model with its metadata; `nil` when the catalogue has read the same file before.
    private func found(_ model: ModelConfiguration, _ name: ModelName) async throws -> FoundModel? {
        guard case .file(let path, let projector) = model.source else {
            var metadata = ModelMetadata()
            metadata.format = "remote"
            return FoundModel(name: name, origin: .configuration, files: [], metadata: metadata)
        }
        let disk = DiskModelFiles()
        let known = try await records.model(name)?.record
        return try await BlockingWork.run {
            func file(_ path: String, _ role: ModelFile.Role) throws -> ModelFile {
                let full = try disk.resolved(path)
                guard let look = try disk.look(at: full) else { throw ModelFileError(.missing, path, "It is missing.") }
                return ModelFile(path: full, role: role, identity: look.identity)
            }
            let files = [try file(path, .weights)] + (try projector.map { [try file($0, .projector)] } ?? [])
            if let known, known.state.hasFiles, known.files.map(\.withoutDigest) == files { return nil }
            let read = try disk.read(files[0].path)
            return FoundModel(
                name: name, origin: .configuration, files: files, metadata: read.metadata, texts: read.texts)
        }
    }
}

extension WorkerSupervisor.Subject {
    /// The first server of a deployment goes by the deployment's name, the others by a number behind it, which no name has.
    fileprivate var key: String { replica == 1 ? deployment : "\(deployment)#\(replica)" }
}
