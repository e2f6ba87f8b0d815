import Access
import Records
import Storage
import Telemetry
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(1))) struct AccessRecordStoreTests {
    private func withStore(_ backend: Backend, _ body: (AccessRecordStore) async throws -> Void) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            try await body(AccessRecordStore(database, sealer: plainSealer()))
        }
    }

    private static let now = UnixTime(nanoseconds: 1_800_000_000_123_456_789)

    private static let ada = User(
        id: UserID("usr_ada"), name: "ada", displayName: "Ada L. \"ü\"", email: "ada@example.org", role: .admin,
        tenant: TenantID("acme"), models: ["a*", "b"], priorityMax: .critical, createdAt: now,
        password: PasswordRecord(hash: Redacted("$argon2id$x"), changedAt: now + .seconds(1)),
        secondFactor: SecondFactor(
            secret: Redacted([1, 0, 255]), isConfirmed: true, lastStep: 60_000_000, recoveryHashes: [[1], [2, 0]]))
    private static let bob = User(
        id: UserID("usr_bob"), name: "bob", displayName: "bob", role: .viewer, tenant: TenantID("usr_bob"),
        isDisabled: true, createdAt: now)

    /// Every kind of thing, with and without what may be missing.
    private static let everything: [AccessChange] = [
        .setHashKey(Redacted([9, 8, 7])),
        .saveTenant(Tenant(id: TenantID("acme"), displayName: "ACME", createdAt: now)),
        .saveUser(ada), .saveUser(bob),
        .link(.init(issuer: "https://id.example.org", subject: "1"), ada.id),
        .saveTeam(Team(id: "research", displayName: "Research", members: [ada.id, bob.id], createdAt: now)),
        .saveKey(
            APIKey(
                id: "key_1", user: ada.id, name: "full", secretHash: [1, 2], scopes: ["chat.*"], models: [],
                priorityMax: .low, createdAt: now, expiresAt: now + .seconds(9), revokedAt: now + .seconds(5),
                replacedBy: "key_2", lastUsedAt: now)),
        .saveKey(APIKey(id: "key_2", user: bob.id, name: "plain", secretHash: [3], createdAt: now)),
        .startSession(
            Session(
                id: "ses_1", user: ada.id, tokenHash: [4, 5], createdAt: now, expiresAt: now + .seconds(100),
                seenAt: now, client: ClientTrace(address: "::1", agent: "browser"))),
        .setRoleModels(.viewer, ["tiny-*"]),
    ]

    @Test(arguments: Backend.allCases) func `everything comes back as it was kept`(backend: Backend) async throws {
        try await withStore(backend) { store in
            #expect(try await store.load() == AccessRecords())
            try await store.apply(Self.everything)
            let records = try await store.load()
            #expect(records.users == [Self.ada.id: Self.ada, Self.bob.id: Self.bob])
            #expect(records.hashKey?.revealed == [9, 8, 7])
            #expect(records.identities == [.init(issuer: "https://id.example.org", subject: "1"): Self.ada.id])
            #expect(records.teams["research"]?.members == [Self.ada.id, Self.bob.id])
            #expect(records.tenants[TenantID("acme")]?.displayName == "ACME")
            #expect(records.roleModels == [.viewer: ["tiny-*"]])
            for change in Self.everything {
                if case .saveKey(let key) = change { #expect(records.keys[key.id] == key) }
                if case .startSession(let session) = change { #expect(records.sessions[session.id] == session) }
            }
            #expect(records.revision == 1)
            #expect(try await store.revision() == 1)
        }
    }

    @Test(arguments: Backend.allCases) func `changes replace, and who is removed leaves nothing`(
        backend: Backend
    ) async throws {
        try await withStore(backend) { store in
            try await store.apply(Self.everything)
            var changed = Self.ada
            changed.email = nil
            changed.models = nil
            changed.secondFactor = nil
            try await store.apply([
                .saveUser(changed), .saveTeam(Team(id: "research", displayName: "R", members: [], createdAt: Self.now)),
                .setRoleModels(.viewer, nil), .keyUsed("key_2", Self.now + .seconds(3)),
                .sessionSeen("ses_1", Self.now + .seconds(4)),
            ])
            var records = try await store.load()
            #expect(records.users[changed.id] == changed)
            #expect(records.teams["research"]?.members == [])
            #expect(records.roleModels.isEmpty)
            #expect(records.keys["key_2"]?.lastUsedAt == Self.now + .seconds(3))
            #expect(records.sessions["ses_1"]?.seenAt == Self.now + .seconds(4))
            try await store.apply([.removeUser(Self.ada.id), .removeTeam("research"), .removeKey("key_2")])
            records = try await store.load()
            #expect(records.users.keys.map(\.text) == ["usr_bob"])
            #expect(records.keys.isEmpty && records.sessions.isEmpty && records.identities.isEmpty)
            #expect(records.teams.isEmpty)
        }
    }

    @Test(arguments: Backend.allCases) func `a name, a code and a key for hashes are given once`(
        backend: Backend
    ) async throws {
        try await withStore(backend) { store in
            try await store.apply(Self.everything)
            var twin = Self.bob
            twin.name = "ada"
            for changes: [AccessChange] in [
                [.saveUser(twin)], [.setHashKey(Redacted([1]))], [.useStep(Self.ada.id, 60_000_000)],
                [.useStep(UserID("usr_none"), 1)], [.useRecovery(Self.ada.id, [7])],
                // All or nothing.
                [.saveTeam(Team(id: "new", displayName: "New", createdAt: Self.now)), .useRecovery(Self.ada.id, [7])],
            ] {
                await #expect(throws: AccessConflict.self) { try await store.apply(changes) }
            }
            #expect(try await store.load().teams["new"] == nil)
            #expect(try await store.revision() == 1)
            try await store.apply([.useStep(Self.ada.id, 60_000_001), .useRecovery(Self.ada.id, [1])])
            await #expect(throws: AccessConflict.self) { try await store.apply([.useRecovery(Self.ada.id, [1])]) }
            #expect(try await store.load().users[Self.ada.id]?.secondFactor?.recoveryHashes == [[2, 0]])
        }
    }

    @Test(arguments: Backend.allCases) func `times of use are no revision`(backend: Backend) async throws {
        try await withStore(backend) { store in
            try await store.apply(Self.everything)
            try await store.apply([.keyUsed("key_1", Self.now), .sessionSeen("ses_1", Self.now)])
            #expect(try await store.revision() == 1)
            try await store.apply([.endSession("ses_1")])
            #expect(try await store.revision() == 2)
        }
    }
}
