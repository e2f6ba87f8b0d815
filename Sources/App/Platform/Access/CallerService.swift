import Access
import Vocabulary

/// The outermost part of a model service: whoever asks gets the models that their lists have, in the name of their own tenant,
/// and no more urgent than they may be.
struct CallerService: Generating, TokenCounting, Embedding {
    let next: any ModelService
    /// The model that answers requests which name none.
    let defaultModel: @Sendable () async -> ModelID

    func generate(_ request: GenerationRequest) async throws -> any GenerationStream {
        // Who may ask every model needs no name of one: nothing is waited for then, and no frame kept for it.
        let model = isRestricted ? try await allowed(request.model) : request.model
        return try await next.generate(try Self.admitted(request, model))
    }

    func models() async -> [ServedModel] {
        let models = await next.models()
        guard let caller = Principal.current, caller.models != nil || caller.userModels != nil else { return models }
        return models.filter { model in
            caller.allows(model: model.id.name) || model.aliases.contains { caller.allows(model: $0) }
        }
    }

    func countTokens(of request: GenerationRequest) async throws -> Int {
        try await next.countTokens(of: try Self.admitted(request, try await allowed(request.model)))
    }

    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        var request = request
        request.model = try await allowed(request.model)
        request.scheduling = try Self.scheduling(request.scheduling)
        return try await next.embed(request)
    }

    func rerank(_ request: RerankRequest) async throws -> RerankResult {
        var request = request
        request.model = try await allowed(request.model)
        request.scheduling = try Self.scheduling(request.scheduling)
        return try await next.rerank(request)
    }

    func classify(_ request: ClassificationRequest) async throws -> ClassificationResult {
        var request = request
        request.model = try await allowed(request.model)
        request.scheduling = try Self.scheduling(request.scheduling)
        return try await next.classify(request)
    }

    @inline(never)
    private static func admitted(
        _ request: GenerationRequest, _ model: ModelID
    ) throws(ServiceError) -> GenerationRequest {
        let scheduling = try scheduling(request.scheduling)
        var request = request
        request.change { fields in
            fields.model = model
            fields.scheduling = scheduling
        }
        return request
    }

    private var isRestricted: Bool { Principal.current.map { $0.models != nil || $0.userModels != nil } ?? false }

    /// The model, if the caller may ask it. Whether it exists makes no difference, so that nobody learns which do.
    private func allowed(_ model: ModelID) async throws -> ModelID {
        guard let caller = Principal.current, caller.models != nil || caller.userModels != nil else { return model }
        let asked = model.name.isEmpty ? await defaultModel() : model
        guard caller.allows(model: asked.name) else {
            throw ServiceError(
                .forbidden, "The model '\(asked)' is not among those that you may ask.",
                hint: "GET /v1/models lists those that are.", parameter: "model")
        }
        return asked
    }

    /// What a request may say of its place in the queue: the tenant is the caller's, unless an administrator says another one.
    static func scheduling(_ asked: SchedulingOptions) throws(ServiceError) -> SchedulingOptions {
        guard let caller = Principal.current, caller.origin != .open, caller.origin != .local else { return asked }
        var options = asked
        if caller.role < .admin {
            guard asked.tenant == .none || asked.tenant == caller.tenant else {
                throw ServiceError(
                    .forbidden, "A request belongs to the tenant of its caller.", hint: "Leave the tenant out.",
                    parameter: "nexus.tenant")
            }
            guard asked.weight <= 1 else {
                throw ServiceError(
                    .forbidden, "Only administrators may give a request more weight than others have.",
                    hint: "Leave the weight out.", parameter: "nexus.weight")
            }
        }
        // Without a tenant each user is one: queue shares and cached prompts are theirs alone.
        if options.tenant == .none {
            options.tenant = caller.tenant == .none ? TenantID(caller.user.text) : caller.tenant
        }
        if asked.tenant == .none || asked.tenant == caller.tenant {
            let range = SchedulingOptions.weights
            options.weight = min(max(asked.weight * caller.weight, range.lowerBound), range.upperBound)
        }
        guard asked.priority <= caller.priorityMax else {
            throw ServiceError(
                .forbidden, "The priority may be '\(caller.priorityMax.rawValue)' at most.",
                hint: "Ask with a lower priority.", parameter: "nexus.priority")
        }
        return options
    }
}
