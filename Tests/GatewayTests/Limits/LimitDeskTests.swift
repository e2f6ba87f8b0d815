import Gateway
import Synchronization
import Testing
import Vocabulary

@Suite struct LimitDeskTests {
    private final class Clock: Sendable {
        private let time = Atomic<Int64>(1_000_000)
        var now: Int64 { time.load(ordering: .relaxed) }
        func pass(_ milliseconds: Int64) { time.add(milliseconds, ordering: .relaxed) }
    }

    private struct Gone: Error {}
    private struct NeverThere: SharedLimits {
        func take(_ demands: [LimitDemand], isForced: Bool, now: Int64) async throws -> LimitVerdict { throw Gone() }
    }

    private let caller = LimitCaller(
        principal: Principal(
            user: UserID("usr_1"), name: "Ann", tenant: .none, role: .user, origin: .session("ses_1")),
        address: "", model: "m")

    @Test func `an adaptive limit gets smaller under overload and grows back`() async throws {
        let clock = Clock()
        let rule = try LimitRule(
            id: "model", scope: .model, resource: .requests, pace: .bucket(capacity: 10, refill: 10, per: 1_000),
            isAdaptive: true)
        let desk = LimitDesk(policy: LimitPolicy([rule]), now: { clock.now })
        func served(in seconds: Int) async -> Int {
            var count = 0
            for _ in 0..<seconds * 100 {
                clock.pass(10)
                let amounts = LimitAmounts(requests: 1, inputTokens: 0)
                if await desk.take(caller, amounts, isDefaulted: false).verdict.refusal == nil { count += 1 }
            }
            return count
        }
        _ = await served(in: 2)
        #expect(await served(in: 10) == 100)
        for _ in 0..<20 {
            clock.pass(1_000)
            desk.note("m", isOverloaded: true)
        }
        #expect(desk.permille(of: "m") == 100)
        _ = await served(in: 10)
        #expect(await served(in: 10) == 10)
        for _ in 0..<40 {
            clock.pass(1_000)
            desk.note("m", isOverloaded: false)
        }
        #expect(desk.permille(of: "m") == 1_000)
    }

    @Test func `when the shared meters are away this process counts alone`() async throws {
        let failures = Atomic(0)
        let rule = try LimitRule(id: "hour", scope: .user, resource: .requests, pace: .window(amount: 3, .hour))
        let desk = LimitDesk(
            policy: LimitPolicy([rule]), shared: NeverThere(), now: { 5 },
            failed: { _ in failures.add(1, ordering: .relaxed) })
        var served = 0
        for _ in 0..<5 {
            let amounts = LimitAmounts(requests: 1, inputTokens: 0)
            if await desk.take(caller, amounts, isDefaulted: false).verdict.refusal == nil { served += 1 }
        }
        #expect(served == 3)
        #expect(failures.load(ordering: .relaxed) == 5)
    }

    @Test func `what an answer becomes is charged while it is written and corrected in the end`() async throws {
        let rule = try LimitRule(
            id: "out", scope: .user, resource: .outputTokens, pace: .bucket(capacity: 100, refill: 1, per: 3_600_000))
        let desk = LimitDesk(policy: LimitPolicy([rule]), now: { 5 })
        let amounts = LimitAmounts(requests: 1, inputTokens: 0)
        let first = await desk.take(caller, amounts, isDefaulted: false)
        desk.charge(90, of: .outputTokens, first.demands)
        desk.charge(99, of: .cost, first.demands)
        #expect(await desk.take(caller, amounts, isDefaulted: false).verdict.standings.map(\.remaining) == [10])
        desk.charge(10, of: .outputTokens, first.demands)
        #expect(await desk.take(caller, amounts, isDefaulted: false).verdict.refusal != nil)
        desk.charge(-60, of: .outputTokens, first.demands)
        #expect(await desk.take(caller, amounts, isDefaulted: false).verdict.standings.map(\.remaining) == [60])
    }

    @Test func `defaults hold only for those whom they are for`() async {
        let desk = LimitDesk(
            policy: LimitPolicy([]), defaults: LimitPolicy(LimitPolicy.publicDefaults), now: { 86_400_000 * 100 })
        #expect(!desk.limits(caller, isDefaulted: false))
        var served = 0
        for _ in 0..<30 {
            let amounts = LimitAmounts(requests: 1, inputTokens: 0)
            if await desk.take(caller, amounts, isDefaulted: true).verdict.refusal == nil { served += 1 }
        }
        #expect(served == 20)
    }
}
