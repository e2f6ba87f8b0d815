import Conversations
import Telemetry
import Vocabulary

/// Names conversations after their first answer, where nobody has.
struct TitleDesk: Sendable {
    let store: any ConversationStore
    let settings: any SettingsStore
    let words: ModelWords
    /// Whether the operator lets models name conversations.
    let isOn: Bool
    let logger: Logger

    /// Gives a conversation a title, unless it has one, is temporary, or its owner wants none.
    ///
    /// - Parameters:
    ///   - conversation: as it was when the answer began.
    ///   - branch: what was answered.
    ///   - answer: the first answer.
    func name(_ conversation: Conversation, _ branch: [Message], _ answer: Message) async {
        guard isOn, conversation.title.isEmpty, !conversation.isTemporary, answer.status == .complete,
            !branch.contains(where: { $0.role == .assistant }),
            let question = branch.last(where: { $0.role == .user })
        else { return }
        do {
            guard try await settings.settings(of: conversation.owner).hasTitles else { return }
            let title = await title(question.text, answer)
            guard !title.isEmpty else { return }
            // A title that somebody sets meanwhile wins: it counts the revision up.
            for _ in 0..<5 {
                guard var current = try await store.find(conversation.id, of: conversation.owner),
                    current.title.isEmpty
                else { return }
                let seen = current.revision
                current.title = title
                current.revision = seen + 1
                if try await store.replace(current, expecting: seen) { return }
            }
        } catch {
            logger.warning("a conversation got no title", [.error: .error(error)])
        }
    }

    private func title(_ question: String, _ answer: Message) async -> String {
        do {
            let asked = try await words.ask(
                ConversationTitle.prompt(question: question, answer: answer.text), ModelID(answer.model ?? ""),
                tokensMax: ConversationTitle.tokensMax, isUrgent: false)
            if let title = ConversationTitle.cleaned(asked.text) { return title }
        } catch {
            logger.debug("no model made a title", [.error: .error(error)])
        }
        return ConversationTitle.firstWords(of: question)
    }
}
