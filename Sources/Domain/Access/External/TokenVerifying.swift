import Synchronization
public import Vocabulary

/// Recognises bearer tokens that this server did not make as API keys: those of an identity provider, or signed ones.
public protocol TokenVerifying: Sendable {
    /// Who a token stands for, and what it says.
    ///
    /// Called for every request whose bearer token is no API key, concurrently. It must not ask anybody over the network for a
    /// token that it has seen already or that is plainly not of its kind.
    ///
    /// - Parameter token: what came after `Bearer `, up to 16 KiB.
    /// - Returns: `nil` when the token is of another kind, and the next verifier is to look at it.
    /// - Throws: `ServiceError` of the code `unauthenticated` when it is of this kind and not valid.
    func recognise(_ token: String) async throws -> RecognisedToken?

    /// Who a token stands for by now that was recognised once, by this process or an earlier one.
    ///
    /// - Parameter statement: what it said.
    /// - Returns: `nil` when the token is of another kind.
    /// - Throws: `ServiceError` of the code `unauthenticated` when it is of this kind and counts no more.
    func principal(of statement: TokenStatement) async throws -> Principal?
}

/// The verifiers of this server, in the order in which they were added.
public final class TokenVerifiers: Sendable {
    private let verifiers = Mutex<[any TokenVerifying]>([])

    public init() {}

    public func add(_ verifier: some TokenVerifying) { verifiers.withLock { $0.append(verifier) } }

    /// The first answer of a verifier; `nil` when the token is of no known kind.
    ///
    /// - Parameter token: what came after `Bearer `.
    /// - Returns: who it stands for, and what it says.
    /// - Throws: `ServiceError` when a verifier knows the token's kind and refuses it.
    public func recognise(_ token: String) async throws -> RecognisedToken? {
        for verifier in verifiers.withLock(\.self) {
            if let found = try await verifier.recognise(token) { return found }
        }
        return nil
    }

    /// The same for a token that was recognised before.
    ///
    /// - Parameter statement: what it said.
    /// - Returns: who it stands for by now; `nil` when nobody here knows its kind.
    /// - Throws: `ServiceError` when it counts no more.
    public func principal(of statement: TokenStatement) async throws -> Principal? {
        for verifier in verifiers.withLock(\.self) {
            if let principal = try await verifier.principal(of: statement) { return principal }
        }
        return nil
    }
}
