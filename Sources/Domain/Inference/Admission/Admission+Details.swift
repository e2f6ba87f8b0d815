import ChatFormats
import Vocabulary

extension Admission {
    /// What a request is answered with, for whoever wants to know.
    func details(of request: GenerationRequest, _ admitted: AdmittedRequest) -> GenerationDetails {
        let banned =
            request.ignoresEnd ? (0..<Int32(tokenizer.vocabularyCount)).filter(tokenizer.isEndOfGeneration) : []
        return GenerationDetails(
            prompt: String(decoding: admitted.prompt.flatMap(tokenizer.specialBytes), as: UTF8.self),
            contextTokens: options.contextTokens, sampling: admitted.sampling, newTokensMax: request.newTokensMax,
            stop: request.stop, bannedEnds: banned, constraint: request.constraint, reasoning: request.reasoning,
            format: options.format.name)
    }
}
