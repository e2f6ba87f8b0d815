public import JSONText

extension ContextID {
    /// The id of the message that tells a model this context's instructions: always the same, so that a prompt is, too.
    public var instructionsID: MessageID? { MessageID("msg_" + text.dropFirst(4)) }
}

/// A space of its own for conversations: their memory, documents and data stay inside, and nothing from outside comes in.
public struct ContextSpace: Sendable, Equatable {
    public let id: ContextID
    public let owner: ConversationOwner
    public var name: String
    public var tags: [String]
    /// Whatever its user keeps with it.
    public var data: JSONObject
    /// What models are told before every conversation in it.
    public var instructions: String
    /// Who answers where a conversation does not say.
    public var model: String?
    /// Whether memory is used and learned in it; `nil` is as the user has it.
    public var usesMemory: Bool?
    public let created: ConversationMoment
    public var updated: ConversationMoment
    public var revision: Int64
    public var conversationCount: Int
    public var documentCount: Int

    public init(
        id: ContextID, owner: ConversationOwner, name: String = "", tags: [String] = [], data: JSONObject = [:],
        instructions: String = "", model: String? = nil, usesMemory: Bool? = nil, created: ConversationMoment,
        updated: ConversationMoment? = nil, revision: Int64 = 1, conversationCount: Int = 0, documentCount: Int = 0
    ) {
        self.id = id
        self.owner = owner
        self.name = name
        self.tags = tags
        self.data = data
        self.instructions = instructions
        self.model = model
        self.usesMemory = usesMemory
        self.created = created
        self.updated = updated ?? created
        self.revision = revision
        self.conversationCount = conversationCount
        self.documentCount = documentCount
    }
}

/// Bounds of contexts.
public enum ContextLimits {
    /// Of one user.
    public static let contextsMax = 1_000
    public static let conversationsMax = 10_000
    public static let documentsMax = 1_000
    public static let nameBytesMax = 256
    public static let dataBytesMax = 256 << 10
    public static let instructionsBytesMax = 16 << 10
    public static let documentBytesMax = 16 << 20
    /// Of all documents of one context.
    public static let documentsBytesMax: Int64 = 256 << 20
}

/// A file in a context.
public struct ContextDocument: Sendable, Equatable {
    /// `doc_…`
    public let id: String
    public let context: ContextID
    public var name: String
    /// As the client says: `text/plain`.
    public var type: String
    public var byteCount: Int
    /// Its words, where they can be read: plain text and Markdown.
    public var text: String?
    public let created: ConversationMoment

    public init(
        id: String, context: ContextID, name: String, type: String, byteCount: Int, text: String?,
        created: ConversationMoment
    ) {
        self.id = id
        self.context = context
        self.name = name
        self.type = type
        self.byteCount = byteCount
        self.text = text
        self.created = created
    }

    public static func isID(_ text: String) -> Bool { SortableID<Self>(text) != nil }

    /// A new id.
    ///
    /// - Parameters:
    ///   - moment: now.
    ///   - random: the source of the rest of it.
    /// - Returns: `doc_…`.
    public static func newID(at moment: ConversationMoment, using random: inout some RandomNumberGenerator) -> String {
        SortableID<Self>(at: moment, using: &random).text
    }

    /// The words of a file.
    ///
    /// - Parameters:
    ///   - bytes: the file.
    ///   - type: its type, with parameters or without.
    ///   - name: its name, which tells where the type does not.
    /// - Returns: `nil` where they cannot be read: another type, bytes that are no UTF-8, a NUL.
    public static func text(of bytes: [UInt8], type: String, name: String) -> String? {
        let kind = type.split(separator: ";").first.map { $0.lowercased() } ?? ""
        let isNamed = [".txt", ".md", ".markdown"].contains { name.lowercased().hasSuffix($0) }
        let isText =
            ["text/plain", "text/markdown", "text/x-markdown"].contains(kind)
            || isNamed && (kind.isEmpty || kind == "application/octet-stream")
        guard isText, !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
