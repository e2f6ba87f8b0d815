import ModelCatalog
import Synchronization
import Testing
import Vocabulary

@Suite struct CatalogChangesTests {
    @Test(arguments: Backend.allCases) func `names go on where they are taken, and one is always free`(
        backend: Backend
    ) async throws {
        try await withCatalog(backend) { catalog, _ in
            var names: Set<ModelName> = []
            for number in 0..<20 {
                names.insert(try await catalog.add(try found("x:q4", path: "/m/\(number)/x.gguf")).name)
            }
            #expect(names.count == 20 && names.allSatisfy { $0.tag == "q4" })
            #expect(names.isSuperset(of: try ["x:q4", "folder/x:q4", "x-2:q4", "x-9:q4"].map { try ModelName($0) }))
            // The same file has the same name, whenever it is found again.
            #expect(try await catalog.add(try found("x:q4", path: "/m/19/x.gguf")) != .added(try ModelName("x:q4")))
            #expect(try await catalog.page(CatalogQuery()).total == 20)
        }
    }

    @Test(arguments: Backend.allCases) func `followers are told everything, from where they left off`(
        backend: Backend
    ) async throws {
        try await withCatalog(backend) { catalog, _ in
            _ = try await catalog.add(try found("a"))
            let told = Mutex<[CatalogEvent]>([])
            let follower = Task {
                try await catalog.follow(nil, after: 0) { event in told.withLock { $0.append(event) } }
            }
            for number in 0..<30 {
                _ = try await catalog.add(try found("m\(number)"))
                _ = try await catalog.describe(try ModelName("a")) { $0.rating = 1 + number % 5 }
            }
            let all = try await catalog.events(CatalogEventQuery(limit: 1_000))
            while told.withLock({ $0.count }) < all.count { try await Task.sleep(for: .milliseconds(1)) }
            #expect(told.withLock { $0 } == all.reversed())
            catalog.endFollowing()
            try await follower.value
            var later: [CatalogEvent] = []
            try await catalog.follow(nil, after: 0) { later.append($0) }
            #expect(later.isEmpty, "after the end nobody is held")
            var query = CatalogEventQuery(model: try ModelName("a"), limit: 2)
            query.after = all.last?.number
            #expect(try await catalog.events(query).map(\.what.name) == ["described", "described"])
        }
    }

    @Test(arguments: Backend.allCases) func `a model that would come back is deleted by force only`(
        backend: Backend
    ) async throws {
        let uses = ModelUses(claim: { _ in "somebody keeps it" })
        try await withCatalog(backend, uses: uses) { catalog, _ in
            let name = try await catalog.add(try found("kept")).name
            let error = await #expect(throws: ServiceError.self) { try await catalog.delete(name, force: false) }
            #expect(error?.code == .conflict && error?.message.contains("somebody keeps it") == true)
            _ = try await catalog.delete(name, force: true)
            #expect(try await catalog.page(CatalogQuery()).total == 0)
        }
    }

    @Test(arguments: Backend.allCases) func `a change of files is told once, and again when they change again`(
        backend: Backend
    ) async throws {
        try await withCatalog(backend) { catalog, _ in
            let model = try found("moved")
            let name = try await catalog.add(model).name
            func look(_ bytes: Int64, inode: Int64 = 1) async throws {
                let now = FileIdentity(byteCount: bytes, modifiedAt: 9, device: -7, inode: inode)
                try await catalog.note([(model.files[0], .changed(now))], of: name)
            }
            try await look(1)
            _ = try await catalog.describe(name) { $0.rating = 1 }
            try await look(1)
            try await look(2)
            try await look(2, inode: 5)
            let told = try await catalog.events(CatalogEventQuery(model: name)).filter { $0.what == .filesChanged }
            #expect(told.count == 3 && told[0].detail?.contains("another file") == true)
            #expect(told[2].detail == "/m/moved.gguf was written to (1 bytes now)")
        }
    }
}
