import HTTPServing
import Synchronization

/// What a client is told in headers of who answered its request, and how that came about.
final class AnswerNotes: Sendable {
    private struct State {
        var model: String?
        var fallbackFor: String?
        var waited: Duration?
    }

    /// Of the request that is being answered.
    @TaskLocal static var current: AnswerNotes?

    private let state = Mutex(State())

    func note(model: String, waited: Duration? = nil) {
        state.withLock { state in
            state.model = model
            state.waited = waited ?? state.waited
        }
    }

    func note(fallbackFor name: String) { state.withLock { $0.fallbackFor = name } }

    /// `X-Nexus-Model` who answers, `X-Nexus-Wait-Ms` how long until it began, and `X-Nexus-Fallback-For` in whose place.
    fileprivate func write(to headers: inout HTTPHeaders) {
        let state = state.withLock(\.self)
        headers["X-Nexus-Model"] = state.model
        headers["X-Nexus-Fallback-For"] = state.fallbackFor
        headers["X-Nexus-Wait-Ms"] = state.waited.map { String(Int($0 / .milliseconds(1))) }
    }
}

/// Adds `AnswerNotes` to responses.
struct AnswerNoting: Middleware {
    func respond(to request: HTTPRequest, next: HTTPHandler) async throws -> HTTPResponse {
        guard request.rawPath.hasPrefix("/v1/") || request.rawPath == "/classify" else {
            return try await next(request)
        }
        let notes = AnswerNotes()
        var response = try await AnswerNotes.$current.withValue(notes) { try await next(request) }
        notes.write(to: &response.headers)
        return response
    }
}
