import Access
import Foundation
import JSONText
import Testing

@testable import Platform

@Suite struct SigningKeyFileTests {
    private func within(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("nexus-keys-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path)
    }

    private func file(_ folder: String) -> SigningKeyFile {
        SigningKeyFile(dataDir: folder, signer: SodiumSignatures())
    }

    @Test func `makes keys once, and finds them again, changes included`() throws {
        try within { folder in
            var keys = try file(folder).load(now: 1_000)
            #expect(try file(folder).load(now: 2_000) == keys)
            keys.rotate(now: 3_000, lifetimeMax: 900, signer: SodiumSignatures())
            try file(folder).save(keys)
            #expect(try file(folder).load(now: 4_000) == keys)
            let mode = try FileManager.default.attributesOfItem(atPath: file(folder).path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["token-keys.json"])
        }
    }

    @Test func `what others can read, or is damaged, is an error and not replaced`() throws {
        try within { folder in
            _ = try file(folder).load(now: 1_000)
            let path = file(folder).path
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
            #expect(throws: SigningKeyFile.Unusable.self) { _ = try file(folder).load(now: 1_000) }
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            for text in ["", "{}", "{\"version\":1", String(repeating: " ", count: 100_000)] {
                try Data(text.utf8).write(to: URL(fileURLWithPath: path))
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
                #expect(throws: SigningKeyFile.Unusable.self) { _ = try file(folder).load(now: 1_000) }
                #expect(FileManager.default.contents(atPath: path) == Data(text.utf8))
            }
        }
    }

    @Test func `signatures of the real mathematics are right for their key and wrong for another`() throws {
        let signatures = SodiumSignatures()
        let keys = SigningKeys(now: 1_000, signer: signatures)
        let token = keys.sign(["sub": "ada"], type: "at+jwt", signer: signatures)
        #expect(try SignedToken(token).verified(with: keys.verification, by: signatures).subject == "ada")
        var other = SigningKeys(now: 1_000, signer: signatures).verification.keys[0]
        other = VerificationKey(id: keys.current.id, material: other.material)
        #expect(throws: TokenError.self) {
            _ = try SignedToken(token).verified(with: VerificationKeys([other]), by: signatures)
        }
    }
}
