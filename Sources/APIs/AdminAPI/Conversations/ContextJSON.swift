import Conversations
import JSONText
import Vocabulary

extension ContextReport {
    private static let textMax = 120

    /// As the API tells it.
    ///
    /// - Parameters:
    ///   - stored: the messages that are in the database; of others only the tokens are told.
    ///   - limit: messages that are told one by one, the newest ones.
    /// - Returns: a JSON object.
    func json(stored: Set<MessageID>, limit: Int) -> JSONValue {
        let told = branch.indices.filter { stored.contains(branch[$0].id) }
        let shown = told.suffix(limit)
        var members: JSONObject = [
            "model": .string(model.name), "window": window.map(JSONValue.whole) ?? .null, "exact": .bool(isExact),
            "policy": policyJSON, "limit": plan.limit.map(JSONValue.whole) ?? .null, "total": .whole(plan.total),
            "total_uncut": .whole(plan.totalUncut),
            "fill": plan.limit.map { .number((Double(plan.total) / Double($0) * 1000).rounded() / 1000) } ?? .null,
            "fits": .bool(plan.fits), "overhead": .whole(overhead),
            "system": [
                "tokens": .whole(systemTokens), "limit": policy.systemTokens.map(JSONValue.whole) ?? .null,
                "over": .bool(isSystemShortened),
            ],
            "summary": summaryJSON, "will_cut": .bool(plan.cut != nil),
        ]
        members["next_cut"] =
            plan.limit.map { limit in
                [
                    "at_total": .whole(limit), "to_total": .whole(Int(Double(limit) * policy.cutTo)),
                    "prepared": .bool(isPrepared),
                ]
            } ?? .null
        members["messages"] = .array(shown.map(message))
        members["has_more"] = .bool(shown.count < told.count)
        return .object(members)
    }

    /// The policy with who has said it.
    var policyJSON: JSONValue {
        [
            "mode": .string(policy.mode.rawValue), "budget_tokens": policy.budgetTokens.map(JSONValue.whole) ?? .null,
            "answer_tokens": policy.answerTokens.map(JSONValue.whole) ?? .null,
            "system_tokens": policy.systemTokens.map(JSONValue.whole) ?? .null,
            "message_tokens": policy.messageTokens.map(JSONValue.whole) ?? .null, "cut_to": .number(policy.cutTo),
            "source": .string(source.rawValue),
        ]
    }

    private var isSystemShortened: Bool {
        zip(items, plan.decisions).contains { item, decision in
            guard item.isSystem, case .shorten = decision.action else { return false }
            return true
        }
    }

    private var summaryJSON: JSONValue {
        guard let cut, let summary = cut.summary else { return .null }
        return [
            "text": .string(summary.text), "tokens": .whole(summary.tokens), "through": .string(cut.through.text),
            "messages": .whole(summary.messages), "model": .string(summary.model),
            "created_at": .string(cut.created.rfc3339),
        ]
    }

    private func message(_ index: Int) -> JSONValue {
        let (item, decision) = (items[index], plan.decisions[index])
        return [
            "id": .string(item.id.text), "role": .string(item.role.rawValue), "tokens": .whole(item.tokens),
            "importance": .string(item.importance.rawValue), "decision": .string(decision.action.name),
            "tokens_kept": .whole(decision.tokensKept(of: item.tokens)), "reason": .string(decision.reason.rawValue),
            "text": .string(String(branch[index].text.prefix(Self.textMax))),
        ]
    }
}

extension ConversationSummary {
    /// As the API tells it.
    ///
    /// - Parameter head: the last message of the conversation.
    /// - Returns: a JSON object.
    func json(head: MessageID?) -> JSONValue {
        [
            "text": .string(text), "model": .string(model), "through": .string(through.text),
            "created_at": .string(created.rfc3339), "stale": .bool(head != through),
        ]
    }
}
