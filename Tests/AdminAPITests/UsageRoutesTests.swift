import Gateway
import HTTPServing
import JSONText
import Synchronization
import Testing
import Vocabulary

@testable import AdminAPI

@Suite struct UsageRoutesTests {
    /// Remembers what it was asked.
    private final class Ledger: UsageReading, BudgetKeeping {
        let queries = Mutex<[UsageQuery]>([])
        let filters = Mutex<[[String: String]]>([])

        func sums(_ query: UsageQuery) async throws -> [UsageRow] {
            queries.withLock { $0.append(query) }
            return [
                UsageRow(start: nil, groups: ["=cmd, \"x\""], amounts: UsageAmounts(requests: 2, cost: 1_500_000_000))
            ]
        }

        func records(filters: [String: String], before: Int64?, countMax: Int) async throws -> [UsageRecord] {
            self.filters.withLock { $0.append(filters) }
            return []
        }

        func now() -> Int64 { 1_795_000_000 }
        func set(_ budget: Budget) async throws {}
        func removeBudget(_ id: String) async throws -> Bool { false }

        func budgets() async throws -> [Budget] {
            [
                try Budget(id: "each", scope: .user, amount: 2_000_000_000, period: .day),
                try Budget(id: "other", scope: .user, subject: "usr_2", unit: .tokens, amount: 9, period: .total),
            ]
        }

        func accounts(of budget: Budget) async throws -> [(subject: String, account: BudgetAccount)] {
            let all = [("usr_1", BudgetAccount(spent: 500_000_000)), ("usr_2", BudgetAccount(spent: 7, reserved: 1))]
            return all.filter { budget.subject == nil || budget.subject == $0.0 }
        }
    }

    private let ledger = Ledger()

    private func get(_ path: String, as role: Role = .admin) async throws -> (status: HTTPStatus, text: String) {
        var router = Router()
        for route in UsageRoutes(ledger).routes + BudgetRoutes(ledger).routes { router.add(route) }
        let principal = Principal(
            user: UserID("usr_1"), name: "Ann", tenant: .none, role: role, origin: .session("ses_1"))
        let response = await Principal.$current.withValue(principal) {
            await router.respond(to: HTTPRequest(.get, path))
        }
        guard case .bytes(let bytes) = response.body else { return (response.status, "") }
        return (response.status, String(decoding: bytes, as: UTF8.self))
    }

    @Test func `whoever is no admin sees their own, whatever they ask for`() async throws {
        _ = try await get("/api/v1/usage?user=usr_2&model=m", as: .user)
        _ = try await get("/api/v1/usage?user=usr_2", as: .viewer)
        _ = try await get("/api/v1/usage?user=usr_2")
        #expect(
            ledger.queries.withLock { $0.map(\.filters) }
                == [["user": "usr_1", "model": "m"], ["user": "usr_1"], ["user": "usr_2"]])
        _ = try await get("/api/v1/usage/requests?user=usr_2&request=req_9", as: .user)
        #expect(ledger.filters.withLock(\.self) == [["user": "usr_1", "request": "req_9"]])
        let own = try JSONValue.parse(try await get("/api/v1/budgets", as: .user).text)
        #expect(own["budgets"]?.array?.map { $0["id"]?.string } == ["each"])
        #expect(own["budgets"]?[0]?["accounts"]?.array?.map { $0["subject"]?.string } == ["usr_1"])
        #expect(own["budgets"]?[0]?["accounts"]?[0]?["left"]?.double == 1.5)
        let all = try JSONValue.parse(try await get("/api/v1/budgets").text)
        #expect(all["budgets"]?.array?.count == 2)
        #expect(all["budgets"]?[1]?["accounts"]?[0]?["reserved"]?.integer == 1)
    }

    @Test func `a table for spreadsheets quotes names and lets no formula in`() async throws {
        let text = try await get("/api/v1/usage?group=tag&format=csv").text
        let lines = text.split(separator: "\r\n")
        #expect(
            lines[0] == "tag,requests,failures,refusals,input_tokens,cached_tokens,output_tokens,reasoning_tokens,"
                + "cost_nanos,engine_microseconds")
        #expect(lines[1] == "\"'=cmd, \"\"x\"\"\",2,0,0,0,0,0,0,1500000000,0")
    }

    @Test(
        arguments: [
            ("1970-01-01", 0), ("2000-02-29", 951_782_400), ("2026-11-21T03:20:00.123Z", 1_795_231_200),
            ("2261-12-31T23:59:59Z", 9_214_646_399), ("9223372035", 9_223_372_035),
        ] as [(String, Int64)])
    func `a time is a day, a moment or seconds`(text: String, seconds: Int64) async throws {
        let answer = try await get("/api/v1/usage?from=\(text)&to=9223372036")
        #expect(answer.status == .ok)
        #expect(ledger.queries.withLock { $0.first?.from } == UsageSpan.hour.start(of: seconds * 1_000_000))
        #expect(try JSONValue.parse(answer.text)["to"]?.string == "2262-04-11T23:47:16.000Z")
    }

    @Test(arguments: [
        "2026-", "-1", "2026-13-01", "2026-11-21T25:00:00Z", "2026-11-21T03:20:00", "x-y-z", "", "2026-11-21TZ",
        "2026-11-21T.Z", "2026-11-21T00:00:00ZT00:00:00Z", "9999-12-31", "9223372037", "253402300799",
    ])
    func `what is no time reaches no ledger`(wrong: String) async throws {
        for name in ["from", "to"] { #expect(try await get("/api/v1/usage?\(name)=\(wrong)").status != .ok) }
        let asked = ledger.queries.withLock { $0.count }
        #expect(asked == 0)
    }
}
