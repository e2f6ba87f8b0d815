import Access
import JSONText
import Telemetry
import Vocabulary

/// Users, keys and sessions as the API shows them: no hash, no secret. Moments are seconds since 1970.
extension User {
    /// - Parameters:
    ///   - teams: that they are in.
    ///   - weight: what queues give them, relative to others.
    /// - Returns: the object.
    func json(teams: [String], weight: Double) -> JSONValue {
        [
            "id": .string(id.text), "name": .string(name), "display_name": .string(displayName),
            "email": email.map(JSONValue.string) ?? .null, "role": .string(role.rawValue),
            "tenant": .string(tenant.name), "teams": .array(teams.map(JSONValue.string)),
            "disabled": .bool(isDisabled), "models": models.json, "priority_max": .string(priorityMax.rawValue),
            "weight": .number(weight), "has_password": .bool(password != nil),
            "has_totp": .bool(secondFactor?.isConfirmed ?? false),
            "created_at": createdAt.json,
        ]
    }
}

extension APIKey {
    func json(at now: UnixTime) -> JSONObject {
        [
            "id": .string(id), "user": .string(user.text), "name": .string(name),
            "state": .string(state(at: now).rawValue), "scopes": scopes.json, "models": models.json,
            "priority_max": priorityMax.map { .string($0.rawValue) } ?? .null, "created_at": createdAt.json,
            "expires_at": expiresAt?.json ?? .null, "revoked_at": revokedAt?.json ?? .null,
            "replaced_by": replacedBy.map(JSONValue.string) ?? .null, "last_used_at": lastUsedAt?.json ?? .null,
        ]
    }
}

extension MadeKey {
    /// With the key itself, which is shown here only.
    func json(at now: UnixTime) -> JSONValue {
        var members = key.json(at: now)
        members["key"] = .string(text.revealed)
        return .object(members)
    }
}

extension Session {
    func json(isCurrent: Bool) -> JSONValue {
        [
            "id": .string(id), "user": .string(user.text), "current": .bool(isCurrent),
            "created_at": createdAt.json, "seen_at": seenAt.json, "expires_at": expiresAt.json,
            "address": .string(client.address), "agent": .string(client.agent),
        ]
    }
}

extension Team {
    var json: JSONValue {
        [
            "id": .string(id), "display_name": .string(displayName), "created_at": createdAt.json,
            "members": .array(members.map(\.text).sorted().map(JSONValue.string)),
        ]
    }
}

extension Tenant {
    func json(weight: Double) -> JSONValue {
        [
            "id": .string(id.name), "display_name": .string(displayName), "weight": .number(weight),
            "created_at": createdAt.json,
        ]
    }
}

extension Principal {
    /// What somebody is told of themselves.
    var json: JSONValue {
        var credential: JSONObject
        switch origin {
        case .open: credential = ["kind": "none"]
        case .anonymous: credential = ["kind": "none"]
        case .local: credential = ["kind": "local"]
        case .session(let id): credential = ["kind": "session", "id": .string(id)]
        case .apiKey(let id): credential = ["kind": "key", "id": .string(id)]
        case .token(let id): credential = ["kind": "token", "id": .string(id)]
        }
        return [
            "id": .string(user.text), "name": .string(name), "role": .string(role.rawValue),
            "tenant": .string(tenant.name), "teams": .array(teams.map(JSONValue.string)),
            "permissions": .array(PermissionTable.permissions(of: self).map(JSONValue.string)),
            "models": models.json, "user_models": userModels.json, "priority_max": .string(priorityMax.rawValue),
            "credential": .object(credential),
        ]
    }
}

extension [String]? {
    fileprivate var json: JSONValue { map { .array($0.map(JSONValue.string)) } ?? .null }
}
