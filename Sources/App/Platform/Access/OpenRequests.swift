import Access
import HTTPServing
import Synchronization
import Telemetry
import Vocabulary

/// What is being answered at length, and for whom: streams, chat sockets, and what models compute. When a credential ends, so
/// does everything that was begun with it.
///
/// Bounded by the server's connections, each of which has one request at a time, and by the responses of the background.
final class OpenRequests: Sendable {
    /// Something that is being answered.
    struct Entry: Sendable {
        let principal: Principal
        /// What the caller's token said, where that is what they brought: asked again whether it counts.
        let token: TokenStatement?
        /// Whether it lasts until somebody closes it.
        let isSocket: Bool
        /// Ends it; the text says why. Does not wait.
        let end: @Sendable (_ reason: String) -> Void
    }

    /// What the token of who asks now said, where that is what they brought.
    @TaskLocal static var token: TokenStatement?

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var next: UInt64 = 0
    }

    private let state = Mutex(State())

    /// How many there are.
    var count: Int { state.withLock { $0.entries.count } }

    /// Takes a request in until it is answered or given up.
    ///
    /// - Returns: what it is called, for ``leave(_:)``.
    @discardableResult
    func enter(_ principal: Principal, token: TokenStatement?, _ context: RequestContext) -> UInt64 {
        let id = enter(Entry(principal: principal, token: token, isSocket: false) { _ in context.abort() })
        context.whenFinished { [self] _ in leave(id) }
        return id
    }

    /// Takes in what goes on after its request was answered, in the name of who asks now.
    ///
    /// - Returns: to be called when it is over.
    func hold(_ end: @escaping @Sendable (_ reason: String) -> Void) -> @Sendable () -> Void {
        let id = enter(
            Entry(principal: .current ?? .open, token: Self.token, isSocket: false, end: end))
        return { self.leave(id) }
    }

    /// Serves a socket until it or the caller's credential ends. A socket that is ended is closed with code 1008 and the reason.
    func serve(
        _ socket: WebSocket, _ principal: Principal, token: TokenStatement?,
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        // A task of its own, because what is being answered on it must end also while nobody reads.
        let task = Task { try await body() }
        let id = enter(
            Entry(principal: principal, token: token, isSocket: true) { reason in
                socket.close(.policyViolation, reason: reason)
                task.cancel()
            })
        defer { leave(id) }
        try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// Ends those whose credential does not count any more.
    ///
    /// - Parameter reason: why one is to be ended; `nil` for those that go on.
    /// - Returns: how many were ended.
    @discardableResult
    func end(_ reason: (Entry) async -> String?) async -> Int {
        var count = 0
        for (id, entry) in state.withLock({ $0.entries }) {
            guard let text = await reason(entry) else { continue }
            leave(id)
            entry.end(text)
            count += 1
        }
        return count
    }

    private func enter(_ entry: Entry) -> UInt64 {
        state.withLock { state in
            state.next += 1
            state.entries[state.next] = entry
            return state.next
        }
    }

    /// Forgets a request: it is over, or became a socket.
    func leave(_ id: UInt64) { state.withLock { $0.entries[id] = nil } }
}

/// Whether what a caller has begun may go on.
struct StandingCheck: Sendable {
    let index: AccessIndex
    let verifiers: TokenVerifiers

    /// Why a caller's open request is to end; `nil` when its credential is as good as it was.
    ///
    /// A stream ends with its credential. A socket also ends when its user's rights have changed, because what is asked on it is
    /// decided by those that it began with; and when its token's time is over, because a socket itself has no end.
    func fault(of entry: OpenRequests.Entry, now: UnixTime) async -> String? {
        switch entry.principal.origin {
        case .local, .anonymous: return nil
        case .open: return index.userCount == 0 ? nil : "This server has users now: sign in."
        case .session, .apiKey:
            guard index.isValid(entry.principal, now: now) else {
                return "The credential of this connection has ended."
            }
            return entry.isSocket && index.current(entry.principal) != entry.principal
                ? "The rights of this connection's user have changed: connect again." : nil
        case .token: return await fault(ofToken: entry)
        }
    }

    private func fault(ofToken entry: OpenRequests.Entry) async -> String? {
        guard let token = entry.token else { return nil }
        do {
            let principal = try await verifiers.principal(of: token)
            return entry.isSocket && principal != entry.principal
                ? "The rights of this connection's user have changed: connect again." : nil
        } catch let error as ServiceError {
            switch error.detail {
            case TokenError.Reason.revoked.rawValue: return "The token of this connection was revoked."
            case TokenError.Reason.expired.rawValue where entry.isSocket:
                return "The token of this connection has expired."
            // An issuer that does not answer now has not taken anything back.
            default: return nil
            }
        } catch {
            return nil
        }
    }
}
