import Conversations
import JSONText
import Vocabulary

/// Short texts that the platform itself asks models for, on behalf of a user: summaries and titles.
struct ModelWords: Sendable {
    let service: any ModelService

    /// Asks a model.
    ///
    /// - Parameters:
    ///   - messages: the chat.
    ///   - model: who is asked.
    ///   - tokensMax: of the answer.
    ///   - isUrgent: whether somebody waits for it.
    /// - Returns: the text, without thinking, and who wrote it.
    /// - Throws: `ServiceError` with what the model or the limits said.
    func ask(
        _ messages: [ChatMessage], _ model: ModelID, tokensMax: Int, isUrgent: Bool
    ) async throws -> (text: String, model: String) {
        var random = SystemRandomNumberGenerator()
        var request = GenerationRequest(
            id: RequestID(millisecondsSinceEpoch: ConversationMoment.now().rawValue / 1000, using: &random),
            model: model, prompt: .chat(messages, tools: []), newTokensMax: tokensMax)
        request.sampling.temperature = 0
        request.reasoning.isEnabled = false
        if !isUrgent { request.scheduling.priority = .low }
        var text = ""
        var name = model.name
        for try await event in try await service.generate(request) {
            switch event {
            case .text(let more): text += more
            case .started(let start): name = start.model.name
            default: break
            }
            guard text.utf8.count < ContextCut.summaryBytesMax else { break }
        }
        return (text.trimmed, name)
    }
}

extension String {
    /// Without white space at both ends.
    fileprivate var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }),
            let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
