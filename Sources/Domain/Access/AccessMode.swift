/// Whether callers must say who they are.
///
/// It never goes back by itself: where a user exists, an administrator exists.
public enum AccessMode: String, Sendable, CaseIterable {
    /// One person's server on their own machine: no user exists, and nobody else can reach it. Everything is theirs.
    case open
    /// Every caller brings a credential.
    case signIn = "sign_in"
}

/// Which mode is in force now. Asked for each request; costs a lock at most.
public typealias AccessModeSource = @Sendable () -> AccessMode
