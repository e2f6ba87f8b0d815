import Conversations
import JSONText
import Records
import Storage
import Testing
import Vocabulary

@Suite struct SettingsRecordsTests {
    private let owner = ConversationOwner(tenant: TenantID("t"), user: UserID("usr_a"))
    private let stranger = ConversationOwner(tenant: TenantID("u"), user: UserID("usr_a"))

    private func withRecords(_ backend: Backend, _ body: (SettingsRecords) async throws -> Void) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            try await body(SettingsRecords(database))
        }
    }

    private func moment(_ number: Int) -> ConversationMoment { ConversationMoment(microseconds: Int64(number)) }

    @Test(arguments: Backend.allCases) func `the second of two changes of settings loses`(backend: Backend)
        async throws
    {
        try await withRecords(backend) { records in
            #expect(try await records.settings(of: owner) == UserSettings())
            #expect(try await records.replace(["a": 1], of: owner, expecting: 1, at: moment(1)) == false)
            #expect(try await records.replace(["a": 1], of: owner, expecting: 0, at: moment(1)))
            #expect(try await records.replace(["a": 2], of: owner, expecting: 0, at: moment(2)) == false)
            #expect(try await records.replace(["a": "nul \u{0}"], of: owner, expecting: 1, at: moment(3)))
            let kept = try await records.settings(of: owner)
            #expect(kept.revision == 2 && kept.updated == moment(3) && kept.document["a"] != nil)
            #expect(try await records.settings(of: stranger).revision == 0)
        }
    }

    @Test(arguments: Backend.allCases) func `profiles are one's own, and as many as there may be`(backend: Backend)
        async throws
    {
        try await withRecords(backend) { records in
            var profile = UserProfile(
                id: "prof_1", name: "Coding", parameters: ["temperature": 0.2], system: "Be exact.", preset: "coding",
                created: moment(1))
            let isAdded = try await records.add(profile, of: owner)
            #expect(isAdded)
            #expect(try await records.profile("prof_1", of: owner) == profile)
            #expect(try await records.profile("prof_1", of: stranger) == nil)
            profile.name = "Other"
            profile.system = nil
            #expect(try await records.replace(profile, of: stranger, expecting: 1) == false)
            #expect(try await records.replace(profile, of: owner, expecting: 1))
            #expect(try await records.replace(profile, of: owner, expecting: 1) == false)
            #expect(try await records.profiles(of: owner).map(\.name) == ["Other"])
            for number in 2...UserProfile.countMax {
                #expect(
                    try await records.add(
                        UserProfile(id: "prof_\(number)", name: "n", created: moment(1)), of: owner))
            }
            #expect(
                try await records.add(UserProfile(id: "prof_x", name: "n", created: moment(1)), of: owner) == false)
            #expect(try await records.removeProfile("prof_1", of: stranger) == false)
            #expect(try await records.removeProfile("prof_1", of: owner))
            #expect(try await records.removeProfile("prof_1", of: owner) == false)
        }
    }
}
