import Access
import Records
import Storage
import Synchronization
import Telemetry
import Testing
import Vocabulary

/// Secrets of second factors as they lie in the database.
@Suite(.timeLimit(.minutes(1))) struct SecondFactorSecretsTests {
    private static let secret: [UInt8] = Array("a secret of a device".utf8)
    private static let ada = User(
        id: UserID("usr_ada"), name: "ada", displayName: "ada", role: .admin, tenant: TenantID("usr_ada"),
        createdAt: UnixTime(nanoseconds: 1),
        secondFactor: SecondFactor(
            secret: Redacted(secret), isConfirmed: true, lastStep: 0, recoveryHashes: [[1]]))

    private func kept(_ database: Database) async throws -> (plain: [UInt8]?, sealed: String?) {
        let row = try #require(
            try await database.query("SELECT totp_secret, totp_sealed FROM access_users").first)
        return (try row.decode("totp_secret"), try row.decode("totp_sealed"))
    }

    @Test(arguments: Backend.allCases)
    func `they are sealed, also those from before, and a change of the key takes them along`(
        backend: Backend
    ) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            let sealer = plainSealer()
            let store = AccessRecordStore(database, sealer: sealer)
            try await store.apply([.saveUser(Self.ada)])
            #expect(try await kept(database).plain == nil)
            // As an older version has left it.
            try await database.execute(
                "UPDATE access_users SET totp_secret = $1, totp_sealed = NULL", [.blob(Self.secret)])
            #expect(try await store.sealSecrets() == 1)
            #expect(try await store.sealSecrets() == 0)
            #expect(try await kept(database).plain == nil)
            #expect(try await store.load().users[Self.ada.id]?.secondFactor == Self.ada.secondFactor)
            sealer.keys = SealingKeys(plainKey(2), older: [plainKey(1)])
            #expect(try await SecretRecords(database).reseal { try sealer.resealed($0) } == 1)
            let later = AccessRecordStore(database, sealer: plainSealer(2))
            #expect(try await later.load().users[Self.ada.id]?.secondFactor == Self.ada.secondFactor)
        }
    }

    @Test func `one that does not open is told, stays a second factor, and is not lost`() async throws {
        try await withDatabase(.sqlite) { database in
            try await database.migrate(Migrations.all)
            try await AccessRecordStore(database, sealer: plainSealer()).apply([.saveUser(Self.ada)])
            let before = try await kept(database).sealed
            let complaints = Mutex<[SealingError.Code]>([])
            let other = AccessRecordStore(database, sealer: plainSealer(9)) { error in
                complaints.withLock { $0.append(error.code) }
            }
            var user = try #require(try await other.load().users[Self.ada.id])
            _ = try await other.load()
            #expect(complaints.withLock(\.self) == [.unknownKey])
            let factor = try #require(user.secondFactor)
            #expect(factor.isConfirmed && factor.secret.revealed != Self.secret && factor.secret.revealed.count == 32)
            user.displayName = "Ada"
            try await other.apply([.saveUser(user)])
            #expect(try await kept(database).sealed == before)
            // An envelope of somebody else's does not open for her.
            let stranger = plainSealer().seal("AAAA", for: "totp:usr_bob")
            try await database.execute("UPDATE access_users SET totp_sealed = $1", [.text(stranger)])
            let moved = try await AccessRecordStore(database, sealer: plainSealer()).load().users[Self.ada.id]
            #expect(moved?.secondFactor?.secret.revealed.count == 32)
        }
    }
}
