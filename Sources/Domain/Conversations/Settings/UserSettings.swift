public import JSONText

/// What a user has chosen, the same on all devices. Mostly the page's own; the server reads a few members.
public struct UserSettings: Sendable, Equatable {
    public static let bytesMax = 64 << 10

    public var document: JSONObject
    /// Counts changes; 0 where nothing was ever written.
    public var revision: Int64
    public var updated: ConversationMoment?

    public init(document: JSONObject = [:], revision: Int64 = 0, updated: ConversationMoment? = nil) {
        self.document = document
        self.revision = revision
        self.updated = updated
    }

    /// What is said under `context` of all conversations. What cannot be read says nothing: it is checked when it is written.
    public var contextWish: ContextWish {
        guard let context = document["context"], context.object != nil else { return ContextWish() }
        do { return try ContextWish(JSONField(context)) } catch { return ContextWish() }
    }

    /// Whether a model names conversations.
    public var hasTitles: Bool { document["titles"]?.bool ?? true }

    /// Checks the members that the server reads.
    ///
    /// - Parameter field: the document.
    /// - Returns: its members.
    /// - Throws: `JSONFieldError` with the path of what is wrong.
    public static func checked(_ field: JSONField) throws(JSONFieldError) -> JSONObject {
        let document = try field.object()
        guard JSONValue.object(document).bytes.count <= bytesMax else {
            throw field.fail("is larger than \(bytesMax) bytes")
        }
        if let context = try field.optional("context") {
            _ = try context.object()
            _ = try ContextWish(context)
        }
        if let titles = try field.optional("titles") { _ = try titles.bool() }
        if let profile = try field.optional("profile") { _ = try profile.string(bytesIn: 1...64) }
        return document
    }

    /// The document with a patch by the rules of JSON Merge Patch: members that are `null` go, objects are merged.
    ///
    /// Source: RFC 7396.
    public func merging(_ patch: JSONObject) -> JSONObject { Self.merged(document, patch) }

    private static func merged(_ target: JSONObject, _ patch: JSONObject) -> JSONObject {
        var result = target
        for (name, value) in patch {
            if value.isNull {
                result[name] = nil
            } else if let inner = value.object {
                result[name] = .object(merged(result[name]?.object ?? [:], inner))
            } else {
                result[name] = value
            }
        }
        return result
    }
}

/// A named set of parameters that a conversation can be started with.
public struct UserProfile: Sendable, Equatable {
    /// Of one user.
    public static let countMax = 200
    public static let bytesMax = 64 << 10
    public static let nameBytesMax = 256

    /// `prof_…`.
    public let id: String
    public var name: String
    /// Members of a chat request.
    public var parameters: JSONObject
    /// The system prompt that goes with them.
    public var system: String?
    /// The preset that it was made of.
    public var preset: String?
    public var revision: Int64
    public let created: ConversationMoment
    public var updated: ConversationMoment

    public init(
        id: String, name: String, parameters: JSONObject = [:], system: String? = nil, preset: String? = nil,
        revision: Int64 = 1, created: ConversationMoment, updated: ConversationMoment? = nil
    ) {
        self.id = id
        self.name = name
        self.parameters = parameters
        self.system = system
        self.preset = preset
        self.revision = revision
        self.created = created
        self.updated = updated ?? created
    }

    /// A new id.
    ///
    /// - Parameters:
    ///   - moment: now.
    ///   - random: the source of the rest of it.
    /// - Returns: `prof_…`.
    public static func newID(at moment: ConversationMoment, using random: inout some RandomNumberGenerator) -> String {
        SortableID<Self>(at: moment, using: &random).text
    }

    /// Takes over what a body names.
    ///
    /// - Throws: `JSONFieldError` with the path of what is wrong.
    public mutating func change(_ body: JSONField) throws(JSONFieldError) {
        if let name = try body.optional("name") { self.name = try name.keptText(bytesIn: 1...Self.nameBytesMax) }
        if let parameters = try body.optional("parameters") { self.parameters = try parameters.object() }
        if let value = body.value["system"] {
            system = value.isNull ? nil : try body.required("system").keptText(bytesIn: 0...Self.bytesMax)
        }
        if let value = body.value["preset"] {
            preset = value.isNull ? nil : try body.required("preset").keptText(bytesIn: 1...64)
        }
        guard JSONValue.object(parameters).bytes.count + (system ?? "").utf8.count <= Self.bytesMax else {
            throw body.fail("is larger than \(Self.bytesMax) bytes")
        }
    }
}
