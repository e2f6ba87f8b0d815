public import Telemetry
public import Vocabulary

/// A person, or a program that acts for itself, who may sign in or hold keys.
public struct User: Sendable, Equatable {
    public let id: UserID
    /// What they sign in with: unique, in lower case.
    public var name: String
    /// As people see it.
    public var displayName: String
    /// Unique where there is one, in lower case.
    public var email: String?
    public var role: Role
    /// Whose data, queue share and cached prompts are theirs. Each user has one of their own unless told otherwise.
    public var tenant: TenantID
    public var isDisabled: Bool
    /// Names of models that they may ask, where `*` stands for any characters; `nil` is all of their role's.
    public var models: [String]?
    /// The most urgent priority that they may ask for.
    public var priorityMax: Priority
    /// Their share of what is waited for, relative to others, where their tenant is their own; `nil` is what the
    /// configuration says.
    public var weight: Double?
    public let createdAt: UnixTime
    /// `nil` for those who come by somebody else's word, or by keys only.
    public var password: PasswordRecord?
    /// `nil` when they have none.
    public var secondFactor: SecondFactor?

    public init(
        id: UserID, name: String, displayName: String, email: String? = nil, role: Role, tenant: TenantID,
        isDisabled: Bool = false, models: [String]? = nil, priorityMax: Priority = .high, weight: Double? = nil,
        createdAt: UnixTime, password: PasswordRecord? = nil, secondFactor: SecondFactor? = nil
    ) {
        self.id = id
        self.name = name
        self.displayName = displayName
        self.email = email
        self.role = role
        self.tenant = tenant
        self.isDisabled = isDisabled
        self.models = models
        self.priorityMax = priorityMax
        self.weight = weight
        self.createdAt = createdAt
        self.password = password
        self.secondFactor = secondFactor
    }
}

/// What is kept of a password.
public struct PasswordRecord: Sendable, Equatable {
    /// Argon2id's text with its parameters and salt.
    public var hash: Redacted<String>
    public var changedAt: UnixTime

    public init(hash: Redacted<String>, changedAt: UnixTime) {
        self.hash = hash
        self.changedAt = changedAt
    }
}

/// A device that shows codes (RFC 6238), and how far its codes are used up.
public struct SecondFactor: Sendable, Equatable {
    /// The secret that it shares with us.
    public var secret: Redacted<[UInt8]>
    /// It counts once a first code of it was seen.
    public var isConfirmed: Bool
    /// The step of the last code that was taken; this one and earlier ones are refused.
    public var lastStep: Int64
    /// Hashes of recovery codes that are left.
    public var recoveryHashes: [[UInt8]]

    public init(
        secret: Redacted<[UInt8]>, isConfirmed: Bool = false, lastStep: Int64 = 0, recoveryHashes: [[UInt8]] = []
    ) {
        self.secret = secret
        self.isConfirmed = isConfirmed
        self.lastStep = lastStep
        self.recoveryHashes = recoveryHashes
    }
}
