internal import Synchronization

/// Knows where browsers go to sign out at a provider, too.
public protocol ProviderSigningOut: Sendable {
    /// - Parameter session: that has ended here.
    /// - Returns: an address; `nil` where the provider has no such door, or cannot be asked now. Comes within seconds.
    func signOutLocation(after session: ProviderSession) async -> String?
}

/// Who is asked; known once federation is open.
public final class ProviderSignOut: Sendable {
    private let asked = Mutex<(any ProviderSigningOut)?>(nil)

    public init() {}

    public func set(_ asked: some ProviderSigningOut) { self.asked.withLock { $0 = asked } }

    /// Where the browser of a session that has ended here goes next.
    public func location(after session: Session?) async -> String? {
        guard let provider = session?.provider else { return nil }
        return await asked.withLock(\.self)?.signOutLocation(after: provider)
    }
}
