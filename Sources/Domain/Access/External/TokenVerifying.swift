import Synchronization
public import Vocabulary

/// Recognises bearer tokens that this server did not make as API keys: those of an identity provider, or signed ones.
///
/// Called for every request whose bearer token is no API key, concurrently. It must not ask anybody over the network for a
/// token that it has seen already or that is plainly not of its kind.
public protocol TokenVerifying: Sendable {
    /// Who a token stands for.
    ///
    /// - Parameter token: what came after `Bearer `, up to 16 KiB.
    /// - Returns: the caller; `nil` when the token is of another kind, and the next verifier is to look at it.
    /// - Throws: `ServiceError` of the code `unauthenticated` when it is of this kind and not valid.
    func principal(forBearer token: String) async throws -> Principal?
}

/// The verifiers of this server, in the order in which they were added.
public final class TokenVerifiers: Sendable {
    private let verifiers = Mutex<[any TokenVerifying]>([])

    public init() {}

    public func add(_ verifier: some TokenVerifying) { verifiers.withLock { $0.append(verifier) } }

    /// The first answer of a verifier; `nil` when the token is of no known kind.
    ///
    /// - Parameter token: what came after `Bearer `.
    /// - Returns: who it stands for.
    /// - Throws: `ServiceError` when a verifier knows the token's kind and refuses it.
    public func principal(forBearer token: String) async throws -> Principal? {
        for verifier in verifiers.withLock(\.self) {
            if let principal = try await verifier.principal(forBearer: token) { return principal }
        }
        return nil
    }
}
