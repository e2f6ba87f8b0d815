import Hosting
import Records
import Storage
import Testing
import Vocabulary

@Suite struct DeploymentRecordsTests {
    private func withRecords(_ backend: Backend, _ body: (DeploymentRecords) async throws -> Void) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            try await body(DeploymentRecords(database))
        }
    }

    private func version(_ number: Int, _ state: DeploymentVersionState = .pending) -> DeploymentVersion {
        var settings = RemoteSettings(url: "http://h/\(number)")
        settings.apiKey = "key"
        return DeploymentVersion(
            number: number, spec: DeploymentSpec(.remote(settings)), note: "n\(number)", createdAt: Int64(number),
            state: state)
    }

    @Test(arguments: Backend.allCases) func `a deployment comes back with all its versions`(backend: Backend)
        async throws
    {
        try await withRecords(backend) { records in
            var one = DeploymentRecord(
                name: "b/x:1", origin: .api, createdAt: 2, isStopped: true, versions: [version(1, .active)])
            let two = DeploymentRecord(
                name: "a", origin: .configuration, createdAt: 1, configured: version(7).spec,
                versions: [version(1, .active)])
            try await records.add(one)
            try await records.add(two)
            #expect(try await records.deployments() == [two, one])
            await #expect(throws: (any Error).self) { try await records.add(one) }
            try await records.add(version(2), to: one.name)
            try await records.setStopped(false, of: one.name)
            one.versions.append(version(2))
            one.isStopped = false
            #expect(try await records.deployments().last == one)
            #expect(one.active?.number == 1 && one.nextNumber == 3 && one.previous == nil)
        }
    }

    @Test(arguments: Backend.allCases) func `one version is active`(backend: Backend) async throws {
        try await withRecords(backend) { records in
            try await records.add(
                DeploymentRecord(name: "a", origin: .api, createdAt: 1, versions: [version(1, .active)]))
            for number in 2...3 {
                try await records.add(version(number), to: "a")
                try await records.activate(number, of: "a")
            }
            try await records.add(version(4), to: "a")
            try await records.fail(4, of: "a", reason: "no file")
            let record = try #require(try await records.deployments().first)
            #expect(record.versions.map(\.state) == [.superseded, .superseded, .active, .failed])
            #expect(record.active?.number == 3 && record.previous?.number == 2)
            #expect(record.version(4)?.reason == "no file" && record.nextNumber == 5)
        }
    }

    @Test(arguments: Backend.allCases) func `what is removed is gone with its versions`(backend: Backend) async throws {
        try await withRecords(backend) { records in
            for name in ["a", "b"] {
                try await records.add(
                    DeploymentRecord(name: name, origin: .api, createdAt: 1, versions: [version(1, .active)]))
            }
            try await records.remove("a")
            #expect(try await records.deployments().map(\.name) == ["b"])
            // A new one of the same name begins anew.
            try await records.add(
                DeploymentRecord(name: "a", origin: .api, createdAt: 2, versions: [version(1, .active)]))
            #expect(try await records.deployments().map(\.versions.count) == [1, 1])
        }
    }
}
