/// The configuration while it is being put together: key by key, and not yet checked as a whole.
struct ConfigurationDraft: Sendable {
    var configuration: Configuration
    var tlsCertificate: String?
    var tlsKey: String?
    var models: [ModelDraft] = []

    init(dataDir: String) { configuration = Configuration(dataDir: dataDir) }

    /// The position of the model `name`, which is added when it is new.
    mutating func modelIndex(_ name: String) -> Int {
        if let index = models.firstIndex(where: { $0.name == name }) { return index }
        models.append(ModelDraft(name: name))
        return models.count - 1
    }
}

/// A model while it is being put together. `nil` leaves what `engine.*` says.
struct ModelDraft: Sendable {
    let name: String
    var path: String?
    var projector: String?
    var url: String?
    var upstreamModel: String?
    var apiKey: Secret?
    var kind = ModelKind.text
    var engine: String?
    var threads: Int?
    var contextTokens: Int?
    var parallel: Int?
    var batchTokens: Int?
    var queueMax: Int?
    var sampling = SamplingDefaults()
    var note: String?
    var autostart = true
    var hosting = ModelHosting()

    init(name: String) { self.name = name }

    func parameters(over general: EngineParameters) -> EngineParameters {
        EngineParameters(
            threads: threads ?? general.threads, contextTokens: contextTokens ?? general.contextTokens,
            parallel: parallel ?? general.parallel, batchTokens: batchTokens ?? general.batchTokens,
            queueMax: queueMax ?? general.queueMax, program: engine ?? general.program)
    }
}
