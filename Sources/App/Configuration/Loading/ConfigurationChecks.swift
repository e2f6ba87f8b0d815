/// What must hold between keys, after every key is right by itself.
struct ConfigurationChecks {
    let draft: ConfigurationDraft
    let sources: [String: ValueSource]
    private var problems: [ConfigurationProblem] = []

    init(draft: ConfigurationDraft, sources: [String: ValueSource]) {
        self.draft = draft
        self.sources = sources
    }

    /// The models, complete, and everything that is wrong.
    func run() -> (models: [ModelConfiguration], problems: [ConfigurationProblem]) {
        var checks = self
        checks.checkTLS()
        checks.checkRestart()
        let models = draft.models.compactMap { checks.model($0) }
        checks.checkDefaultModel()
        return (models, checks.problems)
    }

    private mutating func checkTLS() {
        switch (draft.tlsCertificate, draft.tlsKey) {
        case (nil, .some): report("server.tls.key", "needs server.tls.certificate too")
        case (.some, nil): report("server.tls.certificate", "needs server.tls.key too")
        case (nil, nil), (.some, .some): break
        }
    }

    private mutating func checkRestart() {
        let restart = draft.configuration.engine.restart
        guard restart.initial > restart.max else { return }
        let path = sources["engine.restart.max"] == nil ? "engine.restart.initial" : "engine.restart.max"
        report(
            path,
            "does not fit: engine.restart.initial (\(DurationText.render(restart.initial))) is longer than "
                + "engine.restart.max (\(DurationText.render(restart.max)))")
    }

    private mutating func checkDefaultModel() {
        guard let name = draft.configuration.defaultModel else { return }
        let names = draft.models.map(\.name)
        guard !names.contains(name) else { return }
        let known = names.isEmpty ? "there are no models" : "there are \(names.joined(separator: ", "))"
        let suggestion = Suggestion.sentence(Suggestion.closest(to: name, among: names))
        report("defaultModel", "names '\(name)', which is not under models; \(known)\(suggestion)")
    }

    private mutating func model(_ draft: ModelDraft) -> ModelConfiguration? {
        guard let source = modelSource(draft) else { return nil }
        return ModelConfiguration(
            name: draft.name, source: source, kind: draft.kind,
            engine: draft.parameters(over: self.draft.configuration.engine.parameters),
            sampling: draft.sampling, note: draft.note, autostart: draft.autostart, hosting: draft.hosting)
    }

    private mutating func modelSource(_ model: ModelDraft) -> ModelSource? {
        let path = "models.\(model.name)"
        switch (model.path, model.url) {
        case (let file?, nil):
            if model.apiKey != nil { report("\(path).apiKey", "goes with url, but this model has a path") }
            if model.upstreamModel != nil {
                report("\(path).upstreamModel", "goes with url, but this model has a path")
            }
            return .file(path: file, projector: model.projector)
        case (nil, let url?):
            if model.projector != nil { report("\(path).projector", "goes with path, but this model has a url") }
            return .external(url: url, model: model.upstreamModel ?? model.name, apiKey: model.apiKey)
        case (nil, nil):
            report(path, "needs path (a GGUF file) or url (another server)")
        case (.some, .some):
            report(path, "has both path and url; only one of them can be true")
        }
        return nil
    }

    /// With the source of the key, or of the first key below it.
    private mutating func report(_ path: String, _ sentence: String) {
        let below = sources.keys.filter { $0.hasPrefix(path + ".") }.min().flatMap { sources[$0] }
        problems.append(ConfigurationProblem(path: path, source: sources[path] ?? below ?? .builtIn, sentence))
    }
}
