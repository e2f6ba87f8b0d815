import Access
import Cryptography
import Foundation
import JSONText
import Records
import Storage
import Synchronization
import Telemetry
import Testing
import Vocabulary

@testable import Platform

extension SigningKeyStore {
    /// On a database of a test.
    static func testing(_ database: Database, folder: String, seed: UInt8 = 1) -> SigningKeyStore {
        SigningKeyStore(
            records: TokenKeyRecords(database), sealer: sealer(seed), file: SigningKeyFile(dataDir: folder),
            logger: Logger(label: "test", levelMin: .error, sink: LogSink { _ in }))
    }

    private static func sealer(_ seed: UInt8) -> SecretSealer {
        SecretSealer(
            SealingKeys(SealingKey((0..<32).map { $0 &* 7 &+ seed })),
            cipher: SecretSealer.Cipher(
                seal: { AuthenticatedEncryption.seal($0, associated: $1, key: $2) },
                open: { AuthenticatedEncryption.open($0, associated: $1, key: $2) }))
    }
}

@Suite struct SigningKeyStoreTests {
    private let signer = SodiumSignatures()

    private func within(_ body: (Database, _ folder: String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("nexus-keys-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let database = try await Database.open(SQLiteSettings(path: folder.path + "/test.db"))
        do {
            try await database.migrate(Migrations.all)
            try await body(database, folder.path)
        } catch {
            await database.close()
            throw error
        }
        await database.close()
    }

    private func write(_ keys: SigningKeys, to folder: String, mode: Int = 0o600) throws {
        let path = SigningKeyFile(dataDir: folder).path
        try Data(keys.json.bytes).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    @Test func `keys are made once, and all who share the database have the same`() async throws {
        try await within { database, folder in
            let store = SigningKeyStore.testing(database, folder: folder)
            let made = try await store.open(now: 1_000)
            #expect(try await store.open(now: 2_000).keys == made.keys)
            let changed = try await store.update(made) { keys in
                var keys = keys
                keys.rotate(now: 3_000, lifetimeMax: 900, signer: signer)
                return keys
            }
            #expect(changed.revision == made.revision + 1 && changed.keys.previous == [made.keys.current])
            #expect(try await store.load().keys == changed.keys)
            // Who still has the old ones changes the new ones, and not what it knew.
            let late = try await store.update(made) { $0.current == made.keys.current ? made.keys : nil }
            #expect(late.keys == changed.keys)
            let row = try #require(try await database.query("SELECT envelope FROM token_keys").first)
            let seed = TokenBase64.encode(changed.keys.current.seed)
            #expect(try row.decode(String.self, "envelope").contains(seed) == false)
        }
    }

    @Test func `a file from before is taken over and removed, also where others were first`() async throws {
        try await within { database, folder in
            let former = SigningKeys(now: 500, signer: signer)
            try write(former, to: folder)
            let store = SigningKeyStore.testing(database, folder: folder)
            #expect(try await store.open(now: 1_000).keys == former)
            #expect(try store.file.load(signer: signer) == nil)
            let others = SigningKeys(now: 600, signer: signer)
            try write(others, to: folder)
            let merged = try await store.open(now: 1_000).keys
            #expect(merged.current == former.current && merged.previous == [others.current])
            #expect(try store.file.load(signer: signer) == nil)
        }
    }

    @Test func `without the key that sealed them a process has its own, and nothing is changed without an order`()
        async throws
    {
        try await within { database, folder in
            let made = try await SigningKeyStore.testing(database, folder: folder).open(now: 1_000)
            let stranger = SigningKeyStore.testing(database, folder: folder, seed: 9)
            let own = try await stranger.open(now: 1_000)
            #expect(own.keys.current != made.keys.current && own.revision == made.revision)
            await #expect(throws: SealingError.self) { _ = try await stranger.load() }
            #expect(try await SigningKeyStore.testing(database, folder: folder).open(now: 1_000).keys == made.keys)
            let ordered = try await stranger.update(own) { keys in
                var keys = keys
                keys.rotate(now: 2_000, lifetimeMax: 900, signer: signer)
                return keys
            }
            #expect(try await stranger.load().keys == ordered.keys)
        }
    }

    @Test func `a file that others can read, or is damaged, is an error and not replaced`() async throws {
        try await within { database, folder in
            try write(SigningKeys(now: 500, signer: signer), to: folder, mode: 0o640)
            let store = SigningKeyStore.testing(database, folder: folder)
            await #expect(throws: SigningKeyFile.Unusable.self) { _ = try await store.open(now: 1_000) }
            for text in ["", "{}", "{\"version\":1", String(repeating: " ", count: 100_000)] {
                try Data(text.utf8).write(to: URL(fileURLWithPath: store.file.path))
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: store.file.path)
                await #expect(throws: SigningKeyFile.Unusable.self) { _ = try await store.open(now: 1_000) }
                #expect(FileManager.default.contents(atPath: store.file.path) == Data(text.utf8))
            }
            #expect(try await TokenKeyRecords(database).load() == nil)
        }
    }

    @Test func `signatures of the real mathematics are right for their key and wrong for another`() throws {
        let keys = SigningKeys(now: 1_000, signer: signer)
        let token = keys.sign(["sub": "ada"], type: "at+jwt", signer: signer)
        #expect(try SignedToken(token).verified(with: keys.verification, by: signer).subject == "ada")
        var other = SigningKeys(now: 1_000, signer: signer).verification.keys[0]
        other = VerificationKey(id: keys.current.id, material: other.material)
        #expect(throws: TokenError.self) {
            _ = try SignedToken(token).verified(with: VerificationKeys([other]), by: signer)
        }
    }

    @Test func `a token of one process is known to the next, and what one revokes the other does`() async throws {
        try await within { database, folder in
            let people = InMemoryPeople()
            let user = try await people.user(
                for: ExternalIdentity(issuer: "i", subject: "s", groups: ["staff"]),
                rules: ExternalUserRules(roles: ["staff": .user]))
            let clock = Mutex<Int64>(1_000_000)
            func desk(_ name: String) async throws -> TokenDesk {
                let now: @Sendable () -> Int64 = { clock.withLock(\.self) }
                return try await TokenDesk(
                    AccessTokens(issuer: "https://n.example", lifetimeMax: 900), rotation: 86_400,
                    TokenDesk.Surroundings(
                        store: .testing(database, folder: folder), refreshing: RefreshTokenRecords(database),
                        spent: try await SpentIDs.load(SpentIDRecords(database), now: now()), users: people,
                        isAlive: { _ in true }, now: now, newID: { $0 + name }))
            }
            let (one, two) = (try await desk("one"), try await desk("two"))
            let caller = try #require(people.principal(of: user.id, origin: .apiKey("key_1")))
            let issued = try await one.issue(TokenDesk.Order(), to: caller)
            #expect(try await two.recognise(issued.text)?.principal != nil)
            // A key that the other has made just now is found when a token has it, once in a second.
            try await one.rotate()
            let fresh = try await one.issue(TokenDesk.Order(), to: caller)
            #expect(try await two.recognise(fresh.text)?.principal != nil)
            try await one.rotate()
            let fresher = try await one.issue(TokenDesk.Order(), to: caller)
            await #expect(throws: ServiceError.self) { _ = try await two.recognise(fresher.text)?.principal }
            clock.withLock { $0 += 1 }
            #expect(try await two.recognise(fresher.text)?.principal != nil)
            _ = try await one.revoke(issued.text)
            #expect(try await two.recognise(issued.text)?.principal != nil, "it has not looked yet")
            try await two.catchUp()
            await #expect(throws: ServiceError.self) { _ = try await two.recognise(issued.text)?.principal }
        }
    }
}
