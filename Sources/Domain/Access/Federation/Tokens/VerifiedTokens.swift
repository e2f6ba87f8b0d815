import Digests
import Synchronization

/// Tokens whose signatures were found right a moment ago, so that a client that sends the same one with every request
/// costs one digest and not one check of a signature.
///
/// Found by the digest of the whole token: a part of it would make one user of two (CVE-2026-35030 of another gateway).
/// Only what a token says is kept; times, revocation and what the user may do are asked anew each time.
public final class VerifiedTokens<Content: Sendable>: Sendable {

    private struct State {
        /// Used since the last turn, and before it.
        var recent: [SHA256.Digest: Content] = [:]
        var older: [SHA256.Digest: Content] = [:]
    }

    private let state = Mutex(State())
    private let countMax: Int

    /// - Parameter countMax: tokens at once; beyond it the half that was not used lately goes.
    public init(countMax: Int = 4_096) { self.countMax = countMax }

    /// What was put in for a token, byte for byte the same.
    public func content(of token: String) -> Content? {
        let digest = SHA256.digest(of: Array(token.utf8))
        return state.withLock { state in
            if let content = state.recent[digest] { return content }
            guard let content = state.older[digest] else { return nil }
            insert(content, digest, &state)
            return content
        }
    }

    public func insert(_ content: Content, of token: String) {
        let digest = SHA256.digest(of: Array(token.utf8))
        state.withLock { insert(content, digest, &$0) }
    }

    /// Forgets everything: keys have changed.
    public func removeAll() { state.withLock { $0 = State() } }

    private func insert(_ content: Content, _ digest: SHA256.Digest, _ state: inout State) {
        if state.recent.count >= countMax / 2 {
            state.older = state.recent
            state.recent = [:]
        }
        state.recent[digest] = content
    }
}
