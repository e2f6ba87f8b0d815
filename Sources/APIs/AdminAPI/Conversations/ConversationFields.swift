import Conversations
import HTTPServing
import JSONText
import RequestScope
import Vocabulary

extension Conversation {
    /// Takes over what a body names; what it does not name stays.
    mutating func change(_ body: JSONField) throws {
        if let title = try body.optional("title") {
            self.title = try title.keptText(bytesIn: 0...ConversationLimits.titleBytesMax)
        }
        if let folder = try body.optional("folder") { self.folder = try Self.folder(folder) }
        if let tags = try body.optional("tags") {
            self.tags = try tags.elements(countMax: ConversationLimits.tagsMax).map {
                try $0.keptText(bytesIn: 1...ConversationLimits.tagBytesMax)
            }
        }
        if let flag = try body.optional("pinned") { isPinned = try flag.bool() }
        if let flag = try body.optional("archived") { isArchived = try flag.bool() }
        if let flag = try body.optional("temporary") { isTemporary = try flag.bool() }
        if body.value["context"] != nil {
            context = try body.optional("context").map { field throws(JSONFieldError) in try field.contextID() }
        }
        if body.value["memory"] != nil {
            usesMemory = try body.optional("memory").map { field throws(JSONFieldError) in try field.onOrOff() }
        }
        if let settings = try body.optional("settings") {
            let object = try settings.object()
            guard JSONValue.object(object).bytes.count <= ConversationLimits.settingsBytesMax else {
                throw settings.fail("is larger than \(ConversationLimits.settingsBytesMax) bytes")
            }
            self.settings = object
        }
    }

    /// Names with slashes between; none of them empty.
    private static func folder(_ field: JSONField) throws -> String {
        let path = try field.keptText(bytesIn: 0...ConversationLimits.folderBytesMax)
        guard path.isEmpty || !path.split(separator: "/", omittingEmptySubsequences: false).contains("") else {
            throw field.fail("must be names with single slashes between, such as work/tea")
        }
        return path
    }
}

extension Message {
    /// A message that a client adds.
    ///
    /// - Parameters:
    ///   - body: `role` and `content` as a chat request has them.
    ///   - id: its new id.
    ///   - conversation: where it goes.
    ///   - parent: what it follows.
    ///   - now: when.
    /// - Throws: `JSONFieldError` with the path of what is wrong.
    init(
        _ body: JSONField, id: MessageID, conversation: ConversationID, parent: MessageID?, now: ConversationMoment
    ) throws {
        let role = try body.required("role")
        let name = try role.string()
        guard let known = ChatMessage.Role(rawValue: name) else {
            let all = ChatMessage.Role.allCases.map(\.rawValue).joined(separator: ", ")
            throw role.fail("must be one of \(all)")
        }
        self.init(
            id: id, conversation: conversation, parent: parent, role: known,
            content: try Self.content(body.required("content")), created: now)
        try change(body)
        reasoning = try body.optional("reasoning_content")?.string()
        toolCalls = try body.optional("tool_calls")?.elements(countMax: 128).map(\.value) ?? []
        toolCallID = try body.optional("tool_call_id")?.keptText(bytesIn: 1...256)
        model = try body.optional("model")?.keptText(bytesIn: 1...256)
    }

    /// Takes over what a body names of what may be changed later.
    mutating func change(_ body: JSONField) throws {
        if let content = try body.optional("content") { self.content = try Self.content(content) }
        if let flag = try body.optional("pinned") { isPinned = try flag.bool() }
        if let field = try body.optional("importance") { importance = try MessageImportance(reading: field) }
        if let citations = try body.optional("citations") {
            self.citations = try citations.elements(countMax: 256).map(\.value)
        }
        if let feedback = try body.optional("feedback") {
            let rating = try feedback.required("rating").integer(in: -1...1)
            let comment = try feedback.optional("comment")?.keptText(bytesIn: 0...8192)
            self.feedback = rating == 0 && comment == nil ? nil : Feedback(rating: rating, comment: comment)
        }
    }

    private static func content(_ field: JSONField) throws -> JSONValue {
        guard field.value.string != nil || field.value.array != nil || field.value.isNull else {
            throw field.fail("must be a text or an array of parts, as in a chat request")
        }
        if field.value.array != nil {
            for part in try field.elements(countMax: 1024) { _ = try part.required("type").string() }
        }
        guard field.value.bytes.count <= ConversationLimits.messageBytesMax else {
            throw field.fail("is larger than \(ConversationLimits.messageBytesMax) bytes")
        }
        return field.value
    }
}

extension HTTPRequest {
    /// The conversation that the path names.
    func conversation() throws -> ConversationID {
        let text = parameters.string("conversation")
        guard let id = ConversationID(text) else { throw ServiceError.noConversation(text) }
        return id
    }

    /// The message that the path names.
    func message() throws -> MessageID {
        let text = parameters.string("message")
        guard let id = MessageID(text) else { throw ServiceError.noMessage(text) }
        return id
    }

    /// Who asks.
    var owner: ConversationOwner { ConversationOwner(Principal.current ?? .open) }
}

extension ServiceError {
    static func noConversation(_ id: String) -> ServiceError {
        ServiceError(
            .notFound, "There is no conversation '\(id.prefix(64))'.", hint: "GET /api/v1/conversations lists yours.")
    }

    static func noMessage(_ id: String) -> ServiceError {
        ServiceError(.notFound, "There is no message '\(id.prefix(64))'.", hint: "It may have been removed.")
    }

    /// Somebody else was faster: nothing is overwritten.
    static func changedMeanwhile(_ what: String) -> ServiceError {
        ServiceError(
            .conflict, "The \(what) has been changed since you read it.",
            hint: "Read it again, and send its 'revision' with your change.")
    }
}

extension MessageQuery {
    /// A search as a query string has it.
    init(_ query: HTTPQuery) throws {
        guard let text = query["q"], !text.isEmpty, text.utf8.count <= 1024 else {
            throw ServiceError(
                .invalidValue, "The search has no words.", hint: "Send q=… with 1 to 1,024 bytes.", parameter: "q")
        }
        self.init(text, countMax: try query.integer("limit", in: Self.countAllowed) ?? 50)
        since = try query.integer("since_us").map { ConversationMoment(microseconds: Int64($0)) }
        until = try query.integer("until_us").map { ConversationMoment(microseconds: Int64($0)) }
        model = query["model"]
        tag = query["tag"]
        role = query["role"]
        hasAttachments = try query.bool("attachments")
        space = try query.space()
    }
}

extension HTTPQuery {
    /// The context that is named, `none` for what belongs to none; `nil` is all of them.
    func space() throws -> SpaceFilter? {
        guard let text = self["context"], text != "all" else { return nil }
        guard text != "none" else { return .outside }
        guard let id = ContextID(text) else { throw ServiceError.noContext(text) }
        return .one(id)
    }

    /// One of some words.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of type: Choice.Type = Choice.self
    ) throws -> Choice? where Choice.RawValue == String {
        guard let text = self[name] else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw ServiceError(
                .invalidValue, "'\(text.prefix(40))' is not one of \(all).", hint: "Send \(name)=… with one of them.",
                parameter: name)
        }
        return choice
    }
}
