import Access
import JSONText
import Storage
import Telemetry
import Vocabulary

/// Rows of the tables of `AccessTables`, and what they stand for.
enum AccessRows {
    static func user(_ row: Row, recovery: [[UInt8]], secrets: SecondFactorSecrets) throws -> User {
        let password: String? = try row.decode("password")
        let envelope: String? = try row.decode("totp_sealed")
        let id: String = try row.decode("id")
        let secret = envelope.map { secrets.open($0, of: id) }
        let changedAt = try optionalTime(row, "password_at")
        return User(
            id: UserID(id), name: try row.decode("name"), displayName: try row.decode("display_name"),
            email: try row.decode("email"), role: try word(row, "role"), tenant: TenantID(try row.decode("tenant")),
            isDisabled: try row.decode("is_disabled"), models: try list(row, "models"),
            priorityMax: try word(row, "priority_max"), weight: try row.decode("weight"),
            createdAt: try time(row, "created_at"),
            password: password.map {
                PasswordRecord(hash: Redacted($0), changedAt: changedAt ?? UnixTime(nanoseconds: 0))
            },
            secondFactor: try secret.map { secret in
                SecondFactor(
                    secret: Redacted(secret), isConfirmed: try row.decode("totp_confirmed"),
                    lastStep: try row.decode("totp_step"), recoveryHashes: recovery)
            })
    }

    static func values(of user: User, secrets: SecondFactorSecrets) -> [(name: String, value: SQLValue)] {
        [
            ("id", .text(user.id.text)), ("name", .text(user.name)), ("display_name", .text(user.displayName)),
            ("email", SQLValue(user.email)), ("role", .text(user.role.rawValue)), ("tenant", .text(user.tenant.name)),
            ("is_disabled", .bool(user.isDisabled)), ("models", text(user.models)),
            ("priority_max", .text(user.priorityMax.rawValue)), ("weight", SQLValue(user.weight)),
            ("created_at", value(user.createdAt)),
            ("password", SQLValue(user.password?.hash.revealed)),
            ("password_at", user.password.map { value($0.changedAt) } ?? .null),
            ("totp_secret", .null),
            ("totp_sealed", SQLValue(user.secondFactor.map { secrets.seal($0.secret.revealed, of: user.id.text) })),
            ("totp_confirmed", .bool(user.secondFactor?.isConfirmed ?? false)),
            ("totp_step", .integer(user.secondFactor?.lastStep ?? 0)),
        ]
    }

    static func key(_ row: Row) throws -> APIKey {
        let priority: String? = try row.decode("priority_max")
        return APIKey(
            id: try row.decode("id"), user: UserID(try row.decode("user")), name: try row.decode("name"),
            secretHash: try row.decode("secret_hash"), scopes: try list(row, "scopes"),
            models: try list(row, "models"), priorityMax: try priority.map { _ in try word(row, "priority_max") },
            createdAt: try time(row, "created_at"), expiresAt: try optionalTime(row, "expires_at"),
            revokedAt: try optionalTime(row, "revoked_at"), replacedBy: try row.decode("replaced_by"),
            lastUsedAt: try optionalTime(row, "last_used_at"))
    }

    static func values(of key: APIKey) -> [(name: String, value: SQLValue)] {
        [
            ("id", .text(key.id)), ("user", .text(key.user.text)), ("name", .text(key.name)),
            ("secret_hash", .blob(key.secretHash)), ("scopes", text(key.scopes)), ("models", text(key.models)),
            ("priority_max", SQLValue(key.priorityMax?.rawValue)), ("created_at", value(key.createdAt)),
            ("expires_at", value(key.expiresAt)), ("revoked_at", value(key.revokedAt)),
            ("replaced_by", SQLValue(key.replacedBy)), ("last_used_at", value(key.lastUsedAt)),
        ]
    }

    static func session(_ row: Row, _ providers: ProviderSessionRows) throws -> Session {
        let id: String = try row.decode("id")
        let provider: String? = try row.decode("provider")
        return Session(
            id: id, user: UserID(try row.decode("user")), tokenHash: try row.decode("token_hash"),
            createdAt: try time(row, "created_at"), expiresAt: try time(row, "expires_at"),
            seenAt: try time(row, "seen_at"),
            client: ClientTrace(address: try row.decode("address"), agent: try row.decode("agent")),
            provider: try provider.flatMap { try providers.provider($0, of: id) })
    }

    static func values(of session: Session, _ providers: ProviderSessionRows) -> [(name: String, value: SQLValue)] {
        [
            ("id", .text(session.id)), ("user", .text(session.user.text)), ("token_hash", .blob(session.tokenHash)),
            ("created_at", value(session.createdAt)), ("expires_at", value(session.expiresAt)),
            ("seen_at", value(session.seenAt)), ("address", .text(session.client.address)),
            ("agent", .text(session.client.agent.filter { $0 != "\0" })),
            ("provider", session.provider.map { .text(providers.text($0, of: session.id)) } ?? .null),
        ]
    }

    // MARK: Columns

    /// Nanoseconds, as the clock has them: what is read is what was written.
    static func value(_ time: UnixTime) -> SQLValue { .integer(time.nanoseconds) }
    static func value(_ time: UnixTime?) -> SQLValue { time.map { .integer($0.nanoseconds) } ?? .null }

    static func time(_ row: Row, _ column: String) throws -> UnixTime {
        UnixTime(nanoseconds: try row.decode(column))
    }

    private static func optionalTime(_ row: Row, _ column: String) throws -> UnixTime? {
        let nanoseconds: Int64? = try row.decode(column)
        return nanoseconds.map { UnixTime(nanoseconds: $0) }
    }

    static func text(_ list: [String]?) -> SQLValue {
        list.map { .text(JSONValue.array($0.map(JSONValue.string)).text) } ?? .null
    }

    static func list(_ row: Row, _ column: String) throws -> [String]? {
        let text: String? = try row.decode(column)
        guard let text else { return nil }
        guard let array = try JSONValue.parse(text).array else {
            throw StorageError(.typeMismatch, "column '\(column)' holds no list")
        }
        return array.compactMap(\.string)
    }

    static func word<Word: RawRepresentable>(_ row: Row, _ column: String) throws -> Word
    where Word.RawValue == String {
        let text: String = try row.decode(column)
        guard let word = Word(rawValue: text) else {
            throw StorageError(.typeMismatch, "column '\(column)' holds '\(text.prefix(40))', which is no \(Word.self)")
        }
        return word
    }
}
