import ModelCatalog
import Vocabulary

/// A model's files, as a deployment needs them.
struct ServableModel: Sendable, Equatable {
    /// Its name in the catalogue, under which its life is noted; `nil` for one that was given by its path.
    var name: String?
    /// The weights' file.
    var path: String
    /// What reads images or recordings for it.
    var projector: String?

    init(path: String) { self.path = path }

    /// `nil` when nothing of it lies on this machine.
    init?(_ record: ModelRecord) {
        guard let file = record.mainFile, record.state.hasFiles else { return nil }
        name = record.name.description
        path = file.path
        projector = record.projector?.path
    }
}

/// What deployments ask the rest of the platform for.
struct ModelResolution: Sendable {
    /// The model of a name; `nil` when nobody knows it.
    var named: @Sendable (String) async -> ServableModel? = { _ in nil }
    /// The model with this file.
    var ofFile: @Sendable (String) async -> ServableModel? = { _ in nil }
    /// The program of an engine that is named.
    ///
    /// Throws `ServiceError` when there is none, or it does not start.
    var engine: @Sendable (String) async throws -> EngineLaunch = { name in
        throw ServiceError(.invalidValue, "There is no engine '\(name)' here.", parameter: "engine")
    }
}

extension ModelResolution {
    /// - Parameters:
    ///   - catalog: knows the models.
    ///   - engines: knows the installed engines.
    init(_ catalog: Catalog, _ engines: EngineVersions) {
        named = { name in
            do { return ServableModel(try await catalog.find(name).record) } catch { return nil }
        }
        ofFile = { path in
            var query = CatalogQuery()
            query.path = path
            query.limit = 1
            do { return try await catalog.page(query).records.first.flatMap(ServableModel.init) } catch { return nil }
        }
        engine = { try await engines.program(named: $0) }
    }
}
