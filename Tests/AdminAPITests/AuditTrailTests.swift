import Access
import AdminAPI
import HTTPServing
import JSONText
import RequestScope
import Synchronization
import Testing
import Vocabulary

/// A trail in memory.
private final class MemoryTrail: AuditStore {
    private let state = Mutex<(records: [AuditRecord], isBroken: Bool)>(([], false))
    struct Broken: Error {}

    func append(_ link: @Sendable (AuditHead) -> [AuditRecord]) async throws {
        try state.withLock { state in
            if state.isBroken { throw Broken() }
            state.records += link(state.records.last?.head ?? .origin)
        }
    }

    func lines(_ filter: AuditFilter) async throws -> [String] {
        state.withLock { $0.records.reversed().prefix(filter.countMax).map(\.line) }
    }

    func forEachLine(after sequence: Int64, _ body: (String) async throws -> Void) async throws {
        for record in state.withLock({ $0.records }) where record.sequence > sequence { try await body(record.line) }
    }

    func head() async throws -> AuditHead { state.withLock { $0.records.last?.head ?? .origin } }

    var entries: [AuditEntry] { state.withLock { $0.records.map(\.entry) } }
    func breakDown() { state.withLock { $0.isBroken = true } }
}

@Suite struct AuditTrailTests {
    private static let permitted = RouteDescription(operation: "changeThing", permission: "things.write")

    /// Runs `body` with a router whose handlers answer as `status` says.
    private func with(
        _ trail: MemoryTrail, principal: Principal? = .open, status: Int = 200,
        _ body: (Router) async throws -> Void
    ) async throws {
        let log = AuditLog(store: trail, now: { 1 }, complain: { _ in })
        let writer = Task { await log.run() }
        var router = Router()
        // As authentication does it: the caller is known to what is inside of it only.
        let authentication = ClosureMiddleware { request, next in
            guard let principal else { throw ServiceError(.unauthenticated, "Who?") }
            return try await Principal.$current.withValue(principal) { try await next(request) }
        }
        router.middleware = [AuditTrail(log, now: { 1 }), authentication, AuditIdentity(log, now: { 1 })]
        router.onError = { error, _ in
            HTTPResponse(
                HTTPStatus(rawValue: (error as? ServiceError).map { WireError($0, requestID: nil).status } ?? 500))
        }
        for method in [HTTPMethod.get, .post, .put, .patch, .delete] {
            router.on(method, "/api/v1/things/{thing}", Self.permitted) { _ in
                if status == 403 { throw ServiceError(.forbidden, "No.") }
                return HTTPResponse(HTTPStatus(rawValue: status))
            }
            router.on(method, "/api/v1/invitations/{token}", RouteDescription(operation: "accept")) { _ in
                HTTPResponse(.ok)
            }
            router.on(method, "/v1/chat", RouteDescription(operation: "chat")) { _ in HTTPResponse(.ok) }
        }
        do {
            try await body(router)
        } catch {
            log.finish()
            await writer.value
            throw error
        }
        log.finish()
        await writer.value
    }

    private func ask(_ router: Router, _ method: HTTPMethod, _ target: String, from: String = "192.0.2.7") async -> Int
    {
        await router.respond(to: HTTPRequest(method, target, headers: ["X-Request-Id": "r"], remoteAddress: from))
            .status.rawValue
    }

    @Test(arguments: [HTTPMethod.post, .put, .patch, .delete])
    func `an order is durable when it is answered`(method: HTTPMethod) async throws {
        let trail = MemoryTrail()
        try await with(trail) { router in
            #expect(await ask(router, method, "/api/v1/things/one?secret=x") == 200)
            let entry = try #require(trail.entries.first)
            #expect(entry.action == .order && entry.outcome == .succeeded && entry.target == "things:one")
            #expect(entry.actor == AuditActor(.open) && entry.source?.address == "192.0.2.7")
            #expect(entry.details[.operation] == .text("changeThing"))
            #expect(entry.details[.parameters] == .list(["thing=one"]))
        }
        #expect(trail.entries.count == 1)
    }

    @Test func `reading and asking models leave nothing`() async throws {
        let trail = MemoryTrail()
        try await with(trail) { router in
            _ = await ask(router, .get, "/api/v1/things/one")
            _ = await ask(router, .post, "/v1/chat")
            _ = await ask(router, .post, "/api/v1/nowhere")
            _ = await ask(router, .options, "/api/v1/things/one")
        }
        #expect(trail.entries.isEmpty)
    }

    @Test(arguments: [(404, AuditOutcome.refused), (409, .refused), (500, .failed), (204, .succeeded)])
    func `the outcome is the status`(status: Int, outcome: AuditOutcome) async throws {
        let trail = MemoryTrail()
        try await with(trail, status: status) { router in _ = await ask(router, .delete, "/api/v1/things/one") }
        #expect(trail.entries.first?.outcome == outcome)
        #expect(trail.entries.first?.details[.status] == .number(Int64(status)))
    }

    @Test func `an order that cannot be written down is not acknowledged`() async throws {
        let trail = MemoryTrail()
        trail.breakDown()
        try await with(trail) { router in
            #expect(await ask(router, .post, "/api/v1/things/one") == 503)
            #expect(await ask(router, .get, "/api/v1/things/one") == 200)
        }
    }

    @Test func `refusals of authentication and of handlers are written down`() async throws {
        let trail = MemoryTrail()
        try await with(trail, principal: nil) { router in
            #expect(await ask(router, .get, "/api/v1/things/one") == 401)
            #expect(await ask(router, .post, "/v1/chat") == 401)
        }
        try await with(trail, status: 403) { router in #expect(await ask(router, .get, "/api/v1/things/two") == 403) }
        #expect(trail.entries.map(\.action) == [.refusal, .refusal, .refusal])
        #expect(trail.entries.map { $0.actor == nil } == [true, true, false])
        #expect(trail.entries.map(\.target) == ["things:one", nil, "things:two"])
    }

    @Test func `a flood is counted`() async throws {
        let trail = MemoryTrail()
        try await with(trail, principal: nil) { router in
            for _ in 0..<100 { _ = await ask(router, .get, "/api/v1/things/one") }
            _ = await ask(router, .get, "/api/v1/things/one", from: "192.0.2.8")
        }
        #expect(trail.entries.count == RefusalTally.toldMax + 1)
    }

    @Test func `what the path says of credentials is not repeated`() async throws {
        let trail = MemoryTrail()
        try await with(trail) { router in _ = await ask(router, .post, "/api/v1/invitations/canary") }
        #expect(trail.entries.count == 1)
        #expect(trail.entries.allSatisfy { !AuditRecord($0, after: .origin).line.contains("canary") })
    }

    @Test func `new addresses and bursts of a key are told`() async throws {
        let trail = MemoryTrail()
        var principal = Principal.open
        principal.origin = .apiKey("key_1")
        try await with(trail, principal: principal) { router in
            for _ in 0..<KeyUsePatterns.burst { _ = await ask(router, .post, "/v1/chat") }
            _ = await ask(router, .post, "/v1/chat", from: "192.0.2.9")
        }
        #expect(trail.entries.map(\.action) == [.keyNewAddress, .keyBurst, .keyNewAddress])
        #expect(trail.entries.allSatisfy { $0.target == "key:key_1" && $0.actor?.credential == "key_1" })
    }
}
