public import Conversations
public import JSONText
public import Storage

/// Settings and profiles of users in the database.
public struct SettingsRecords: SettingsStore {
    private let database: Database

    public init(_ database: Database) { self.database = database }

    public func settings(of owner: ConversationOwner) async throws -> UserSettings {
        let row = try await database.query(
            "SELECT * FROM user_settings WHERE tenant = $1 AND owner = $2", owner.values
        ).first
        guard let row else { return UserSettings() }
        return UserSettings(
            document: try ConversationRow.json(row, "document").object ?? [:], revision: try row.decode("revision"),
            updated: ConversationMoment(rawValue: try row.decode("updated")))
    }

    public func replace(
        _ document: JSONObject, of owner: ConversationOwner, expecting revision: Int64, at now: ConversationMoment
    ) async throws -> Bool {
        let values: [SQLValue] =
            owner.values + [
                .text(ConversationRow.plain(JSONValue.object(document).text)), .integer(now.rawValue),
            ]
        if revision == 0 {
            return try await database.transaction { transaction in
                try await RemovedUsers.refuse(owner.user, transaction)
                return try await transaction.execute(
                    "INSERT INTO user_settings (tenant, owner, document, revision, updated) "
                        + "VALUES ($1, $2, $3, 1, $4) ON CONFLICT (tenant, owner) DO NOTHING", values
                ).changes == 1
            }
        }
        return try await database.execute(
            "UPDATE user_settings SET document = $3, revision = revision + 1, updated = $4 "
                + "WHERE tenant = $1 AND owner = $2 AND revision = $5", values + [.integer(revision)]
        ).changes == 1
    }

    public func profiles(of owner: ConversationOwner) async throws -> [UserProfile] {
        try await database.query(
            "SELECT * FROM user_profiles WHERE tenant = $1 AND owner = $2 ORDER BY name, id LIMIT "
                + "\(UserProfile.countMax)", owner.values
        ).map(Self.profile)
    }

    public func profile(_ id: String, of owner: ConversationOwner) async throws -> UserProfile? {
        try await database.query(
            "SELECT * FROM user_profiles WHERE tenant = $1 AND owner = $2 AND id = $3", owner.values + [.text(id)]
        ).first.map(Self.profile)
    }

    public func add(_ profile: UserProfile, of owner: ConversationOwner) async throws -> Bool {
        try await database.transaction { transaction in
            try await RemovedUsers.refuse(owner.user, transaction)
            let row = try await transaction.query(
                "SELECT COUNT(*) AS count FROM user_profiles WHERE tenant = $1 AND owner = $2", owner.values
            ).first
            guard let row, try row.decode(Int.self, "count") < UserProfile.countMax else { return false }
            try await transaction.execute(
                "INSERT INTO user_profiles (tenant, owner, id, name, document, revision, created, updated) "
                    + "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                owner.values + [
                    .text(profile.id), .text(ConversationRow.plain(profile.name)), .text(Self.document(of: profile)),
                    .integer(profile.revision), .integer(profile.created.rawValue),
                    .integer(profile.updated.rawValue),
                ])
            return true
        }
    }

    public func replace(_ profile: UserProfile, of owner: ConversationOwner, expecting revision: Int64) async throws
        -> Bool
    {
        try await database.execute(
            "UPDATE user_profiles SET name = $4, document = $5, revision = $6, updated = $7 "
                + "WHERE tenant = $1 AND owner = $2 AND id = $3 AND revision = $8",
            owner.values + [
                .text(profile.id), .text(ConversationRow.plain(profile.name)), .text(Self.document(of: profile)),
                .integer(revision + 1), .integer(profile.updated.rawValue), .integer(revision),
            ]
        ).changes == 1
    }

    public func removeProfile(_ id: String, of owner: ConversationOwner) async throws -> Bool {
        try await database.execute(
            "DELETE FROM user_profiles WHERE tenant = $1 AND owner = $2 AND id = $3", owner.values + [.text(id)]
        ).changes == 1
    }

    private static func document(of profile: UserProfile) -> String {
        var members: JSONObject = ["parameters": .object(profile.parameters)]
        members["system"] = profile.system.map(JSONValue.string)
        members["preset"] = profile.preset.map(JSONValue.string)
        return ConversationRow.plain(JSONValue.object(members).text)
    }

    private static func profile(_ row: Row) throws -> UserProfile {
        let document = try ConversationRow.json(row, "document")
        return UserProfile(
            id: try row.decode("id"), name: try row.decode("name"), parameters: document["parameters"]?.object ?? [:],
            system: document["system"]?.string, preset: document["preset"]?.string,
            revision: try row.decode("revision"), created: ConversationMoment(rawValue: try row.decode("created")),
            updated: ConversationMoment(rawValue: try row.decode("updated")))
    }
}
