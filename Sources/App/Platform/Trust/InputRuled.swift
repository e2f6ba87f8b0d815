import Access
import Vocabulary

/// Applies the operator's rule for texts before anybody else sees a request.
struct InputRuled: Generating, TokenCounting, Embedding {
    let rule: InputRule
    let next: any ModelService

    func generate(_ request: GenerationRequest) async throws -> any GenerationStream {
        try check(request.prompt)
        return try await next.generate(request)
    }

    func models() async -> [ServedModel] { await next.models() }

    func countTokens(of request: GenerationRequest) async throws -> Int {
        try check(request.prompt)
        return try await next.countTokens(of: request)
    }

    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        try check(request.inputs)
        return try await next.embed(request)
    }

    func rerank(_ request: RerankRequest) async throws -> RerankResult {
        try check(([request.query] + request.documents).map(EmbeddingInput.text))
        return try await next.rerank(request)
    }

    func classify(_ request: ClassificationRequest) async throws -> ClassificationResult {
        try check(request.inputs)
        return try await next.classify(request)
    }

    private func check(_ inputs: [EmbeddingInput]) throws {
        for (index, input) in inputs.enumerated() {
            switch input {
            case .text(let text): try rule.check(text, "input[\(index)]")
            case .mixed(let pieces):
                for case .text(let text) in pieces { try rule.check(text, "input[\(index)]") }
            case .tokens: break
            }
        }
    }

    /// What people and tools wrote; what the operator's own prompts say is not theirs.
    private func check(_ prompt: GenerationRequest.Prompt) throws {
        switch prompt {
        case .chat(let messages, tools: _):
            for (index, message) in messages.enumerated() where message.role == .user || message.role == .tool {
                try rule.check(message.text, "messages[\(index)].content")
            }
        case .text(let text): try rule.check(text, "prompt")
        case .pieces(let pieces):
            try check(pieces, "prompt")
        case .parts(let parts): try rule.check(parts.text, "prompt")
        case .infill(let infill):
            try check(infill.prefix, "input_prefix")
            try check(infill.suffix, "input_suffix")
        case .tokens: break
        }
    }

    private func check(_ pieces: [MixedPiece], _ field: String) throws {
        for case .text(let text) in pieces { try rule.check(text, field) }
    }
}
