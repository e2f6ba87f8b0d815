import ChatFormats
import Vocabulary

/// Prompts that are more than one text.
extension Admission {
    func check(_ token: Int32, parameter: String) throws(ServiceError) {
        guard (0..<tokenizer.vocabularyCount).contains(Int(token)) else {
            throw ServiceError(
                .invalidValue,
                "Token \(token) is not in the vocabulary; ids go from 0 to \(tokenizer.vocabularyCount - 1).",
                parameter: parameter)
        }
    }

    /// The tokens of texts and tokens in turn. Only a text that comes first gets a begin token.
    func tokens(
        of pieces: [MixedPiece], addsSpecial: Bool, parsesSpecial: Bool = true, parameter: String
    ) throws(ServiceError) -> [Int32] {
        var tokens: [Int32] = []
        for (index, piece) in pieces.enumerated() {
            switch piece {
            case .text(let text):
                tokens += try tokenizer.tokens(
                    of: text, addsSpecial: addsSpecial && index == 0, parsesSpecial: parsesSpecial)
            case .token(let token):
                try check(token, parameter: "\(parameter)[\(index)]")
                tokens.append(token)
            }
        }
        return tokens
    }

    /// How a chat's prompt ends.
    ///
    /// Source: `continue_final_message` of Transformers and vLLM, and `--prefill-assistant` of llama-server.
    func ending(of request: GenerationRequest, _ messages: [ChatMessage]) throws(ServiceError) -> ChatTemplate.Ending {
        let isBegun = messages.last.map { $0.role == .assistant && $0.toolCalls.isEmpty } ?? false
        switch request.ending {
        case .answer: return ChatTemplate.Ending()
        case .messages: return ChatTemplate.Ending(addsGenerationPrompt: false)
        case .automatic:
            guard isBegun, options.continuesLastMessage else { return ChatTemplate.Ending() }
            guard messages.dropLast().last?.role != .assistant else {
                throw ServiceError(
                    .invalidValue, "The last two messages are both the assistant's; an answer goes on from one.",
                    hint: "Join them, or put a message of the user between them.", parameter: "messages")
            }
        case .lastMessage:
            guard isBegun else {
                throw ServiceError(
                    .invalidValue, "'continue_final_message' needs a last message of the assistant without tool calls.",
                    hint: "Leave it out, or put the beginning of the answer last.", parameter: "continue_final_message")
            }
        }
        return ChatTemplate.Ending(begun: messages.last) { [format] rendered, begun in
            Self.opening(rendered, begun, format)
        }
    }

    /// What stands between a prompt and a message that goes on: the thinking before it, and its end.
    private static func opening(_ rendered: String, _ begun: ChatMessage, _ format: ChatFormat) -> String {
        let reasoning = begun.reasoning ?? ""
        switch format.opening(ofPrompt: rendered) {
        case .thinking(let tags):
            return begun.text.isEmpty && !reasoning.isEmpty ? reasoning : reasoning + tags.end + "\n\n"
        case .answer: return ""
        case .undecided:
            guard !reasoning.isEmpty else { return "" }
            let tags = format.expectedThinking
            return tags.start + reasoning + (begun.text.isEmpty ? "" : tags.end + "\n\n")
        }
    }
}
