/// Where a directory is, and how people are found in it.
public struct DirectorySettings: Sendable, Equatable, CustomReflectable {
    /// How the connection is protected.
    public enum Protection: String, Sendable, CaseIterable {
        /// `ldaps://`, or the socket of this machine (`ldapi://`): nothing more is needed.
        case none
        /// TLS is asked for before anything else is said.
        case startTLS
    }

    /// `ldap://host`, `ldaps://host`, `ldapi://%2Fpath`; one address.
    public var url: String
    public var protection: Protection
    /// PEM file of the certificates to trust; `nil` means the system's.
    public var trustFile: String?
    /// The account that looks people up; `nil` asks without one.
    public var bindName: String?
    public var bindPassword: String
    /// Below which people are.
    public var userBase: String
    /// Finds a person: `{name}` stands for what they typed.
    public var userFilter: String
    /// Of the person's entry: what stays when everything else changes.
    public var idAttribute: String
    public var nameAttribute: String
    public var displayNameAttribute: String
    public var emailAttribute: String
    /// Of the person's entry: names of groups (`memberOf`).
    public var groupAttribute: String?
    /// Below which groups are; `nil` looks for none.
    public var groupBase: String?
    /// Finds a person's groups: `{dn}` stands for the person's distinguished name, `{name}` for what they typed.
    public var groupFilter: String
    /// For each step: connecting, binding, searching.
    public var timeout: Duration

    public init(
        url: String, protection: Protection = .none, trustFile: String? = nil, bindName: String? = nil,
        bindPassword: String = "", userBase: String, userFilter: String = "(uid={name})",
        idAttribute: String = "entryUUID", nameAttribute: String = "uid", displayNameAttribute: String = "cn",
        emailAttribute: String = "mail", groupAttribute: String? = nil, groupBase: String? = nil,
        groupFilter: String = "(member={dn})", timeout: Duration = .seconds(5)
    ) {
        self.url = url
        self.protection = protection
        self.trustFile = trustFile
        self.bindName = bindName
        self.bindPassword = bindPassword
        self.userBase = userBase
        self.userFilter = userFilter
        self.idAttribute = idAttribute
        self.nameAttribute = nameAttribute
        self.displayNameAttribute = displayNameAttribute
        self.emailAttribute = emailAttribute
        self.groupAttribute = groupAttribute
        self.groupBase = groupBase
        self.groupFilter = groupFilter
        self.timeout = timeout
    }

    /// Without the password.
    public var customMirror: Mirror { Mirror(self, children: ["url": url, "userBase": userBase]) }

    /// Whether passwords would cross a network in the clear.
    public var isPlain: Bool { protection == .none && url.lowercased().hasPrefix("ldap://") }
}

/// A person's entry, after the directory has taken their password.
public struct DirectoryEntry: Sendable, Equatable {
    /// The distinguished name. It changes when the person moves.
    public var name: String
    /// Never given to anybody else.
    public var id: String
    public var accountName: String?
    public var displayName: String?
    public var email: String?
    /// Distinguished names of groups, each followed by its first part's value: `cn=admins,ou=…` and `admins`.
    public var groups: [String]
}
