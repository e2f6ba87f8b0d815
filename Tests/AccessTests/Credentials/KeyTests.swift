import Telemetry
import Testing
import Vocabulary

@testable import Access

@Suite(.timeLimit(.minutes(1))) struct KeyTests {
    private func principal(_ accounts: Accounts, _ made: MadeKey) throws -> Principal {
        try accounts.credentials.principal(forKey: made.text.revealed)
    }

    private func refusal(_ accounts: Accounts, _ text: String) -> String? {
        do {
            _ = try accounts.credentials.principal(forKey: text)
            return nil
        } catch {
            #expect(error.code == .unauthenticated)
            return error.message
        }
    }

    @Test func `a key stands for its user, within what it is restricted to`() async throws {
        let (accounts, _, bob) = try await Bench().openWithPeople()
        let made = try await accounts.createKey(
            KeyOrder(
                user: bob.id, name: "laptop", scopes: ["chat.*", "models.read"], models: ["tiny-*"],
                priorityMax: .normal), by: .local)
        #expect(made.text.revealed.hasPrefix("nxk_\(made.key.id.dropFirst(4))_"))
        #expect(made.text.revealed.utf8.count == 83)
        let caller = try principal(accounts, made)
        #expect(caller.user == bob.id)
        #expect(caller.origin == .apiKey(made.key.id))
        #expect(caller.scopes == ["chat.use", "models.read"])
        #expect(caller.priorityMax == .normal)
        #expect(caller.allows(model: "tiny-chat") && !caller.allows(model: "big-chat"))
        #expect(PermissionTable.allows(caller, "chat.use"))
        #expect(!PermissionTable.allows(caller, "keys.use"))
        // A scope gives nothing that the role has not.
        #expect(!PermissionTable.allows(caller, "models.write"))
    }

    @Test func `a key never is more urgent than its user`() async throws {
        let (accounts, _, bob) = try await Bench().openWithPeople()
        let made = try await accounts.createKey(
            KeyOrder(user: bob.id, name: "k", priorityMax: .critical), by: .local)
        #expect(try principal(accounts, made).priorityMax == .high)
    }

    @Test func `wrong keys are all refused alike`() async throws {
        let (accounts, _, bob) = try await Bench().openWithPeople()
        let text = try await accounts.createKey(KeyOrder(user: bob.id, name: "k"), by: .local).text.revealed
        let last = text.hasSuffix("0") ? "1" : "0"
        let wrong = [
            "", "nxk_", "sk-something", String(text.dropLast()), text + "0", text.dropLast() + last, text.uppercased(),
            text.replacing("_", with: "-"), "nxk_" + String(repeating: "0", count: 26) + "_" + text.suffix(52),
            "key_" + text.dropFirst(4),
        ]
        for wrong in wrong { #expect(refusal(accounts, wrong) == "This API key is not valid.", "\(wrong.count)") }
        #expect(refusal(accounts, text) == nil)
    }

    @Test func `a revoked key counts no more, at once, and stays in the list`() async throws {
        let bench = Bench()
        let (accounts, _, bob) = try await bench.openWithPeople()
        let made = try await accounts.createKey(KeyOrder(user: bob.id, name: "k"), by: .local)
        let caller = try principal(accounts, made)
        #expect(accounts.index.isValid(caller, now: bench.clock.now))
        try await accounts.revokeKey(made.key.id, by: .local)
        #expect(refusal(accounts, made.text.revealed) == "This API key was revoked.")
        #expect(!accounts.index.isValid(caller, now: bench.clock.now))
        #expect(accounts.keys(of: bob.id).map { $0.state(at: bench.clock.now) } == [.revoked])
        bench.clock.advance(.seconds(91 * 86_400))
        try await accounts.cleanUp()
        #expect(accounts.keys(of: bob.id).isEmpty)
        #expect(refusal(accounts, made.text.revealed) == "This API key is not valid.")
    }

    @Test func `a key expires to the moment`() async throws {
        let bench = Bench()
        let (accounts, _, bob) = try await bench.openWithPeople()
        let made = try await accounts.createKey(
            KeyOrder(user: bob.id, name: "k", expiresAt: bench.clock.now + .seconds(60)), by: .local)
        bench.clock.advance(.milliseconds(59_999))
        #expect(refusal(accounts, made.text.revealed) == nil)
        bench.clock.advance(.milliseconds(1))
        #expect(refusal(accounts, made.text.revealed) == "This API key has expired.")
    }

    @Test func `a rotated key goes on for a while beside the new one`() async throws {
        let bench = Bench()
        let (accounts, _, bob) = try await bench.openWithPeople()
        let old = try await accounts.createKey(
            KeyOrder(user: bob.id, name: "k", scopes: ["chat.use"], models: ["a"]), by: .local)
        bench.clock.advance(.seconds(1))
        let new = try await accounts.rotateKey(old.key.id, overlap: .seconds(60), by: .local)
        #expect(try principal(accounts, old).user == bob.id)
        #expect(try principal(accounts, new).scopes == ["chat.use"])
        #expect(new.key.models == ["a"])
        #expect(await code { _ = try await accounts.rotateKey(old.key.id, overlap: .zero, by: .local) } == .conflict)
        bench.clock.advance(.seconds(60))
        #expect(refusal(accounts, old.text.revealed) == "This API key has expired.")
        #expect(refusal(accounts, new.text.revealed) == nil)
        #expect(accounts.keys(of: bob.id).last?.replacedBy == new.key.id)
    }

    @Test func `a restricted key makes no others, and rotates itself only`() async throws {
        let bench = Bench()
        let (accounts, _, bob) = try await bench.openWithPeople()
        let end = bench.clock.now + .seconds(1_000)
        for order in [
            KeyOrder(user: bob.id, name: "k", scopes: ["keys.use"]), KeyOrder(user: bob.id, name: "k", models: ["a"]),
            KeyOrder(user: bob.id, name: "k", priorityMax: .low), KeyOrder(user: bob.id, name: "k", expiresAt: end),
        ] {
            let made = try await accounts.createKey(order, by: .local)
            let caller = try principal(accounts, made)
            #expect(
                await code { _ = try await accounts.createKey(KeyOrder(user: bob.id, name: "more"), by: caller) }
                    == .forbidden)
            let rotated = try await accounts.rotateKey(made.key.id, overlap: .seconds(5_000), by: caller)
            #expect(rotated.key.scopes == order.scopes)
            #expect(rotated.key.models == order.models)
            #expect(rotated.key.priorityMax == order.priorityMax)
            #expect(rotated.key.expiresAt == order.expiresAt)
        }
        let free = try principal(
            accounts, try await accounts.createKey(KeyOrder(user: bob.id, name: "free"), by: .local))
        #expect(await code { _ = try await accounts.createKey(KeyOrder(user: bob.id, name: "x"), by: free) } == nil)
    }

    @Test func `others' keys are not there`() async throws {
        let (accounts, ada, bob) = try await Bench().openWithPeople()
        let made = try await accounts.createKey(KeyOrder(user: ada.id, name: "k"), by: .local)
        let caller = try accounts.caller(try await accounts.enter("bob"))
        #expect(await code { _ = try accounts.key(made.key.id, for: caller) } == .notFound)
        #expect(await code { try await accounts.revokeKey(made.key.id, by: caller) } == .notFound)
        #expect(await code { _ = try await accounts.rotateKey(made.key.id, overlap: .zero, by: caller) } == .notFound)
        #expect(
            await code { _ = try await accounts.createKey(KeyOrder(user: ada.id, name: "k"), by: caller) } == .notFound)
        #expect(await code { _ = try accounts.key("key_nothing", for: caller) } == .notFound)
        _ = bob
        #expect(refusal(accounts, made.text.revealed) == nil)
    }

    @Test func `a key's user may be disabled, and it counts again when they are not`() async throws {
        let (accounts, _, bob) = try await Bench().openWithPeople()
        let made = try await accounts.createKey(KeyOrder(user: bob.id, name: "k"), by: .local)
        var edit = UserEdit()
        edit.isDisabled = true
        try await accounts.editUser(bob.id, edit, by: .local)
        #expect(refusal(accounts, made.text.revealed) == "The user of this API key is disabled.")
        edit.isDisabled = false
        edit.role = .viewer
        try await accounts.editUser(bob.id, edit, by: .local)
        #expect(try principal(accounts, made).role == .viewer)
        try await accounts.removeUser(bob.id, by: .local)
        #expect(refusal(accounts, made.text.revealed) == "This API key is not valid.")
    }

    @Test func `orders out of bounds are refused`() async throws {
        let bench = Bench()
        var settings = AccessSettings()
        settings.keysMax = 2
        let (accounts, _, bob) = try await bench.openWithPeople(settings)
        for order in [
            KeyOrder(user: bob.id, name: ""), KeyOrder(user: bob.id, name: "a\nb"),
            KeyOrder(user: bob.id, name: String(repeating: "x", count: 129)),
            KeyOrder(user: bob.id, name: "k", scopes: []), KeyOrder(user: bob.id, name: "k", scopes: ["everything"]),
            KeyOrder(user: bob.id, name: "k", models: [""]),
            KeyOrder(user: bob.id, name: "k", models: Array(repeating: "a", count: 101)),
            KeyOrder(user: bob.id, name: "k", expiresAt: bench.clock.now),
        ] {
            #expect(await code { _ = try await accounts.createKey(order, by: .local) } == .invalidValue)
        }
        for _ in 0..<2 { _ = try await accounts.createKey(KeyOrder(user: bob.id, name: "k"), by: .local) }
        #expect(
            await code { _ = try await accounts.createKey(KeyOrder(user: bob.id, name: "k"), by: .local) } == .conflict)
    }

    @Test func `moments of use are written down later, once`() async throws {
        let bench = Bench()
        let (accounts, _, bob) = try await bench.openWithPeople()
        let made = try await accounts.createKey(KeyOrder(user: bob.id, name: "k"), by: .local)
        let revision = bench.store.kept.revision
        for _ in 0..<3 { _ = try principal(accounts, made) }
        #expect(bench.store.kept.keys[made.key.id]?.lastUsedAt == nil)
        #expect(accounts.keys(of: bob.id).first?.lastUsedAt == bench.clock.now)
        try await accounts.keepUp()
        #expect(bench.store.kept.keys[made.key.id]?.lastUsedAt == bench.clock.now)
        #expect(bench.store.kept.revision == revision)
        #expect(accounts.index.takeUses().isEmpty)
    }

    @Test func `base 32 is that of the standards`() {
        #expect(SecretText.standardBase32(Array("foobar".utf8)) == "MZXW6YTBOI")
        #expect(SecretText.standardBase32(Array("foob".utf8)) == "MZXW6YQ")
        #expect(SecretText.base32([0xFF, 0xFF, 0xFF, 0xFF, 0xFF]) == "zzzzzzzz")
        #expect(SecretText.base32([UInt8](repeating: 1, count: 32)).utf8.count == 52)
        #expect(SecretText.isBase32("0az") && !SecretText.isBase32("0AZ") && !SecretText.isBase32("ilou"))
    }
}
