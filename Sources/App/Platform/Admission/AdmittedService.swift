import Gateway
import Vocabulary

/// The layer of what answers that lets a request in or refuses it, counts what it uses, and writes that down. Whether the
/// caller may ask the model at all, and in whose name, `CallerService` in front of it has decided.
struct AdmittedService: Generating, TokenCounting, Embedding {
    let desk: AdmissionDesk
    let next: any ModelService

    func models() async -> [ServedModel] {
        await next.models()
    }

    func servedName(for asked: ModelID) async -> ModelID { await next.servedName(for: asked) }

    func generate(_ request: GenerationRequest) async throws -> any GenerationStream {
        let principal = Principal.current ?? .open
        var request = request
        let model = await name(of: request.model)
        if request.newTokensMax == nil, desk.needsOutputMax(principal, model: model) {
            request.newTokensMax = AdmissionDesk.outputTokensDefault
        }
        let admitted = try await desk.admit(
            AdmissionDesk.Order(
                id: request.id, model: model, estimate: TokenEstimate(request.prompt),
                outputMax: request.newTokensMax.map(Int64.init)), principal)
        do {
            return AdmittedStream(base: try await next.generate(request), request: admitted)
        } catch {
            admitted.failed(error)
            throw error
        }
    }

    func countTokens(of request: GenerationRequest) async throws -> Int {
        guard CallContext.current !== CallContext.own else { return try await next.countTokens(of: request) }
        return try await read(request.id, request.model, TokenEstimate(request.prompt), isFree: true) {
            try await next.countTokens(of: request)
        } tokens: {
            $0
        }
    }

    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        try await read(request.id, request.model, TokenEstimate(request.inputs)) {
            try await next.embed(request)
        } tokens: {
            $0.promptTokens
        }
    }

    func rerank(_ request: RerankRequest) async throws -> RerankResult {
        // The query is read once for each document.
        var estimate = TokenEstimate(
            bytes: request.query.utf8.count * request.documents.count, messages: request.documents.count)
        for document in request.documents { estimate.add(TokenEstimate(bytes: document.utf8.count, messages: 0)) }
        return try await read(request.id, request.model, estimate) {
            try await next.rerank(request)
        } tokens: {
            $0.promptTokens
        }
    }

    func classify(_ request: ClassificationRequest) async throws -> ClassificationResult {
        try await read(request.id, request.model, TokenEstimate(request.inputs)) {
            try await next.classify(request)
        } tokens: {
            $0.promptTokens
        }
    }

    // MARK: Parts

    private func read<Result>(
        _ id: RequestID, _ asked: ModelID, _ estimate: TokenEstimate, isFree: Bool = false,
        _ send: () async throws -> Result, tokens: (Result) -> Int
    ) async throws -> Result {
        let principal = Principal.current ?? .open
        let model = await name(of: asked)
        let admitted = try await desk.admit(
            AdmissionDesk.Order(id: id, model: model, estimate: estimate, outputMax: 0, isFree: isFree), principal)
        do {
            let result = try await send()
            admitted.finished(promptTokens: tokens(result))
            return result
        } catch {
            admitted.failed(error)
            throw error
        }
    }

    /// The name that limits and usage are counted under.
    private func name(of asked: ModelID) async -> String {
        asked.name.isEmpty ? await next.servedName(for: asked).name : asked.name
    }
}
