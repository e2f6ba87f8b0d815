import JSONText
import ModelCatalog
import Records
import Storage
import Synchronization
import TestRandomness
import Testing
import Vocabulary

@Suite struct CatalogRecordsTests {
    @Test(arguments: Backend.allCases) func `a model comes back as it was found`(backend: Backend) async throws {
        try await withCatalog(backend) { catalog, _ in
            let wanted = try found("org/x:q4")
            #expect(try await catalog.add(wanted) == .added(wanted.name))
            let (record, texts) = try await catalog.find("org/x:q4")
            #expect(record.name == wanted.name && record.state == .downloaded && record.failure == nil)
            #expect(record.files == wanted.files && record.metadata == wanted.metadata)
            #expect(record.defaults == wanted.defaults && record.origin == wanted.origin && texts == wanted.texts)
            #expect(try await catalog.add(wanted) == .unchanged(wanted.name))
            #expect(try await catalog.events(CatalogEventQuery()).map(\.what.name) == ["files_found"])
        }
    }

    @Test(arguments: Backend.allCases) func `every origin and every state can be kept`(backend: Backend) async throws {
        try await withCatalog(backend) { catalog, records in
            let origins: [ModelOrigin] = [
                .folder("/a"), .ollama(store: "/o"), .llamaSwap(file: "/l.yaml"),
                .hub(repository: "a/b", revision: nil),
                .hub(repository: "a/b", revision: "main"), .made(from: nil, how: "train"),
                .made(from: "x", how: "quantize Q4_K_M"), .configuration,
            ]
            for (number, origin) in origins.enumerated() {
                for state in ModelState.all {
                    let name = ModelName(cleaning: "m\(number)", tag: state.text)
                    let record = ModelRecord(name: name, state: state, origin: origin, addedAt: 7)
                    _ = try await records.change(name) { _ in CatalogEdit(.write(record)) }
                    #expect(try await catalog.find(name.description).record == record)
                }
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func `of a hundred imports of one file at once one adds it`(backend: Backend) async throws {
        try await withCatalog(backend) { catalog, _ in
            let wanted = try found("one")
            let additions = try await withThrowingTaskGroup(of: Catalog.Addition.self) { group in
                for _ in 0..<100 { group.addTask { try await catalog.add(wanted) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(additions.count { $0 == .added(wanted.name) } == 1)
            #expect(additions.allSatisfy { $0.name == wanted.name })
            #expect(try await catalog.page(CatalogQuery()).total == 1)
        }
    }

    @Test(arguments: Backend.allCases)
    func `another file of the same name gets another name`(backend: Backend) async throws {
        try await withCatalog(backend) { catalog, _ in
            var names: [String] = []
            for number in 1...4 {
                let model = try found("x:f16", path: "/m/\(number).gguf", inode: Int64(number))
                names.append(try await catalog.add(model).name.description)
            }
            #expect(names == ["x:f16", "folder/x:f16", "x-2:f16", "x-3:f16"])
        }
    }

    @Test(arguments: Backend.allCases)
    func `a file that changed is the same model, and opinions and digests stay where they hold`(
        backend: Backend
    ) async throws {
        try await withCatalog(backend) { catalog, _ in
            var model = try found("x")
            model.files[0].sha256 = String(repeating: "a", count: 64)
            _ = try await catalog.add(model)
            _ = try await catalog.describe(model.name) {
                $0 = ModelRecord.Opinion(rating: 5, notes: "good", tags: ["b", "a"])
            }
            model.files[0].sha256 = nil
            model.metadata.title = "Renamed"
            #expect(try await catalog.add(model) == .refreshed(model.name))
            #expect(try await catalog.find("x").record.files[0].sha256 == String(repeating: "a", count: 64))
            model.files[0].identity.modifiedAt += 1
            #expect(try await catalog.add(model) == .refreshed(model.name))
            let record = try await catalog.find("x").record
            #expect(record.files[0].sha256 == nil && record.metadata.title == "Renamed")
            #expect(record.opinion == ModelRecord.Opinion(rating: 5, notes: "good", tags: ["b", "a"]))
        }
    }

    @Test(arguments: Backend.allCases)
    func `a download fails, is tried again and ends with a model`(backend: Backend) async throws {
        try await withCatalog(backend) { catalog, _ in
            let model = try found("dl")
            let origin = ModelOrigin.hub(repository: "a/dl", revision: "r1")
            try await catalog.beginDownload(model.name, origin: origin)
            await #expect(throws: InvalidTransition(state: .downloading, change: .downloadStarted)) {
                try await catalog.beginDownload(model.name, origin: origin)
            }
            try await catalog.report(.downloadFailed, of: model.name, detail: "401: the token was revoked")
            let failed = try await catalog.find("dl").record
            #expect(failed.state == .failed(.downloading) && failed.failure == "401: the token was revoked")
            try await catalog.beginDownload(model.name, origin: origin)
            #expect(try await catalog.find("dl").record.failure == nil)
            try await catalog.finishDownload(model)
            #expect(try await catalog.find("dl").record.state == .downloaded)
            await #expect(throws: InvalidTransition(state: .downloaded, change: .downloadFinished)) {
                try await catalog.finishDownload(model)
            }
            let told = try await catalog.events(CatalogEventQuery(model: model.name)).map(\.what.name)
            #expect(told == ["download_finished", "download_started", "download_failed", "download_started"])
        }
    }

    @Test(arguments: Backend.allCases)
    func `many deployments at once leave the state of the furthest`(backend: Backend) async throws {
        try await withCatalog(backend) { catalog, _ in
            let name = try await catalog.add(try found("x")).name
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        let deployment = "d\(number)"
                        try await catalog.report(.loadStarted, deployment: deployment, of: name)
                        if number == 13 {
                            try await catalog.report(.loadFinished, deployment: deployment, of: name)
                        } else {
                            try await catalog.report(.loadFailed, deployment: deployment, of: name, detail: "no memory")
                        }
                    }
                }
                try await group.waitForAll()
            }
            let record = try await catalog.find("x").record
            #expect(record.state == .ready && record.failure == nil)
            #expect(await catalog.users(of: record) == ["d13"])
            #expect(try await catalog.events(CatalogEventQuery(model: name)).count == 41)
        }
    }

    @Test(arguments: Backend.allCases) func `what is in use is not deleted, and force stops first`(
        backend: Backend
    ) async throws {
        let isRunning = Mutex(true)
        let uses = ModelUses(
            users: { _ in isRunning.withLock { $0 } ? ["chat", "other"] : [] },
            stop: { _ in isRunning.withLock { $0 = false } })
        try await withCatalog(backend, uses: uses) { catalog, records in
            let name = try await catalog.add(try found("x")).name
            try await records.add(ModelBenchmark(at: 1, kind: "speed", values: ["tokens_per_second": 3.5]), to: name)
            let error = await #expect(throws: ServiceError.self) { try await catalog.delete(name, force: false) }
            #expect(error?.code == .conflict && error?.message.contains("chat, other") == true)
            #expect(try await catalog.delete(name, force: true).name == name)
            let missing = await #expect(throws: ServiceError.self) { try await catalog.find("x") }
            #expect(missing?.code == .modelNotFound)
            #expect(try await records.benchmarks(of: name).isEmpty)
            #expect(try await catalog.events(CatalogEventQuery(model: name)).first?.what.name == "deleted")
            // The name is free again, with a life of its own.
            #expect(try await catalog.add(try found("x")) == .added(name))
        }
    }

    @Test(arguments: Backend.allCases) func `a platform that was lost leaves nothing running`(
        backend: Backend
    ) async throws {
        try await withCatalog(backend) { catalog, records in
            for state in ModelState.all {
                let name = ModelName(cleaning: "m", tag: state.text)
                let record = ModelRecord(name: name, state: state, origin: .configuration, addedAt: 1)
                _ = try await records.change(name) { _ in CatalogEdit(.write(record)) }
            }
            try await catalog.recover()
            for state in ModelState.all {
                let name = ModelName(cleaning: "m", tag: state.text)
                let expected = state.isBusy ? (state.hasFiles ? .stopped : .failed(.downloading)) : state
                #expect(try await catalog.find(name.description).record.state == expected, "\(state)")
            }
            #expect(try await catalog.events(CatalogEventQuery()).count == 4)
        }
    }

    @Test(arguments: Backend.allCases) func `pages agree with the same done in memory`(backend: Backend) async throws {
        try await withCatalog(backend) { catalog, records in
            var random = SeededRandom(seed: 3)
            var all: [ModelRecord] = []
            for number in 0..<60 {
                let model = try found(
                    "\(["ant", "bee", "cat_1", "100"].randomElement(using: &random) ?? "")-\(number)",
                    bytes: Int64.random(in: 1...50, using: &random), inode: Int64(number))
                let name = try await catalog.add(model).name
                let rating = Int.random(in: 1...5, using: &random)
                all.append(try await catalog.describe(name) { $0.rating = rating })
                if rating == 1 { try await catalog.report(.filesLost, of: name) }
                try await records.add([name.description: ModelUsage(requests: 1, lastUsedAt: Int64(rating * 7 % 5 + 1))]
                )
            }
            for (order, key) in [
                (.size, { $0.byteCount }), (.rating, { Int64($0.opinion.rating ?? 0) }), (.added, { $0.addedAt }),
                (.parameters, { $0.metadata.parameterCount ?? 0 }),
                (.used, { Int64(($0.opinion.rating ?? 0) * 7 % 5 + 1) }),
            ] as [(CatalogQuery.Order, (ModelRecord) -> Int64)] {
                var query = CatalogQuery()
                query.order = order
                query.isDescending = true
                query.limit = 25
                query.offset = 10
                let sorted = all.sorted { (-key($0), $0.name.base) < (-key($1), $1.name.base) }
                let page = try await catalog.page(query)
                #expect(page.records.map(\.name) == sorted[10..<35].map(\.name), "\(order)")
                #expect(page.total == 60)
            }
            for (text, part) in [("ANT", "ant"), ("cat_", "cat_"), ("%", "%"), ("0-", "0-"), ("\\", "\\")] {
                var query = CatalogQuery()
                query.text = text
                query.limit = 1_000
                #expect(try await catalog.page(query).total == all.count { $0.name.base.contains(part) }, "\(text)")
            }
            var lost = CatalogQuery()
            lost.state = "unknown"
            #expect(try await catalog.page(lost).total == all.count { $0.opinion.rating == 1 })
        }
    }

    @Test(arguments: Backend.allCases) func `usage adds up and stays at its bound`(backend: Backend) async throws {
        try await withCatalog(backend) { _, records in
            let ledger = UsageLedger()
            for number in 1...10 {
                ledger.add(
                    ModelUsage(
                        requests: 1, promptTokens: 5, completionTokens: 2, failures: 0, lastUsedAt: Int64(number)),
                    to: "a")
            }
            ledger.add(ModelUsage(requests: 1, failures: 1, lastUsedAt: 3), to: "b")
            try await records.add(ledger.take())
            #expect(ledger.take().isEmpty)
            try await records.add(["a": ModelUsage(requests: 1, lastUsedAt: 2)])
            let expected = ModelUsage(
                requests: 11, promptTokens: 50, completionTokens: 20, failures: 0, lastUsedAt: 10)
            #expect(try await records.usage(of: "a") == expected)
            #expect(try await records.usage(countMax: 10).map(\.model) == ["a", "b"])
            #expect(try await records.usage(of: "c") == nil)
        }
        let full = ModelUsage(requests: .max) + ModelUsage(requests: 5)
        #expect(full.requests == .max)
    }

    @Test(arguments: Backend.allCases) func `events are paged, newest first, and bounded`(backend: Backend) async throws
    {
        try await withCatalog(backend) { catalog, records in
            let name = try await catalog.add(try found("x")).name
            for _ in 0..<10 {
                try await catalog.report(.filesLost, of: name)
                try await catalog.report(.filesFound, of: name)
            }
            let first = try await catalog.events(CatalogEventQuery(limit: 5))
            let second = try await catalog.events(CatalogEventQuery(before: first.last?.number, limit: 5))
            let numbers = (first + second).map(\.number)
            #expect(numbers.count == 10 && numbers == numbers.sorted(by: >) && Set(numbers).count == 10)
            try await records.trimEvents(keeping: 4)
            #expect(try await catalog.events(CatalogEventQuery()).map(\.number) == Array(numbers.prefix(4)))
        }
    }

    @Test(arguments: Backend.allCases)
    func `benchmarks are kept, the newest first and so many at most`(backend: Backend) async throws {
        try await withCatalog(backend) { catalog, records in
            let name = try await catalog.add(try found("x")).name
            for number in 0..<ModelBenchmark.countMax + 3 {
                let values: JSONObject = ["run": .whole(number)]
                try await records.add(ModelBenchmark(at: Int64(number), kind: "speed", values: values), to: name)
            }
            let kept = try await records.benchmarks(of: name)
            #expect(kept.count == ModelBenchmark.countMax && kept.first?.at == Int64(ModelBenchmark.countMax + 2))
        }
    }

    @Test(arguments: Backend.allCases)
    func `texts are cut at a character, without zeros, and names are found without their tag`(
        backend: Backend
    ) async throws {
        try await withCatalog(backend) { catalog, _ in
            var model = try found("only:q4")
            model.texts.card = "a\0b" + String(repeating: "ü", count: ModelTexts.bytesMax)
            _ = try await catalog.add(model)
            let (record, texts) = try await catalog.find("only")
            #expect(record.name.tag == "q4")
            let card = try #require(texts.card)
            #expect(
                card.hasPrefix("a\u{FFFD}b") && card.hasSuffix("ü\n…") && card.utf8.count < ModelTexts.bytesMax + 16)
            _ = try await catalog.add(try found("only:q8", inode: 2))
            let error = await #expect(throws: ServiceError.self) { try await catalog.find("only") }
            #expect(error?.hint?.contains("'only:q4', 'only:q8'") == true)
        }
    }
}
