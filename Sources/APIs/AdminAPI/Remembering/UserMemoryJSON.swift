import Conversations
import JSONText

extension UserMemory {
    /// As the API tells it.
    ///
    /// - Parameter score: how well it fits what was looked for.
    /// - Returns: a JSON object.
    func json(score: Double? = nil) -> JSONValue {
        func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
        var members: JSONObject = [
            "id": .string(id.text), "kind": .string(kind.rawValue), "text": .string(self.text),
            "subject": text(statement?.subject), "predicate": text(statement?.predicate),
            "object": text(statement?.object), "confidence": .number(confidence), "pinned": .bool(isPinned),
            "origin": .string(origin.rawValue), "context": text(context?.text),
            "source": ["conversation": text(conversation?.text), "message": text(message?.text)],
            "valid_from": .string(validFrom.rfc3339), "valid_to": text(validTo?.rfc3339),
            "replaces": text(replaces?.text), "replaced_by": text(replacedBy?.text),
            "created_at": .string(created.rfc3339), "created_us": .integer(created.rawValue),
            "used_at": useCount > 0 ? .string(used.rfc3339) : .null, "uses": .whole(useCount),
            "revision": .integer(revision),
        ]
        members["score"] = score.map { .number($0) }
        return .object(members)
    }
}

extension MemorySettings {
    /// As the API tells it.
    func json(countMax: Int, _ meaning: MeaningState) -> JSONValue {
        [
            "learn": .bool(learns), "use": .bool(isUsed), "use_conversations": .bool(usesConversations),
            "model": model.map(JSONValue.string) ?? .null, "budget_tokens": .whole(budgetTokens),
            "keep_unused_days": keepDays.map { .whole($0) } ?? .null, "max": .whole(countMax),
            "revision": .integer(revision), "meaning": meaning.json,
        ]
    }

    /// Takes over what a body names; what it does not name stays.
    mutating func change(_ body: JSONField) throws {
        if let flag = try body.optional("learn") { learns = try flag.bool() }
        if let flag = try body.optional("use") { isUsed = try flag.bool() }
        if let flag = try body.optional("use_conversations") { usesConversations = try flag.bool() }
        if body.value["model"] != nil { model = try body.optional("model")?.keptText(bytesIn: 1...256) }
        if let budget = try body.optional("budget_tokens") {
            budgetTokens = try budget.integer(in: Self.budgetAllowed)
        }
        if body.value["keep_unused_days"] != nil {
            keepDays = try body.optional("keep_unused_days")?.integer(in: Self.daysAllowed)
        }
        revision += 1
    }
}

extension MemoryGraph {
    /// As the API tells it.
    func json(at now: ConversationMoment, isTruncated: Bool) -> JSONValue {
        [
            "nodes": .array(
                nodes.map {
                    ["id": .string($0.id), "label": .string($0.label), "memories": .whole($0.count)]
                }),
            "edges": .array(
                edges.map { edge in
                    [
                        "from": .string(edge.from), "to": .string(edge.to),
                        "label": .string(edge.memory.statement?.predicate ?? ""),
                        "memory": .string(edge.memory.id.text), "valid": .bool(edge.memory.isValid(at: now)),
                        "confidence": .number(edge.memory.confidence),
                        "valid_from": .string(edge.memory.validFrom.rfc3339),
                        "valid_to": edge.memory.validTo.map { .string($0.rfc3339) } ?? .null,
                    ]
                }), "truncated": .bool(isTruncated),
        ]
    }
}

extension MemoryStatistics {
    /// As the API tells it.
    func json(countMax: Int) -> JSONValue {
        let kinds = UserMemory.Kind.allCases.map { ($0.rawValue, JSONValue.whole(byKind[$0] ?? 0)) }
        var sentiment: JSONObject = [
            "method": .string(Sentiment.method), "of_messages": .whole(sentimentMessageCount),
        ]
        for tone in Sentiment.allCases { sentiment[tone.rawValue] = .whole(sentiments[tone] ?? 0) }
        return [
            "memories": [
                "total": .whole(memoryCount), "valid": .whole(validCount), "pinned": .whole(pinnedCount),
                "by_kind": .object(JSONObject(kinds)),
                "by_origin": ["user": .whole(byOrigin[.user] ?? 0), "model": .whole(byOrigin[.model] ?? 0)],
                "max": .whole(countMax),
            ],
            "conversations": [
                "total": .whole(conversationCount),
                "by_context": .array(
                    spaces.map { space in
                        [
                            "context": space.context.map { .string($0.text) } ?? .null,
                            "name": space.name.map(JSONValue.string) ?? .null,
                            "conversations": .whole(space.conversationCount), "messages": .whole(space.messageCount),
                        ]
                    }),
                "average_duration_seconds": durationMean.map { .number($0 / .seconds(1)) } ?? .null,
                "messages": .whole(messageCount),
            ],
            "tokens": ["estimated": .integer(textBytes / 4), "method": "bytes / 4"], "sentiment": .object(sentiment),
            "thinking": thinking.json,
        ]
    }
}

extension ContextSpace {
    /// As the API tells it.
    var json: JSONValue {
        [
            "id": .string(id.text), "name": .string(name), "tags": .array(tags.map(JSONValue.string)),
            "data": .object(data), "instructions": .string(instructions),
            "model": model.map(JSONValue.string) ?? .null, "memory": usesMemory.map { $0 ? "on" : "off" } ?? .null,
            "conversations": .whole(conversationCount), "documents": .whole(documentCount),
            "created_at": .string(created.rfc3339), "updated_at": .string(updated.rfc3339),
            "revision": .integer(revision),
        ]
    }

    /// Takes over what a body names; what it does not name stays.
    mutating func change(_ body: JSONField) throws {
        if let name = try body.optional("name") {
            self.name = try name.keptText(bytesIn: 1...ContextLimits.nameBytesMax)
        }
        if let tags = try body.optional("tags") {
            self.tags = try tags.elements(countMax: ConversationLimits.tagsMax).map {
                try $0.keptText(bytesIn: 1...ConversationLimits.tagBytesMax)
            }
        }
        if let data = try body.optional("data") {
            let object = try data.object()
            guard JSONValue.object(object).bytes.count <= ContextLimits.dataBytesMax else {
                throw data.fail("is larger than \(ContextLimits.dataBytesMax) bytes")
            }
            self.data = object
        }
        if let instructions = try body.optional("instructions") {
            self.instructions = try instructions.keptText(bytesIn: 0...ContextLimits.instructionsBytesMax)
        }
        if body.value["model"] != nil { model = try body.optional("model")?.keptText(bytesIn: 1...256) }
        if body.value["memory"] != nil {
            usesMemory = try body.optional("memory").map { field throws(JSONFieldError) in try field.onOrOff() }
        }
    }
}

extension ContextDocument {
    /// As the API tells it.
    var json: JSONValue {
        [
            "id": .string(id), "name": .string(name), "type": .string(type), "bytes": .whole(byteCount),
            "is_text": .bool(text != nil),
            "note": text == nil ? "The text of this type is not read yet; the file is kept." : .null,
            "created_at": .string(created.rfc3339),
        ]
    }
}

extension ThinkingPatterns {
    fileprivate var json: JSONValue {
        let moves = ThinkingMove.allCases.map { ($0.rawValue, JSONValue.whole(self.moves[$0] ?? 0)) }
        return [
            "method": .string(Self.method), "answers": .whole(thoughtCount),
            "average_steps": stepsMean.map(JSONValue.number) ?? .null, "share": share.map(JSONValue.number) ?? .null,
            "moves": .object(JSONObject(moves)),
        ]
    }
}
