public import Telemetry
public import Vocabulary

/// A key of a user, for programs. Its secret is kept as a hash only.
public struct APIKey: Sendable, Equatable {
    /// `key_…`; also stands in the key itself.
    public let id: String
    public let user: UserID
    /// What its owner calls it.
    public var name: String
    public let secretHash: [UInt8]
    /// Permissions that it is restricted to, as names or patterns such as `models.*`; `nil` is all that its user has.
    public let scopes: [String]?
    /// Models that it may ask, as names or patterns; `nil` is all that its user may.
    public let models: [String]?
    /// The most urgent priority, if that is less than its user's.
    public let priorityMax: Priority?
    public let createdAt: UnixTime
    /// From then on it is refused; `nil` for never.
    public var expiresAt: UnixTime?
    public var revokedAt: UnixTime?
    /// The key that takes its place.
    public var replacedBy: String?
    /// To some seconds.
    public var lastUsedAt: UnixTime?

    public init(
        id: String, user: UserID, name: String, secretHash: [UInt8], scopes: [String]? = nil, models: [String]? = nil,
        priorityMax: Priority? = nil, createdAt: UnixTime, expiresAt: UnixTime? = nil, revokedAt: UnixTime? = nil,
        replacedBy: String? = nil, lastUsedAt: UnixTime? = nil
    ) {
        self.id = id
        self.user = user
        self.name = name
        self.secretHash = secretHash
        self.scopes = scopes
        self.models = models
        self.priorityMax = priorityMax
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.replacedBy = replacedBy
        self.lastUsedAt = lastUsedAt
    }

    public enum State: String, Sendable { case active, expired, revoked }

    /// Whether it is taken at a moment.
    public func state(at now: UnixTime) -> State {
        if revokedAt != nil { return .revoked }
        return expiresAt.map { $0 <= now } ?? false ? .expired : .active
    }
}

/// How a key looks: `nxk_`, 26 characters of its id, `_`, and 52 characters that stand for 32 random bytes.
///
/// The id is in clear, so that a key is found without being tried against all, and can be named in lists and logs; the prefix
/// is what scanners for leaked secrets look for.
public enum KeyText {
    public static let prefix = "nxk_"
    static let idCount = 26
    static let secretByteCount = 32
    static let secretCount = 52
    static let count = prefix.utf8.count + idCount + 1 + secretCount

    /// - Parameters:
    ///   - id: `key_` and 26 characters.
    ///   - secret: 52 characters.
    /// - Returns: what the owner is shown, once.
    static func make(id: String, secret: String) -> String { prefix + id.dropFirst(4) + "_" + secret }

    /// Takes a key apart.
    ///
    /// - Parameter text: as a client sent it.
    /// - Returns: `nil` when it has not a key's form.
    static func parse(_ text: String) -> (id: String, secret: String)? {
        guard text.utf8.count == count else { return nil }
        var text = text
        return text.withUTF8 { bytes in
            let idEnd = prefix.utf8.count + idCount
            let (id, secret) = (bytes[prefix.utf8.count..<idEnd], bytes[(idEnd + 1)...])
            guard bytes.starts(with: prefix.utf8), bytes[idEnd] == UInt8(ascii: "_"), SecretText.isBase32(id),
                SecretText.isBase32(secret)
            else { return nil }
            return (
                String(unsafeUninitializedCapacity: "key_".utf8.count + idCount) { room in
                    let start = room.initialize(fromContentsOf: "key_".utf8)
                    return room[start...].initialize(fromContentsOf: id)
                }, String(decoding: secret, as: UTF8.self)
            )
        }
    }

    /// Whether a text claims to be a key of ours, well-formed or not.
    public static func claims(_ text: some StringProtocol) -> Bool { text.hasPrefix(prefix) }
}
