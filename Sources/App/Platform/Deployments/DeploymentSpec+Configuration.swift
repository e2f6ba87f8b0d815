import Configuration
import Hosting
import Vocabulary

extension DeploymentSpec {
    /// A model of the configuration as a deployment.
    init(_ model: ModelConfiguration) {
        switch model.source {
        case .file(let path, let projector):
            var settings = EngineSettings(model: path)
            settings.projector = projector
            settings.contextTokens = model.engine.contextTokens
            settings.parallel = model.engine.parallel
            settings.batchTokens = model.engine.batchTokens
            settings.queueMax = model.engine.queueMax
            settings.threads = model.engine.threads
            settings.engine = model.engine.program
            settings.sampling.temperature = model.sampling.temperature
            settings.sampling.topP = model.sampling.topP
            settings.sampling.topK = model.sampling.topK
            settings.sampling.minP = model.sampling.minP
            settings.sampling.seed = model.sampling.seed
            self.init(.engine(settings))
        case .external(let url, let name, let apiKey):
            var settings = RemoteSettings(url: url)
            settings.upstreamModel = name
            settings.apiKey = apiKey?.revealed
            self.init(.remote(settings))
        }
        switch model.kind {
        case .text: purpose = .text
        case .embeddings: purpose = .embeddings
        case .reranking: purpose = .reranking
        }
        remark = model.note
        isPreloaded = model.autostart
        aliases = model.hosting.aliases
        fallback = model.hosting.fallback
        replicas = model.hosting.replicas
        isPinned = model.hosting.isPinned
        concurrency = model.hosting.concurrency
        keepAlive = model.hosting.keepAlive.map { .lasting($0) }
        priority = Priority(rawValue: model.hosting.priority.rawValue) ?? .normal
    }

    /// Answers at the same time of one server, as far as is known.
    var parallel: Int {
        guard case .engine(let settings) = kind else { return EngineParameters().parallel }
        return settings.parallel ?? EngineParameters().parallel
    }

    /// Without what may not be written down: keys of the configuration stay where they are.
    var withoutSecrets: DeploymentSpec {
        guard case .remote(var settings) = kind else { return self }
        settings.apiKey = nil
        var copy = self
        copy.kind = .remote(settings)
        return copy
    }

    /// With the key of the configuration, where this speaks to the same server and has none.
    func withSecrets(of other: DeploymentSpec) -> DeploymentSpec {
        guard case .remote(var settings) = kind, case .remote(let given) = other.kind, settings.apiKey == nil,
            settings.url == given.url
        else { return self }
        settings.apiKey = given.apiKey
        var copy = self
        copy.kind = .remote(settings)
        return copy
    }
}
