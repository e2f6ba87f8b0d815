import Access
import Records
import Storage
import Testing
import Vocabulary

@Suite struct SecretRecordsTests {
    private func withRecords(
        _ backend: Backend, _ body: (Database, SecretRecords) async throws -> Void
    ) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            try await body(database, SecretRecords(database))
        }
    }

    private func secret(_ name: String, _ envelope: String = "sealed:v1:k:n:b") -> StoredSecret {
        StoredSecret(name: name, envelope: envelope, changedAt: 7)
    }

    @Test(arguments: Backend.allCases) func `secrets are kept by name`(backend: Backend) async throws {
        try await withRecords(backend) { _, records in
            let isKept = try await records.put(secret("b"), countMax: 2)
            #expect(isKept)
            #expect(try await records.put(secret("a/x"), countMax: 2))
            #expect(try await records.put(secret("c"), countMax: 2) == false)
            #expect(try await records.put(secret("b", "other"), countMax: 2))
            #expect(try await records.secrets() == [secret("a/x"), secret("b", "other")])
            #expect(try await records.secret("b") == secret("b", "other"))
            #expect(try await records.secret("z") == nil)
            #expect(try await records.remove("b"))
            #expect(try await records.remove("b") == false)
            #expect(try await records.secrets() == [secret("a/x")])
        }
    }

    @Test(arguments: Backend.allCases) func `every envelope of the database is sealed anew, or none`(backend: Backend)
        async throws
    {
        struct Broken: Error {}
        try await withRecords(backend) { database, records in
            _ = try await records.put(secret("a", "sealed:v1:old:1"), countMax: 9)
            _ = try await records.put(secret("b", "sealed:v1:old:2"), countMax: 9)
            for number in 1...2 {
                try await database.execute(
                    "INSERT INTO deployment_versions (deployment, number, created_at, state, note, spec) "
                        + "VALUES ('d', $1, 0, 'active', '', $2)",
                    [.int(number), .text("{\"api_key\":\"sealed:v1:old:3\"}")])
            }
            await #expect(throws: Broken.self) {
                try await records.reseal { text in
                    if text.contains("api_key") { throw Broken() }
                    return (text.replacing("old", with: "new"), 1)
                }
            }
            #expect(try await records.secret("a")?.envelope == "sealed:v1:old:1")
            #expect(try await records.reseal { ($0.replacing("old", with: "new"), 1) } == 3)
            #expect(try await records.secret("b")?.keyID == "new")
            let specs = try await database.query("SELECT spec FROM deployment_versions").map {
                try $0.decode(String.self, "spec")
            }
            #expect(specs == Array(repeating: "{\"api_key\":\"sealed:v1:new:3\"}", count: 2))
            #expect(try await records.reseal { ($0, 0) } == 0)
        }
    }
}
