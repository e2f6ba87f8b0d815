import Access

extension AccessEvent {
    /// The same for the audit trail.
    var auditEntry: AuditEntry {
        var entry = AuditEntry(action, kind.isRefusal ? .refused : .succeeded, on: target)
        entry.details[.operation] = .text(kind.rawValue)
        if !detail.isEmpty { entry.details[.reason] = .text(detail) }
        return entry
    }

    private var action: AuditAction {
        switch kind {
        case .signedIn, .signInRefused, .signInThrottled: .signIn
        case .signedOut: .signOut
        case .secondFactorOn, .secondFactorOff, .recoveryCodeUsed: .secondFactor
        case .userCreated: .userCreated
        case .passwordChanged, .userChanged: .userChanged
        case .userRemoved: .userDeleted
        case .keyCreated: .keyCreated
        case .keyRotated: .keyRotated
        case .keyRevoked: .keyRevoked
        case .teamChanged, .teamRemoved, .tenantChanged, .tenantRemoved, .roleChanged: .configurationChanged
        }
    }

    /// `session:ses_…`, `name:bob`, `user:usr_…`.
    private var target: String {
        let area = kind.rawValue.prefix { $0 != "." }
        let isID = !kind.isRefusal
        return "\(isID ? String(area) : "name"):\(subject)"
    }
}
