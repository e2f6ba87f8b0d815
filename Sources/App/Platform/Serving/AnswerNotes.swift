import HTTPServing
import Synchronization
import Telemetry
import Vocabulary

/// What a client is told in headers of who answered its request, and how that came about.
final class AnswerNotes: Sendable {
    private struct State {
        var model: String?
        var fallbackFor: String?
        var waited: Duration?
        var limits: [(name: String, value: String)] = []
        var budgetWarning: String?
        var route: String?
        var isDemonstration = false
    }

    /// Of the request that is being answered.
    @TaskLocal static var current: AnswerNotes?

    /// What the cache did, and where the time went.
    let course: AnswerCourse
    private let state = Mutex(State())

    init(_ course: AnswerCourse = AnswerCourse()) { self.course = course }

    func note(model: String, waited: Duration? = nil) {
        state.withLock { state in
            state.model = model
            state.waited = waited ?? state.waited
        }
    }

    func note(fallbackFor name: String) { state.withLock { $0.fallbackFor = name } }

    /// How the caller's limits stand, as headers; those of the last choice count.
    func note(limits headers: [(name: String, value: String)]) { state.withLock { $0.limits = headers } }

    /// Soft budgets that are used up, by their ids.
    func note(budgetWarning ids: String) { state.withLock { $0.budgetWarning = ids } }

    func note(route: String) { state.withLock { $0.route = route } }

    func noteDemonstration() { state.withLock { $0.isDemonstration = true } }

    /// `X-Nexus-Model` who answers, `X-Nexus-Wait-Ms` how long until it began, `X-Nexus-Fallback-For` in whose place,
    /// `X-Nexus-Route` why, and `X-Nexus-Demonstration` that no model does.
    ///
    /// They are added without a look for earlier ones: nobody else writes them.
    fileprivate func write(to headers: inout HTTPHeaders) {
        let state = state.withLock(\.self)
        if let model = state.model { headers.append("X-Nexus-Model", model) }
        if let name = state.fallbackFor { headers.append("X-Nexus-Fallback-For", name) }
        for header in state.limits { headers.append(header.name, header.value) }
        if let ids = state.budgetWarning { headers.append("X-Nexus-Budget-Warning", ids) }
        if let route = state.route { headers.append("X-Nexus-Route", route) }
        if state.isDemonstration { headers.append("X-Nexus-Demonstration", "true") }
        if let waited = state.waited { headers.append("X-Nexus-Wait-Ms", String(Int(waited / .milliseconds(1)))) }
    }
}

/// Gives each request its `CallContext`, and its `AnswerNotes`, which it adds to the response. One middleware, because each
/// is an `async` call of its own for every request.
struct CallNoting: Middleware {
    /// The platform's own time of each answer, until its head was ready.
    private let overhead: MetricFamily<Histogram>

    init(_ metrics: MetricsRegistry) {
        overhead = metrics.histogram(
            "nexus_overhead_seconds", help: "The platform's own time of an answer, until its head was ready.",
            labels: ["route"],
            buckets: HistogramBuckets([0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1]))
    }

    func respond(to request: HTTPRequest, next: HTTPHandler) async throws -> HTTPResponse {
        // Our own API tells of models in its bodies.
        let isOurs = request.target.hasPrefix("/api/v1/")
        let notes = isOurs ? AnswerNotes.current : AnswerNotes(AnswerCourse(try AnswerWish(request.headers)))
        let call = try CallContext(request)
        let response = try await AnswerNotes.$current.withValue(notes) {
            try await CallContext.$current.withValue(call) { try await next(request) }
        }
        guard !isOurs, let notes else { return response }
        return told(response, notes, request)
    }

    @inline(never)
    private func told(_ answer: consuming HTTPResponse, _ notes: AnswerNotes, _ request: HTTPRequest) -> HTTPResponse {
        var response = consume answer
        notes.write(to: &response.headers)
        let time = notes.course.write(to: &response.headers)
        overhead.with(request.operation ?? "other").observe(time)
        return response
    }
}
