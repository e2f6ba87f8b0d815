import Conversations
import JSONText
import Telemetry
import Vocabulary

extension Conversation {
    /// As the API tells it.
    var json: JSONValue {
        var members: JSONObject = [
            "id": .string(id.text), "title": .string(title), "folder": .string(folder),
            "tags": .array(tags.map(JSONValue.string)), "pinned": .bool(isPinned), "archived": .bool(isArchived),
            "temporary": .bool(isTemporary), "settings": .object(settings),
            "context": context.map { .string($0.text) } ?? .null,
            "memory": usesMemory.map { $0 ? "on" : "off" } ?? .null,
            "head": head.map { .string($0.text) } ?? .null, "messages": .whole(messageCount),
            "created_at": .string(created.rfc3339), "updated_at": .string(updated.rfc3339),
            // For the next page, and for who sorts: text of milliseconds would not do.
            "updated_us": .integer(updated.rawValue), "revision": .integer(revision),
        ]
        if let origin {
            members["forked_from"] = [
                "conversation": .string(origin.conversation.text), "message": .string(origin.message.text),
            ]
        }
        return .object(members)
    }
}

extension Message {
    /// As the API tells it.
    ///
    /// - Parameters:
    ///   - siblings: the ids of all messages with the same parent, itself included; `nil` leaves them out.
    ///   - memoriesUsed: what the answer was told beside the messages.
    /// - Returns: a JSON object.
    func json(siblings: [MessageID]? = nil, memoriesUsed: [JSONValue]? = nil) -> JSONValue {
        var members: JSONObject = [
            "id": .string(id.text), "parent": parent.map { .string($0.text) } ?? .null, "role": .string(role.rawValue),
            "content": content, "status": .string(status.rawValue), "pinned": .bool(isPinned),
            "importance": .string(importance.rawValue), "created_at": .string(created.rfc3339),
            "revision": .integer(revision),
        ]
        members["reasoning_content"] = reasoning.map(JSONValue.string)
        if !toolCalls.isEmpty { members["tool_calls"] = .array(toolCalls) }
        members["tool_call_id"] = toolCallID.map(JSONValue.string)
        if !citations.isEmpty { members["citations"] = .array(citations) }
        members["memories_used"] = memoriesUsed.map(JSONValue.array)
        members["model"] = model.map(JSONValue.string)
        members["failure"] = failure.map(JSONValue.string)
        members["request_id"] = request.map(JSONValue.string)
        members["report"] = report.map(JSONValue.object)
        if let feedback {
            members["feedback"] = [
                "rating": .whole(feedback.rating), "comment": feedback.comment.map(JSONValue.string) ?? .null,
            ]
        }
        if let usage {
            members["usage"] = [
                "prompt_tokens": .whole(usage.promptTokens), "completion_tokens": .whole(usage.completionTokens),
                "cached_tokens": .whole(usage.cachedTokens), "reasoning_tokens": .whole(usage.reasoningTokens),
            ]
        }
        if let siblings { members["siblings"] = .array(siblings.map { .string($0.text) }) }
        return .object(members)
    }
}

extension MessageHit {
    /// As the API tells it.
    var json: JSONValue {
        var members: JSONObject = [
            "conversation": .string(conversation.text), "title": .string(title), "message": .string(message.text),
            "role": .string(role), "created_at": .string(created.rfc3339), "excerpt": .array(pieces),
            "found_by": .array(foundBy.map { .string($0.rawValue) }),
        ]
        members["score"] = score.map { .number($0) }
        return .object(members)
    }

    /// The excerpt in pieces, so that nobody has to write HTML: `{"text": …, "found": true}`.
    private var pieces: [JSONValue] {
        var pieces: [JSONValue] = []
        var isFound = false
        for part in excerpt.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "\u{2}" || $0 == "\u{3}" })
        {
            if !part.isEmpty { pieces.append(["text": .string(String(part)), "found": .bool(isFound)]) }
            isFound.toggle()
        }
        return pieces
    }
}

extension MeaningState {
    /// As the API tells it.
    var json: JSONValue {
        [
            "available": .bool(model != nil), "model": model.map(JSONValue.string) ?? .null,
            "indexed": .whole(indexedCount), "pending": .whole(pendingCount),
        ]
    }
}

extension ShareLink {
    var json: JSONValue {
        [
            "id": .string(id), "conversation": .string(conversation.text), "leaf": .string(leaf.text),
            "title": title.map(JSONValue.string) ?? .null, "created_at": .string(created.rfc3339),
            "expires_at": expires.map { .string($0.rfc3339) } ?? .null,
        ]
    }
}

extension AnswerEvent {
    /// The event's type and its data.
    var wire: (name: String, data: JSONValue) {
        switch self {
        case .state(let content, let reasoning, let toolCalls):
            (
                "state",
                [
                    "content": .string(content), "reasoning_content": .string(reasoning),
                    "tool_calls": .array(toolCalls),
                ]
            )
        case .content(let text): ("content", ["text": .string(text)])
        case .reasoning(let text): ("reasoning", ["text": .string(text)])
        case .toolCall(let call): ("tool_call", call)
        case .waiting(let stage): ("waiting", .object(stage))
        case .finished(let message): ("finished", message.json())
        }
    }
}

extension ConversationMoment {
    var rfc3339: String { UnixTime(nanoseconds: rawValue * 1000).rfc3339 }
}
