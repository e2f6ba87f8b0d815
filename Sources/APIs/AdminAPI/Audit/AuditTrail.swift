public import Access
public import HTTPServing
import RequestScope
import Synchronization
import Vocabulary

/// Writes down what the API is asked to change, and what it refuses: every request below `/api/v1` that is no reading, and
/// every answer with status 401 or 403.
///
/// It stands outside of authentication, so that it sees its refusals. An order is answered when its entry is durable; an
/// answer that cannot be written down becomes an error. A refusal is written soon after.
public struct AuditTrail: Middleware {
    /// Who asked, as authentication found out; left by ``AuditIdentity``.
    enum ActorKey: RequestContextKey { typealias Value = Principal }

    private let log: AuditLog
    private let tally: Tally

    /// - Parameters:
    ///   - log: takes the entries.
    ///   - now: microseconds since 1970.
    public init(_ log: AuditLog, now: @escaping @Sendable () -> Int64) {
        self.log = log
        tally = Tally(now: now)
    }

    /// What is behind a lock of all requests together.
    private final class Tally: Sendable {
        let now: @Sendable () -> Int64
        let refusals = Mutex(RefusalTally())
        init(now: @escaping @Sendable () -> Int64) { self.now = now }
    }

    public func respond(to request: HTTPRequest, next: HTTPHandler) async throws -> HTTPResponse {
        let source = AuditSource(
            address: request.client.address, requestID: request.context[RequestIDKey.self]?.text ?? "")
        return try await AuditSource.$current.withValue(source) {
            let response: HTTPResponse
            do {
                response = try await next(request)
            } catch {
                try await write(request, status: Self.status(of: error))
                throw error
            }
            try await write(request, status: response.status.rawValue)
            return response
        }
    }

    private static func status(of error: any Error) -> Int {
        switch error {
        case let error as ServiceError: WireError(error, requestID: nil).status
        case let error as HTTPError: error.status.rawValue
        default: 500
        }
    }

    private func write(_ request: HTTPRequest, status: Int) async throws {
        if status == 401 || status == 403 {
            refused(request, status: status)
        } else if Self.isOrder(request), let route = request.route {
            let outcome: AuditOutcome = status < 400 ? .succeeded : status < 500 ? .refused : .failed
            let entry = AuditEntry(
                .order, outcome, by: Self.actor(request), on: Self.target(request),
                details: Self.details(request, route, status: status))
            try await log.record(entry)
        }
    }

    private func refused(_ request: HTTPRequest, status: Int) {
        let now = tally.now()
        let (verdict, ended) = tally.refusals.withLock { $0.take(from: request.client.address, now: now) }
        for summary in ended {
            log.note(
                AuditEntry(
                    .refusals, .refused, by: nil,
                    details: [.count: .number(summary.count), .host: .text(summary.address), .seconds: 60]))
        }
        guard verdict == .tell else { return }
        log.note(
            AuditEntry(
                .refusal, .refused, by: Self.actor(request), on: Self.target(request),
                details: Self.details(request, request.route, status: status)))
    }

    /// As authentication found out, also where it refused them.
    private static func actor(_ request: HTTPRequest) -> AuditActor? {
        request.context[ActorKey.self].map(AuditActor.init)
            ?? request.context[PrincipalKey.self].flatMap { $0.origin == .anonymous ? nil : AuditActor($0) }
    }

    private static func isOrder(_ request: HTTPRequest) -> Bool {
        switch request.method {
        case .get, .head, .options: false
        default: request.target.hasPrefix("/api/v1/")
        }
    }

    /// `deployments:qwen`: the second word of the path and what the last placeholder matched.
    private static func target(_ request: HTTPRequest) -> String? {
        let words = request.rawPath.split(separator: "/")
        guard request.route != nil, words.count >= 3, let last = parameters(request).last else { return nil }
        return "\(words[2]):\(last.value)"
    }

    private static func details(_ request: HTTPRequest, _ route: RouteDescription?, status: Int) -> AuditDetails {
        var details: AuditDetails = [
            .method: .text(request.method.rawValue), .status: .number(Int64(status)),
        ]
        details[.operation] = (route?.operation).map { .text($0) }
        let parameters = parameters(request)
        if !parameters.isEmpty { details[.parameters] = .list(parameters.map { "\($0.name)=\($0.value)" }) }
        return details
    }

    /// What the path's placeholders matched: names and ids. The query and the body stay out: they may hold anything.
    private static func parameters(_ request: HTTPRequest) -> [(name: String, value: String)] {
        request.parameters.items.map { name, value in (name, isTelling(name) ? "***" : value) }
    }

    /// Placeholders whose values are credentials.
    private static func isTelling(_ name: String) -> Bool {
        let name = name.lowercased()
        return ["token", "code", "secret", "ticket", "password"].contains { name.contains($0) }
    }
}

/// Leaves for ``AuditTrail`` who asked, and watches how keys are used. Stands inside of authentication.
public struct AuditIdentity: PlainMiddleware {
    private let log: AuditLog
    private let watch: Watch

    private final class Watch: Sendable {
        let now: @Sendable () -> Int64
        let patterns = Mutex(KeyUsePatterns())
        init(now: @escaping @Sendable () -> Int64) { self.now = now }
    }

    /// - Parameters:
    ///   - log: takes the entries.
    ///   - now: microseconds since 1970.
    public init(_ log: AuditLog, now: @escaping @Sendable () -> Int64) {
        self.log = log
        watch = Watch(now: now)
    }

    public func before(_ request: inout HTTPRequest) -> HTTPResponse? {
        guard let principal = Principal.current else { return nil }
        if case .apiKey(let key) = principal.origin { note(key, principal, request) }
        request.context[AuditTrail.ActorKey.self] = principal
        return nil
    }

    private func note(_ key: String, _ principal: Principal, _ request: HTTPRequest) {
        let (address, now) = (request.client.address, watch.now())
        for sign in watch.patterns.withLock({ $0.take(key, from: address, now: now) }) {
            switch sign {
            case .newAddress:
                log.note(
                    AuditEntry(
                        .keyNewAddress, by: AuditActor(principal), on: "key:\(key)", details: [.host: .text(address)]))
            case .burst(let count):
                log.note(
                    AuditEntry(
                        .keyBurst, by: AuditActor(principal), on: "key:\(key)",
                        details: [.count: .number(Int64(count)), .seconds: 60]))
            }
        }
    }
}
