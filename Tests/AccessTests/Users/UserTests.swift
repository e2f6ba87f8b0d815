import Telemetry
import Testing
import Vocabulary

@testable import Access

@Suite(.timeLimit(.minutes(1))) struct UserTests {
    @Test func `the first user is an administrator, and the last one stays`() async throws {
        let accounts = try await Bench().open()
        #expect(await code { _ = try await accounts.createUser(UserOrder(name: "bob"), by: nil) } == .conflict)
        #expect(!accounts.index.hasAdministrator)
        let ada = try await accounts.createUser(UserOrder(name: "ada", role: .admin), by: nil)
        var edit = UserEdit()
        edit.role = .user
        #expect(await code { try await accounts.editUser(ada.id, edit, by: nil) } == .conflict)
        edit = UserEdit()
        edit.isDisabled = true
        #expect(await code { try await accounts.editUser(ada.id, edit, by: nil) } == .conflict)
        #expect(await code { try await accounts.removeUser(ada.id, by: nil) } == .conflict)
        _ = try await accounts.createUser(UserOrder(name: "eve", role: .admin), by: nil)
        try await accounts.removeUser(ada.id, by: nil)
        #expect(accounts.users().map(\.name) == ["eve"])
        #expect(accounts.index.hasAdministrator)
    }

    @Test func `names and addresses are one person's, in any case of letters`() async throws {
        let (accounts, _, bob) = try await Bench().openWithPeople()
        var edit = UserEdit()
        edit.email = .some("Bob@Example.org")
        try await accounts.editUser(bob.id, edit, by: nil)
        #expect(try accounts.user("BOB@example.ORG").id == bob.id)
        #expect(await code { _ = try await accounts.createUser(UserOrder(name: "BOB"), by: nil) } == .conflict)
        #expect(
            await code { _ = try await accounts.createUser(UserOrder(name: "x", email: "bob@example.org"), by: nil) }
                == .conflict)
        #expect(
            await code { _ = try await accounts.createUser(UserOrder(name: "bob@example.org"), by: nil) } == .conflict)
        #expect(await code { _ = try accounts.user("carol") } == .notFound)
    }

    // MARK: Weights

    private func weight(_ user: UserID, _ accounts: Accounts) -> Double? {
        accounts.index.principal(of: user, origin: .local)?.weight
    }

    @Test func `a user weighs what their tenant weighs, from the next request on`() async throws {
        var settings = AccessSettings()
        settings.weights = QueueWeights(["acme": 3, "bob": 2])
        let (accounts, ada, bob) = try await Bench().openWithPeople(settings)
        #expect(weight(ada.id, accounts) == 1)
        #expect(weight(bob.id, accounts) == 2)
        let tenant = try await accounts.createTenant("acme", displayName: nil, by: nil)
        var edit = UserEdit()
        edit.tenant = tenant.id
        edit.weight = .some(50)
        try await accounts.editUser(bob.id, edit, by: nil)
        #expect(weight(bob.id, accounts) == 3, "one weight for all of a tenant")
        try await accounts.editTenant(tenant.id, weight: .some(7.5), by: nil)
        #expect(weight(bob.id, accounts) == 7.5)
        try await accounts.editTenant(tenant.id, displayName: "Acme", by: nil)
        #expect(accounts.tenants().map(\.weight) == [7.5])
        try await accounts.editTenant(tenant.id, weight: .some(nil), by: nil)
        #expect(weight(bob.id, accounts) == 3)
        edit.tenant = TenantID(bob.id.text)
        try await accounts.editUser(bob.id, edit, by: nil)
        #expect(weight(bob.id, accounts) == 50)
    }

    @Test(arguments: [0, -1, 0.09, 100.1, .infinity, .nan])
    func `weights beyond the bounds are refused`(weight: Double) async throws {
        let (accounts, _, bob) = try await Bench().openWithPeople()
        let tenant = try await accounts.createTenant("acme", displayName: nil, by: nil)
        var edit = UserEdit()
        edit.weight = .some(weight)
        #expect(await code { try await accounts.editUser(bob.id, edit, by: nil) } == .invalidValue)
        #expect(
            await code { try await accounts.editTenant(tenant.id, weight: .some(weight), by: nil) } == .invalidValue)
        #expect(
            await code { _ = try await accounts.createTenant("b", displayName: nil, weight: weight, by: nil) }
                == .invalidValue)
        #expect(
            await code { _ = try await accounts.createUser(UserOrder(name: "eve", weight: weight), by: nil) }
                == .invalidValue)
        #expect(await code { try await accounts.editTenant(TenantID("none"), by: nil) } == .notFound)
    }

    // MARK: Names

    @Test(arguments: ["", "-bob", "b b", "bob\n", "böb", "usr_01", String(repeating: "b", count: 65), "a/b"])
    func `bad names are refused`(name: String) async throws {
        let accounts = try await Bench().open()
        #expect(
            await code { _ = try await accounts.createUser(UserOrder(name: name, role: .admin), by: nil) }
                == .invalidValue)
    }

    @Test func `of many who take one name at once, one gets it`() async throws {
        let (accounts, _, _) = try await Bench().openWithPeople()
        let count = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    await code { _ = try await accounts.createUser(UserOrder(name: "carol"), by: nil) } == nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(count == 1)
        #expect(accounts.users().count == 3)
    }

    @Test func `disabling ends sessions at once`() async throws {
        let (accounts, _, bob) = try await Bench().openWithPeople()
        let started = try await accounts.enter("bob")
        var edit = UserEdit()
        edit.isDisabled = true
        try await accounts.editUser(bob.id, edit, by: nil)
        #expect(accounts.credentials.principal(forSession: started.token.revealed) == nil)
        edit.isDisabled = false
        try await accounts.editUser(bob.id, edit, by: nil)
        #expect(accounts.credentials.principal(forSession: started.token.revealed) == nil)
    }

    @Test func `role, tenant, teams and models reach running sessions at once`() async throws {
        let (accounts, _, bob) = try await Bench().openWithPeople()
        let started = try await accounts.enter("bob")
        _ = try await accounts.createTenant("acme", displayName: nil, by: nil)
        _ = try await accounts.createTeam("research", displayName: "Research", by: nil)
        try await accounts.editTeam("research", adding: [bob.id], by: nil)
        try await accounts.setRoleModels(.user, ["tiny-*"], by: nil)
        var edit = UserEdit()
        edit.tenant = TenantID("acme")
        try await accounts.editUser(bob.id, edit, by: nil)
        var caller = try accounts.caller(started)
        #expect(caller.tenant.name == "acme")
        #expect(caller.teams == ["research"])
        #expect(caller.userModels == ["tiny-*"])
        edit = UserEdit()
        edit.models = .some(["big"])
        edit.role = .viewer
        try await accounts.editUser(bob.id, edit, by: nil)
        try await accounts.removeTeam("research", by: nil)
        caller = try accounts.caller(started)
        #expect(caller.role == .viewer)
        #expect(caller.teams == [])
        #expect(caller.userModels == ["big"])
    }

    @Test func `tenants must exist, and stay while they have users`() async throws {
        let (accounts, _, bob) = try await Bench().openWithPeople()
        var edit = UserEdit()
        edit.tenant = TenantID("acme")
        #expect(await code { try await accounts.editUser(bob.id, edit, by: nil) } == .notFound)
        // Nobody slips into another user's own tenant.
        edit.tenant = TenantID(accounts.users()[0].id.text)
        #expect(await code { try await accounts.editUser(bob.id, edit, by: nil) } == .notFound)
        _ = try await accounts.createTenant("acme", displayName: nil, by: nil)
        edit.tenant = TenantID("acme")
        try await accounts.editUser(bob.id, edit, by: nil)
        #expect(await code { try await accounts.removeTenant(TenantID("acme"), by: nil) } == .conflict)
        edit.tenant = TenantID(bob.id.text)
        try await accounts.editUser(bob.id, edit, by: nil)
        try await accounts.removeTenant(TenantID("acme"), by: nil)
        #expect(accounts.tenants().isEmpty)
    }

    @Test func `what another process changes is seen at the next look`() async throws {
        let bench = Bench()
        let (accounts, _, bob) = try await bench.openWithPeople()
        let made = try await accounts.createKey(KeyOrder(user: bob.id, name: "k"), by: .local)
        let other = try await bench.open()
        try await other.revokeKey(made.key.id, by: .local)
        _ = try await other.createUser(UserOrder(name: "carol"), by: nil)
        // Taken by the other process: the database says so, and this one looks again.
        #expect(await code { _ = try await accounts.createUser(UserOrder(name: "carol"), by: nil) } == .conflict)
        #expect(await code { _ = try accounts.credentials.principal(forKey: made.text.revealed) } == .unauthenticated)
        _ = try await other.createUser(UserOrder(name: "dave"), by: nil)
        try await accounts.keepUp()
        #expect(try accounts.user("dave").name == "dave")
    }

    @Test func `a one-time link makes one administrator, once, in time`() async throws {
        let bench = Bench()
        let accounts = try await bench.open()
        let order = UserOrder(name: "ada", password: Bench.password)
        let first = try await accounts.invite()
        let token = try await accounts.invite()
        func accept(_ token: Redacted<String>, _ order: UserOrder) async -> ServiceError.Code? {
            await code { _ = try await accounts.acceptInvitation(token.revealed, order, client: Bench.client) }
        }
        #expect(await accept(first, order) == .unauthenticated)
        #expect(await accept(Redacted(""), order) == .unauthenticated)
        #expect(await accept(token, UserOrder(name: "ada")) == .invalidValue)
        #expect(await accept(token, UserOrder(name: "ada", password: Redacted("short"))) == .invalidValue)
        #expect(await accept(token, order) == nil)
        #expect(accounts.users().map(\.role) == [.admin])
        #expect(await accept(token, UserOrder(name: "eve", password: Bench.password)) == .unauthenticated)
        #expect(await code { _ = try await accounts.invite() } == .conflict)

        let other = Bench()
        let others = try await other.open()
        let old = try await others.invite()
        other.clock.advance(Accounts.invitationLifetime)
        #expect(
            await code { _ = try await others.acceptInvitation(old.revealed, order, client: Bench.client) }
                == .unauthenticated)
    }
}
