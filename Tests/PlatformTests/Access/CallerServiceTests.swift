import Testing
import Vocabulary

@testable import Platform

@Suite struct CallerServiceTests {
    private func caller(_ role: Role, origin: Principal.Origin = .apiKey("key_1")) -> Principal {
        Principal(
            user: UserID("usr_1"), name: "bob", tenant: TenantID("acme"), role: role, origin: origin,
            priorityMax: .high)
    }

    private func scheduling(
        _ principal: Principal?, _ asked: SchedulingOptions
    ) throws(ServiceError) -> SchedulingOptions {
        let result = Principal.$current.withValue(principal) {
            Result { () throws(ServiceError) in try CallerService.scheduling(asked) }
        }
        return try result.get()
    }

    private func refusal(_ principal: Principal, _ asked: SchedulingOptions) -> String? {
        do throws(ServiceError) {
            _ = try scheduling(principal, asked)
            return nil
        } catch {
            #expect(error.code == .forbidden)
            return error.parameter
        }
    }

    @Test func `a request gets its caller's tenant`() throws {
        #expect(try scheduling(caller(.user), SchedulingOptions()).tenant.name == "acme")
        #expect(try scheduling(caller(.user), SchedulingOptions(tenant: TenantID("acme"))).tenant.name == "acme")
        #expect(try scheduling(caller(.admin), SchedulingOptions()).tenant.name == "acme")
    }

    @Test func `a user without a tenant is one by itself, so that queue shares and cached prompts are theirs`() throws {
        var alone = caller(.user)
        alone.tenant = .none
        #expect(try scheduling(alone, SchedulingOptions()).tenant.name == alone.user.text)
    }

    @Test func `only administrators say another one, or give more weight`() throws {
        #expect(refusal(caller(.user), SchedulingOptions(tenant: TenantID("other"))) == "nexus.tenant")
        #expect(refusal(caller(.user), SchedulingOptions(weight: 1.5)) == "nexus.weight")
        #expect(
            try scheduling(caller(.admin), SchedulingOptions(tenant: TenantID("other"), weight: 2)).tenant.name
                == "other")
    }

    @Test func `a request weighs what its caller's tenant weighs, and less if it says so`() throws {
        var heavy = caller(.user)
        heavy.weight = 4
        #expect(try scheduling(heavy, SchedulingOptions()).weight == 4)
        #expect(try scheduling(heavy, SchedulingOptions(weight: 0.5)).weight == 2)
        #expect(refusal(heavy, SchedulingOptions(weight: 2)) == "nexus.weight")
        heavy.role = .admin
        #expect(try scheduling(heavy, SchedulingOptions(weight: 1_000)).weight == 1_000)
        // In another one's name it has none of its own.
        #expect(try scheduling(heavy, SchedulingOptions(tenant: TenantID("other"))).weight == 1)
    }

    @Test func `nobody is more urgent than they may be`() throws {
        #expect(try scheduling(caller(.user), SchedulingOptions(priority: .high)).priority == .high)
        #expect(refusal(caller(.user), SchedulingOptions(priority: .critical)) == "nexus.priority")
        #expect(refusal(caller(.admin), SchedulingOptions(priority: .critical)) == "nexus.priority")
    }

    @Test(arguments: [nil, Principal.open, Principal.local])
    func `where nobody signs in, requests say what they like`(principal: Principal?) throws {
        let asked = SchedulingOptions(tenant: TenantID("any"), priority: .critical, weight: 9)
        #expect(try scheduling(principal, asked) == asked)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.8.0.1", true), ("localhost", true), ("::1", true), ("0.0.0.0", false), ("::", false),
        ("192.168.1.4", false), ("127.0.0.1.example.org", false), ("127.0.0.256", false), ("127.1", false), ("", false),
        ("localhost.example.org", false),
    ])
    func `only this machine's own addresses are loopback`(host: String, isLoopback: Bool) {
        #expect(AccessPart.isLoopback(host) == isLoopback)
    }
}
