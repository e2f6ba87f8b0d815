import Hosting
import Testing
import Vocabulary

@testable import Hardware

@Suite struct RecommenderTests {
    /// Memory by weights and cache alone: the real prediction has tests of its own.
    private static let memory: Recommender.MemoryPrediction = { shape, request in
        let cells = request.cells ?? 0
        return shape.weightBytes
            + shape.layers.reduce(0) { sum, layer in
                let width = { (type: KVCacheType, count: UInt64) in type.bytes(ofRow: count) * cells }
                return sum + width(request.keyType, layer.keyWidth) + width(request.valueType, layer.valueWidth)
            }
    }

    private static func speed(_ bandwidth: Double) -> SpeedModel? {
        SpeedModel.make(runs: [], probe: SpeedProbe(bytesPerSecond: bandwidth, operationsPerSecond: 1e12))
    }

    private func ask(
        _ wish: Wish, gigabytes: Double, bandwidth: Double = 50e9, offers: [Offer] = KnownModel.all.map { Offer($0) }
    ) -> [Recommendation] {
        let recommender = Recommender(
            room: Room(bytes: UInt64(gigabytes * 1e9), freeDiskBytes: 100_000_000_000), speed: Self.speed(bandwidth),
            threads: 8, memory: Self.memory)
        return recommender.recommendations(for: wish, among: offers)
    }

    @Test(arguments: KnownModel.all)
    func `the list's shapes agree with what their makers count`(model: KnownModel) {
        // Position and type tables of small encoders weigh more than a little.
        let allowed = model.isEncoder ? 0.05 : model.architecture == "gpt-oss" ? 0.03 : 0.02
        #expect(abs(model.weightsByShape / (model.billions * 1e9) - 1) < allowed, "\(model.name)")
        #expect(!model.uses.isEmpty)
        #expect(model.activeBillions <= model.billions)
    }

    @Test func `models with experts compute what their makers say`() throws {
        func active(_ name: String) throws -> Double {
            try #require(KnownModel.all.first { $0.name == name }).activeBillions
        }
        #expect(abs(try active("Qwen3-30B-A3B") - 3.3) < 0.2)
        #expect(abs(try active("Qwen3-235B-A22B") - 22) < 1)
        #expect(abs(try active("gpt-oss-20b") - 3.6) < 0.6)
        #expect(abs(try active("gpt-oss-120b") - 5.1) < 0.8)
    }

    @Test func `names and repositories are told once`() {
        #expect(Set(KnownModel.all.map(\.name)).count == KnownModel.all.count)
        #expect(Set(KnownModel.all.map(\.repository)).count == KnownModel.all.count)
    }

    @Test func `a file of the list has the size that is known`() throws {
        let model = try #require(KnownModel.all.first { $0.name == "Llama-3.1-8B-Instruct" })
        let shape = model.shape(try #require(Quantization.named("q4_k_m")))
        // 4.58 GiB, by llama.cpp's own table.
        #expect(abs(Double(shape.fileBytes) / (4.58 * 1_073_741_824) - 1) < 0.01)
        #expect(shape.layers.count == 32)
        #expect(shape.layers[0].keyWidth == 1_024)
    }

    @Test func `what fits comes first and says why`() throws {
        let all = ask(Wish(use: .chat), gigabytes: 8)
        let best = try #require(all.first)
        #expect(best.fits)
        #expect(best.needBytes <= 8_000_000_000)
        #expect(best.reasons.map(\.code).contains("memory"))
        #expect(best.reasons.map(\.code).contains("generation_speed"))
        #expect(best.reasons[0].sentence.hasPrefix("needs "))
        #expect(best.downloadName?.contains(":Q") == true)
        let firstUnfit = try #require(all.firstIndex { !$0.fits })
        #expect(all[firstUnfit...].allSatisfy { !$0.fits })
        #expect(all[firstUnfit...].map(\.needBytes) == all[firstUnfit...].map(\.needBytes).sorted())
    }

    @Test(arguments: [2.0, 4, 8, 16, 32, 64, 200, 800])
    func `nothing that is said to fit is larger than the room`(gigabytes: Double) {
        for use in UseCase.allCases {
            for one in ask(Wish(use: use), gigabytes: gigabytes) where one.fits {
                #expect(Double(one.needBytes) <= gigabytes * 1e9)
            }
        }
    }

    @Test func `more room never makes the answer worse`() throws {
        var last = 0.0
        for gigabytes in [1.0, 2, 4, 8, 16, 32, 64, 128] {
            let best = ask(Wish(use: .chat, order: .quality), gigabytes: gigabytes).first { $0.fits }
            let score = best?.score ?? 0
            #expect(score >= last)
            last = score
        }
        #expect(last > 0)
    }

    @Test func `the same question has the same answer, whatever the order of the offers`() {
        let offers = KnownModel.all.map { Offer($0) }
        let wish = Wish(use: .code)
        #expect(
            ask(wish, gigabytes: 16, offers: offers) == ask(wish, gigabytes: 16, offers: offers.reversed()))
    }

    @Test func `a slow machine gets a smaller model than a quick one`() throws {
        let slow = try #require(ask(Wish(use: .chat), gigabytes: 64, bandwidth: 10e9).first)
        let quick = try #require(ask(Wish(use: .chat), gigabytes: 64, bandwidth: 2_000e9).first)
        let size = { (name: String) in KnownModel.all.first { $0.name == name }?.activeBillions ?? 0 }
        #expect(size(slow.name) < size(quick.name))
    }

    @Test func `orders do what they say`() throws {
        func fitting(_ order: Wish.Order) -> [Recommendation] {
            ask(Wish(use: .chat, order: order), gigabytes: 16).filter(\.fits)
        }
        let speeds = fitting(.speed).compactMap { $0.generation?.tokensPerSecond }
        #expect(speeds == speeds.sorted(by: >))
        let bytes = fitting(.memory).map(\.needBytes)
        #expect(bytes == bytes.sorted())
        let scores = fitting(.quality).map(\.score)
        #expect(scores == scores.sorted(by: >))
    }

    @Test func `what does not fit says what would`() throws {
        // 32 thousand tokens of a model whose every head has its own keys.
        let model = try #require(KnownModel.all.first { $0.name == "Phi-3.5-mini-instruct" })
        let one = try #require(
            ask(Wish(use: .chat, contextTokens: 65_536), gigabytes: 10, offers: [Offer(model)]).first)
        #expect(!one.fits)
        #expect(!one.alternatives.isEmpty)
        for alternative in one.alternatives {
            #expect(alternative.needBytes <= 10_000_000_000)
            #expect(alternative.sentence.hasPrefix("would fit with "))
        }
        let none = try #require(ask(Wish(use: .chat), gigabytes: 0.1, offers: [Offer(model)]).first)
        #expect(!none.fits)
        #expect(none.alternatives.isEmpty)
    }

    @Test func `a context that a model was not trained for is cut, and said`() throws {
        let one = try #require(
            ask(Wish(use: .chat, contextTokens: 1_000_000), gigabytes: 500).first { $0.name == "phi-4" })
        #expect(one.contextTokens == 16_384)
        #expect(one.reasons.contains(.contextLimit(trained: 16_384, wanted: 1_000_000)))
    }

    @Test func `only what is here, when that is wanted`() {
        #expect(ask(Wish(use: .chat, includesDownloads: false), gigabytes: 64).isEmpty)
        let local = Offer(
            name: "mine", origin: .catalogue("mine"), uses: [.chat], parameters: 8, activeParameters: 8,
            contextTokens: 8_192, variants: Offer(KnownModel.all[3]).variants)
        let found = ask(Wish(use: .chat, includesDownloads: false), gigabytes: 64, offers: [local])
        #expect(found.map(\.downloadName) == [nil])
        #expect(found.first?.reasons.contains(.isHere) == true)
        #expect(ask(Wish(use: .vision), gigabytes: 64, offers: [local]).isEmpty)
    }

    @Test func `without any speed the answer says so`() throws {
        let recommender = Recommender(room: Room(bytes: 1 << 40), speed: nil, threads: 1, memory: Self.memory)
        let one = try #require(
            recommender.recommendations(for: Wish(use: .chat), among: KnownModel.all.map { Offer($0) }).first)
        #expect(one.generation == nil)
        #expect(one.reasons.contains(.speedUnknown))
    }
}

@Suite struct RoomTests {
    private static let cuda = EngineBuild(kind: .nexusEngine, version: "1", devices: ["CPU", "CUDA0"])

    private func machine(_ accelerators: [Accelerator]) -> Machine {
        var machine = Machine()
        machine.memory.totalBytes = 64 << 30
        machine.memory.availableBytes = 48 << 30
        machine.accelerators = accelerators
        return machine
    }

    private func gpu(_ name: String, free: UInt64, parts: [UInt64]? = nil) -> Accelerator {
        Accelerator(
            vendor: .nvidia, index: 0, name: name, totalBytes: 80 << 30, freeBytes: free << 30,
            partitioning: parts.map { sizes in
                .init(
                    isOn: true,
                    parts: sizes.enumerated().map {
                        .init(index: $0, instance: $0, totalBytes: $1 << 30, freeBytes: nil)
                    })
            })
    }

    @Test func `the accelerator with the most free memory counts`() throws {
        let room = try #require(Room.of(machine([gpu("A", free: 20), gpu("B", free: 70)]), engine: Self.cuda))
        #expect(room.bytes == 70 << 30 && room.accelerator == "B" && room.device == "CUDA0")
        #expect(room.place == "on B")
    }

    @Test func `of one that is split, its largest part counts`() throws {
        let split = gpu("A", free: 80, parts: [10, 20])
        #expect(try #require(Room.of(machine([split]), engine: Self.cuda)).bytes == 20 << 30)
        #expect(try #require(Room.of(machine([split, gpu("B", free: 24)]), engine: Self.cuda)).accelerator == "B")
        // Split into no parts yet, it has nothing to give.
        let none = try #require(Room.of(machine([gpu("A", free: 80, parts: [])]), engine: Self.cuda))
        #expect(none.device == nil && none.bytes == 48 << 30)
    }

    @Test func `an engine that knows no accelerator has ordinary memory`() throws {
        let plain = EngineBuild(kind: .nexusEngine, version: "1", devices: ["CPU", "BLAS"])
        for engine in [plain, nil] {
            let room = try #require(Room.of(machine([gpu("A", free: 70)]), engine: engine))
            #expect(room.device == nil && room.bytes == 48 << 30)
        }
    }
}

@Suite struct UseCaseTests {
    @Test(
        arguments: [
            ("code", .code), ("tool-use", .toolUse), ("Long Documents", .longDocuments), ("math", .reasoning),
            ("Refactor our Python code and write unit tests", .code), ("translate mails into Japanese", .translation),
            ("find similar texts with vectors for semantic search", .embeddings), ("describe photos", .vision),
            ("summarize long contracts", .longDocuments), ("an agent that calls tools and answers in JSON", .toolUse),
        ] as [(String, UseCase)])
    func `uses are read from names and words`(text: String, use: UseCase) throws {
        #expect(try UseCaseText.read(text).use == use)
    }

    @Test func `the words that counted are told`() {
        let classification = UseCaseClassification("Chat about pictures and photos")
        #expect(classification.use == .vision)
        #expect(classification.matches.first?.words == ["pictures", "photos"])
        #expect(UseCaseClassification("code and translation").isTie)
        #expect(UseCaseClassification("").use == nil)
        #expect(UseCaseClassification(String(repeating: "x code ", count: 100_000)).use == .code)
    }

    @Test func `an unknown use is refused with what there is`() {
        #expect {
            _ = try UseCaseText.read("trnslation")
        } throws: { error in
            let error = error as? ServiceError
            return error?.parameter == "use" && error?.message.contains("Did you mean translation?") == true
                && error?.hint?.contains("embeddings") == true
        }
        #expect(throws: ServiceError.self) { _ = try UseCaseText.read("zzz") }
    }
}

@Suite struct EngineBuildTests {
    @Test func `our own answer is read among other lines`() throws {
        let build = try #require(
            EngineBuild(
                buildInfo: """
                    a remark
                    {"engine":"nexus-engine","version":"0.5","llama_cpp":"0.3.36","ggml":"0.9","commit":"abc","features":["AVX2 = 1"],"devices":["CPU","CUDA0"]}
                    """))
        #expect(build.llamaVersion == "0.3.36")
        #expect(build.hasAccelerator)
        for text in ["", "{", "{\"engine\":\"other\",\"version\":\"1\"}", "{\"engine\":\"nexus-engine\"}"] {
            #expect(EngineBuild(buildInfo: text) == nil)
        }
    }

    @Test func `llama-server's version is read`() throws {
        let build = try #require(
            EngineBuild(serverVersion: "version: 6123 (1a2b3c4d)\nbuilt with cc (Debian 12.2.0) for x86_64-linux-gnu\n")
        )
        #expect(build.version == "b6123")
        #expect(build.commit == "1a2b3c4d")
        #expect(build.features == ["built with cc (Debian 12.2.0) for x86_64-linux-gnu"])
        for text in ["", "version:", "version: <script>", "usage: llama"] {
            #expect(EngineBuild(serverVersion: text) == nil)
        }
    }

    @Test func `what does not work is never chosen`() throws {
        let works = InstalledEngine(
            name: "own", origin: .own, program: "/a", condition: .works(EngineBuild(kind: .nexusEngine, version: "1")))
        let broken = InstalledEngine(
            name: "old", origin: .configured, program: "/b", condition: .broken(reason: "signal 4."))
        #expect(try EngineSelection.engine(named: nil, among: [broken, works]) == works)
        #expect {
            _ = try EngineSelection.engine(named: "old", among: [works, broken])
        } throws: { error in
            let error = error as? ServiceError
            return error?.code == .modelUnavailable && error?.message.contains("signal 4") == true
                && error?.hint?.contains("own") == true
        }
        #expect {
            _ = try EngineSelection.engine(named: "none", among: [works])
        } throws: { ($0 as? ServiceError)?.code == .invalidValue }
    }
}
