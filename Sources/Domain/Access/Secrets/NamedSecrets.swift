public import Vocabulary

/// Secrets by name, sealed in the database: hub tokens, keys of other servers. They are set, used and removed, and never shown.
public struct NamedSecrets: Sendable {
    /// Bytes of one secret.
    public static let bytesAllowed = 1...16_384
    /// Secrets at a time.
    public static let countMax = 1_000

    private let store: any SecretStore
    private let sealer: SecretSealer
    private let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - store: keeps envelopes.
    ///   - sealer: makes and opens them.
    ///   - now: microseconds since 1970.
    public init(store: any SecretStore, sealer: SecretSealer, now: @escaping @Sendable () -> Int64) {
        self.store = store
        self.sealer = sealer
        self.now = now
    }

    /// What is known of all secrets, by name; no secret among it.
    public func list() async throws -> [StoredSecret] { try await store.secrets() }

    /// Seals and keeps a secret, in place of the one of this name.
    ///
    /// - Throws: `ServiceError` when name or text are not allowed.
    public func set(_ name: String, to text: String) async throws {
        try Self.check(name)
        guard Self.bytesAllowed.contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw ServiceError(
                .invalidValue, "A secret has 1 to \(Self.bytesAllowed.upperBound) bytes and no control characters.",
                hint: "Is there a line break at its end?", parameter: "value")
        }
        let envelope = sealer.seal(text, for: Self.place(name))
        let isKept = try await store.put(
            StoredSecret(name: name, envelope: envelope, changedAt: now()), countMax: Self.countMax)
        guard isKept else {
            throw ServiceError(
                .conflict, "There are \(Self.countMax) secrets, and no more are kept.", hint: "Remove some.")
        }
    }

    /// Forgets a secret.
    ///
    /// - Throws: `ServiceError` when there is none of this name.
    public func remove(_ name: String) async throws {
        guard try await store.remove(name) else { throw Self.missing(name) }
    }

    /// A secret, to be used at once. Every call is a place to review.
    ///
    /// - Throws: ``SealingError`` when it cannot be opened.
    /// - Returns: `nil` when there is none of this name.
    public func reveal(_ name: String) async throws -> String? {
        guard let stored = try await store.secret(name) else { return nil }
        return try sealer.open(stored.envelope, for: Self.place(name))
    }

    /// Letters, digits, `.`, `-`, `_` and `/`: fit for a path's segment and a configuration.
    public static func check(_ name: String) throws(ServiceError) {
        let isFit = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: ".-_/".utf8.contains(byte)
            }
        }
        guard isFit, (1...128).contains(name.utf8.count) else {
            throw ServiceError(
                .invalidValue, "The name of a secret has 1 to 128 letters, digits, '.', '-', '_' and '/'.",
                parameter: "name")
        }
    }

    private static func missing(_ name: String) -> ServiceError {
        ServiceError(
            .notFound, "There is no secret '\(AuditText.safe(name))'.", hint: "`nexus secrets list` names them.")
    }

    private static func place(_ name: String) -> String { "secret:\(name)" }
}

/// A secret as it is kept.
public struct StoredSecret: Sendable, Equatable {
    public var name: String
    public var envelope: String
    /// Microseconds since 1970.
    public var changedAt: Int64

    public init(name: String, envelope: String, changedAt: Int64) {
        self.name = name
        self.envelope = envelope
        self.changedAt = changedAt
    }

    /// The id of the key that sealed it.
    public var keyID: String {
        envelope.dropFirst(SecretSealer.mark.count).split(separator: ":").first.map(String.init) ?? ""
    }
}

/// Where envelopes are kept.
public protocol SecretStore: Sendable {
    /// By name.
    func secrets() async throws -> [StoredSecret]
    func secret(_ name: String) async throws -> StoredSecret?
    /// `false` when there are `countMax` others already.
    func put(_ secret: StoredSecret, countMax: Int) async throws -> Bool
    /// `false` when there was none.
    func remove(_ name: String) async throws -> Bool
    /// Replaces every text that holds envelopes, wherever in the database, by what `change` makes of it: all in one
    /// transaction, or none.
    ///
    /// - Parameter change: may be called more than once.
    /// - Returns: how many envelopes changed.
    /// - Throws: when one of them cannot be opened; nothing is changed then.
    func reseal(_ change: @Sendable (String) throws -> (text: String, count: Int)) async throws -> Int
}
