import Digests
import Hosting
import JSONText
import Jobs
import ModelCatalog
import OllamaAPI
import Telemetry
import Vocabulary

/// The deployments and the catalogue as Ollama's clients see them: what is served is what there is.
struct OllamaModels: OllamaLibrary {
    let deployments: Deployments
    let catalog: Catalog
    let operations: any ModelFileOperations
    let runner: JobRunner

    func models() async throws -> [OllamaModel] {
        var models: [OllamaModel] = []
        for deployment in visible { models.append(await model(deployment).model) }
        return models
    }

    func running() async throws -> [OllamaRunningModel] {
        let lines = deployments.around.desk.plan.lines
        var running: [OllamaRunningModel] = []
        for deployment in visible {
            let report = await deployment.report()
            guard report.active.spec.kind.isLocal, report.stage == .ready || report.stage == .switching else {
                continue
            }
            let leavesIn = lines.first { $0.id == deployment.id }?.leavesIn
            running.append(
                OllamaRunningModel(
                    await model(deployment).model,
                    residentBytes: report.residentBytes ?? report.predictedBytes ?? 0,
                    expires: leavesIn.map { UnixTime.now() + $0 },
                    contextTokens: report.replicas.compactMap(\.contextTokens).first))
        }
        return running
    }

    func description(of name: String) async throws -> OllamaModelDescription {
        let deployment = try known(name)
        let (model, record) = await model(deployment)
        var description = OllamaModelDescription(model)
        let spec = await deployment.active.spec
        description.parameters = Self.parameters(of: spec)
        let served = await deployment.served(created: 0)
        guard let record else {
            description.capabilities = served.isEncoder ? ["embedding"] : ["completion"]
            return description
        }
        let texts = try await catalog.find(record.name.description).texts
        description.license = texts.license ?? record.metadata.license ?? ""
        description.template = texts.chatTemplate ?? ""
        description.source = record.name.description == deployment.name ? nil : record.name.description
        description.info = Self.info(record)
        description.capabilities = Self.capabilities(served, template: description.template)
        return description
    }

    /// Ollama's words for what the model can be asked for, by what it reads and what its template writes.
    private static func capabilities(_ model: ServedModel, template: String) -> [String] {
        guard !model.isEncoder else { return ["embedding"] }
        var words = ["completion"]
        if template.contains("tools") { words.append("tools") }
        if template.contains("<think>") || template.contains("enable_thinking") { words.append("thinking") }
        if model.modalities.image { words.append("vision") }
        if model.modalities.audio { words.append("audio") }
        return words
    }

    private static func info(_ record: ModelRecord) -> JSONObject {
        let metadata = record.metadata
        var info = JSONObject()
        let architecture = metadata.architecture ?? "unknown"
        info["general.architecture"] = metadata.architecture.map(JSONValue.string)
        info["general.name"] = metadata.title.map(JSONValue.string)
        info["general.parameter_count"] = metadata.parameterCount.map(JSONValue.integer)
        info["general.license"] = metadata.license.map(JSONValue.string)
        let numbers = [
            ("context_length", metadata.contextLength), ("embedding_length", metadata.embeddingLength),
            ("block_count", metadata.blockCount), ("attention.head_count", metadata.headCount),
            ("attention.head_count_kv", metadata.keyValueHeadCount), ("vocab_size", metadata.vocabularySize),
        ]
        for (name, number) in numbers { info["\(architecture).\(name)"] = number.map(JSONValue.whole) }
        info["tokenizer.ggml.model"] = metadata.tokenizer.map(JSONValue.string)
        return info
    }

    private static func parameters(of spec: DeploymentSpec) -> [(name: String, value: String)] {
        guard case .engine(let settings) = spec.kind else { return [] }
        let sampling = settings.sampling
        let said: [(String, String?)] = [
            ("num_ctx", settings.contextTokens.map { String($0) }),
            ("temperature", sampling.temperature.map { String($0) }), ("top_p", sampling.topP.map { String($0) }),
            ("top_k", sampling.topK.map { String($0) }), ("min_p", sampling.minP.map { String($0) }),
            ("seed", sampling.seed.map { String($0) }),
        ]
        return said.compactMap { name, value in value.map { (name, $0) } }
    }

    // MARK: One model

    /// What the caller may ask.
    private var visible: [Deployment] {
        let principal = Principal.current ?? .open
        return deployments.all.filter { principal.allows(model: $0.name) }
    }

    func known(_ name: String) throws(ServiceError) -> Deployment {
        if let found = deployments.find(name), (Principal.current ?? .open).allows(model: found.name) { return found }
        throw ServiceError(
            .modelNotFound, "model '\(name)' not found", hint: "GET /api/tags lists those that are served.",
            parameter: "model")
    }

    /// The catalogue's record of the file that a deployment serves.
    func record(_ spec: DeploymentSpec) async -> ModelRecord? {
        guard let path = await deployments.around.foundry.found(spec.kind.modelPath)?.path else { return nil }
        var query = CatalogQuery()
        query.path = path
        query.limit = 1
        do { return try await catalog.page(query).records.first } catch { return nil }
    }

    private func model(_ deployment: Deployment) async -> (model: OllamaModel, record: ModelRecord?) {
        let version = await deployment.active
        let record = await record(version.spec)
        let changed = record?.changedAt ?? version.createdAt
        var model = OllamaModel(
            name: deployment.name, modified: UnixTime(nanoseconds: changed * 1_000), bytes: record?.byteCount ?? 0,
            digest: Self.digest(record, name: deployment.name))
        model.format = record?.metadata.format ?? version.spec.kind.name
        model.family = record?.metadata.architecture ?? ""
        model.parameterCount = record?.metadata.parameterCount
        model.quantization = record?.metadata.quantization ?? ""
        return (model, record)
    }

    /// The SHA-256 of the model's file where it is known, else of what tells this file from another one.
    private static func digest(_ record: ModelRecord?, name: String) -> String {
        guard let file = record?.mainFile else { return SHA256.digest(of: Array(name.utf8)).hexadecimal }
        if let known = file.sha256 { return known }
        let text = "\(file.path)\n\(file.identity.byteCount)\n\(file.identity.modifiedAt)"
        return SHA256.digest(of: Array(text.utf8)).hexadecimal
    }

    // MARK: Memory

    func load(_ name: String, keepAlive: KeepAlive?) async throws {
        var wish = Deployment.Wish()
        wish.keepAlive = keepAlive
        _ = try await known(name).acquire(wish)
    }

    func unload(_ name: String) async throws {
        let deployment = try known(name)
        guard await deployment.stage() == .ready else { return }
        try await load(name, keepAlive: .lasting(.zero))
    }
}

/// What is asked of the disk beside the catalogue.
protocol ModelFileOperations: Sendable {
    /// Removes files of a model that was taken out of the catalogue.
    func removeFiles(of record: ModelRecord, evenForeign: Bool) async throws -> [String]
}

extension ModelImporter: ModelFileOperations {}
