public import JSONText

/// Where settings and profiles of users are kept. What belongs to somebody else is not found.
public protocol SettingsStore: Sendable {
    /// An empty document of revision 0 where nothing was ever written.
    func settings(of owner: ConversationOwner) async throws -> UserSettings
    /// Replaces the document. `false` when somebody else has changed it since `revision`.
    func replace(
        _ document: JSONObject, of owner: ConversationOwner, expecting revision: Int64, at now: ConversationMoment
    ) async throws -> Bool

    /// By name.
    func profiles(of owner: ConversationOwner) async throws -> [UserProfile]
    func profile(_ id: String, of owner: ConversationOwner) async throws -> UserProfile?
    /// `false` when the owner has as many as there may be.
    func add(_ profile: UserProfile, of owner: ConversationOwner) async throws -> Bool
    /// Replaces a profile. `false` when somebody else has changed it since `revision`.
    func replace(_ profile: UserProfile, of owner: ConversationOwner, expecting revision: Int64) async throws -> Bool
    func removeProfile(_ id: String, of owner: ConversationOwner) async throws -> Bool
}
