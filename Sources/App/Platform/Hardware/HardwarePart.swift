import AdminAPI
import Configuration
import Foundation
import GGUF
import HTTPFetching
import HTTPServing
import Hardware
import ModelCatalog
import Processes
import Records
import Storage
import Telemetry

/// What the platform knows of its machine, of engines and of models that fit, joined from its parts.
struct HardwarePart: Sendable {
    let watch: MachineWatch
    /// For deployments that name an engine.
    let engines: EngineVersions
    private let advisor: ModelAdvisor

    /// What the parts are built from.
    struct Surroundings: Sendable {
        var configuration: Configuration
        var database: Database
        var client: HTTPClient
        var launcher: ProcessLauncher
        /// Path of `nexus-engine`.
        var engineProgram: String
        /// What tools and workers inherit.
        var environment: [String: String]
        var logger: Logger
    }

    init(_ given: Surroundings) {
        // What containers set, and where caches lie, is not for tools and workers.
        let own = ProcessInfo.processInfo.environment
        let tools = ToolRun(launcher: given.launcher, environment: given.environment)
        watch = MachineWatch(
            MachineProbe(
                files: HardwareFiles(), tools: tools, modelFolder: given.configuration.dataDir + "/models",
                environment: own))
        engines = EngineVersions(
            places: EngineVersions.Places(
                ownProgram: given.engineProgram, runtimes: Self.runtimes(own)),
            configured: given.configuration.engine.programs, tools: tools)
        let catalogue = CatalogRecords(database: given.database)
        let configured = given.configuration.models
        advisor = ModelAdvisor(
            ModelAdvisor.Parts(
                watch: watch, engines: engines, records: SpeedRecords(database: given.database),
                run: SpeedRun(launcher: given.launcher, client: given.client, environment: given.environment),
                models: { try await Self.models(configured, catalogue) }, logger: given.logger))
    }

    var routes: [Route] {
        HardwareRoutes { [watch] isFresh in await watch.machine(isFresh: isFresh) }.routes
            + EngineListRoutes { [engines] in await engines.installed() }.routes + RecommendationRoutes(advisor).routes
    }

    /// Where `scripts/llama-runtime.sh` keeps its builds.
    private static func runtimes(_ environment: [String: String]) -> String? {
        if let folder = environment["NEXUS_CACHE_DIR"], !folder.isEmpty { return folder }
        if let cache = environment["XDG_CACHE_HOME"], !cache.isEmpty { return cache + "/llama-nexus" }
        return environment["HOME"].map { $0 + "/.cache/llama-nexus" }
    }

    /// Models of the configuration, then those of the catalogue with other files.
    private static func models(
        _ configured: [ModelConfiguration], _ catalogue: CatalogRecords
    ) async throws -> [ModelAdvisor.LocalModel] {
        var models: [ModelAdvisor.LocalModel] = configured.compactMap { model in
            guard case .file(let path, let projector) = model.source else { return nil }
            return ModelAdvisor.LocalModel(name: model.name, path: path, projector: projector)
        }
        var query = CatalogQuery()
        query.format = "gguf"
        query.limit = CatalogQuery.limitMax
        for record in try await catalogue.page(query).records {
            guard let file = record.mainFile, !models.contains(where: { $0.path == file.path }) else { continue }
            models.append(
                ModelAdvisor.LocalModel(
                    name: record.name.description, path: file.path,
                    projector: record.projector?.path))
        }
        return models
    }
}
