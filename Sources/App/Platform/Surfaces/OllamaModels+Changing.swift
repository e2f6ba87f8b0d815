import AdminAPI
import Hosting
import JSONText
import Jobs
import ModelCatalog
import ModelHub
import OllamaAPI
import Vocabulary

/// Bringing, making and removing models by Ollama's words.
extension OllamaModels {
    // MARK: Pull

    func pull(_ name: String, tell: @escaping @Sendable (OllamaProgress) async throws -> Void) async throws {
        guard let reference = try reference(name) else {
            try await tell(OllamaProgress("pulling manifest"))
            return try await tell(OllamaProgress("success"))
        }
        let job = try await runner.submit(
            DownloadJob.name, [DownloadJob.reference: .string(reference.description)])
        let changes = await runner.events(of: job.id)
        try await tell(OllamaProgress("pulling manifest"))
        var last = try await runner.find(job.id)
        var events = changes.makeAsyncIterator()
        while !last.state.isFinished {
            if let progress = Self.progress(last, of: reference) { try await tell(progress) }
            guard let next = await events.next() else {
                try Task.checkCancellation()
                throw ServiceError(
                    .shuttingDown, "The server ends; the download goes on when it runs again.", hint: "Pull again.")
            }
            last = next
        }
        try Self.check(last)
        try await tell(OllamaProgress("verifying sha256 digest"))
        try await tell(OllamaProgress("writing manifest"))
        try await serve(reference, as: name)
        try await tell(OllamaProgress("success"))
    }

    /// What the hub is to be asked for; `nil` when the model is here and comes from elsewhere.
    private func reference(_ name: String) throws -> HubReference? {
        let refusal = ServiceError(
            .modelNotFound, "'\(name)' is a name of Ollama's registry, which this server does not fetch from.",
            hint: "Name a repository of the hub: hf.co/owner/name:Q4_K_M.", parameter: "model")
        let reference: HubReference
        do {
            let asked = name.hasSuffix(":latest") ? String(name.dropLast(":latest".utf8.count)) : name
            reference = try HubReference.parse(asked)
        } catch {
            if deployments.find(name) != nil { return nil }
            throw name.hasPrefix("hf.co/") || name.hasPrefix("huggingface.co/") ? error.serviceError : refusal
        }
        if reference.repository.name.contains("/") { return reference }
        guard deployments.find(name) == nil, deployments.find(reference.description) == nil else { return nil }
        throw refusal
    }

    private static func progress(_ job: JobRecord, of reference: HubReference) -> OllamaProgress? {
        guard let total = job.progress.total else { return nil }
        return OllamaProgress(
            "pulling \(reference)", item: job.id.text, total: total, completed: min(job.progress.done, total))
    }

    private static func check(_ job: JobRecord) throws(ServiceError) {
        switch job.state {
        case .succeeded: return
        case .cancelled: throw ServiceError(.conflict, "The download was cancelled.", hint: "Pull again.")
        default:
            throw ServiceError(
                code(of: job.failure), job.failure?.message ?? "The download failed.", hint: job.failure?.hint)
        }
    }

    /// A job's code as one that has a status. What may be private or not there at all is not there.
    private static func code(of failure: JobFailure?) -> ServiceError.Code {
        guard let failure else { return .internalError }
        switch HubError.Code(rawValue: failure.code) {
        case .notFound, .unauthorized: return .modelNotFound
        case let code?: return HubError(code, failure.message).serviceError.code
        case nil: return ServiceError.Code(rawValue: failure.code)
        }
    }

    /// Serves what was fetched under the name that was asked for, unless something is called so.
    private func serve(_ reference: HubReference, as name: String) async throws {
        guard deployments.find(name) == nil else { return }
        let model = HubPart.name(of: reference).description
        var spec = DeploymentSpec(.engine(EngineSettings(model: model)))
        let architecture = try await catalog.find(model).record.metadata.architecture ?? ""
        if architecture.contains("bert") || architecture.contains("embedding") { spec.purpose = .embeddings }
        _ = try await deployments.create(try Self.name(name), spec, ChangeTerms(note: "pulled by Ollama's API"))
    }

    // MARK: Create, copy

    func create(_ order: OllamaCreation) async throws {
        var spec = await (try known(order.source)).active.spec
        guard case .engine(var settings) = spec.kind else {
            throw ServiceError(
                .unsupported, "'\(order.source)' is no file that this server runs.",
                hint: "Make it of one that is.", parameter: "from")
        }
        try OllamaParameters(order.parameters).apply(to: &settings)
        if let template = order.template { settings.arguments += ["--chat-template", template] }
        spec.kind = .engine(settings)
        try await make(order.name, spec, note: "made of '\(order.source)' by Ollama's API")
    }

    func copy(_ source: String, to name: String) async throws {
        try await make(name, await (try known(source)).active.spec, note: "a copy of '\(source)'")
    }

    private func make(_ name: String, _ spec: DeploymentSpec, note: String) async throws {
        var own = spec
        // Names belong to one of them; whoever stands behind the one stands behind the other.
        own.aliases = []
        own.isPreloaded = false
        _ = try await deployments.create(try Self.name(name), own, ChangeTerms(note: note))
    }

    private static func name(_ text: String) throws(ServiceError) -> String {
        guard DeploymentName.isAllowed(text) else {
            throw ServiceError(
                .invalidValue, "'\(text.prefix(80))' cannot be a model's name.",
                hint: "It must have 1 to 128 letters, digits or any of -_.:/@+.", parameter: "model")
        }
        return text
    }

    // MARK: Delete

    /// Ends the deployment. The files go with it where the platform has fetched them and nobody else serves them.
    func delete(_ name: String) async throws {
        let deployment = try known(name)
        let spec = await deployment.active.spec
        guard deployment.name == name else {
            let others = spec.aliases.filter { $0 != name }.map(JSONValue.string)
            _ = try await deployments.change(
                deployment.name, patch: ["aliases": .array(others)], ChangeTerms(note: "without '\(name)'"))
            return
        }
        let record = await record(spec)
        try await deployments.remove(name, isForced: false)
        guard let record, case .hub = record.origin else { return }
        for other in deployments.all where await self.record(other.active.spec)?.name == record.name { return }
        // Its worker has ended; that the catalogue has not heard of it yet must not keep the files.
        let removed = try await catalog.delete(record.name, force: true)
        _ = try await operations.removeFiles(of: removed, evenForeign: false)
    }
}
