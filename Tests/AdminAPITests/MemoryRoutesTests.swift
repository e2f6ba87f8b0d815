import HTTPServing
import Hosting
import JSONText
import Synchronization
import Testing
import Vocabulary

@testable import AdminAPI

@Suite struct MemoryRoutesTests {
    private static let shape = ModelShape.described(
        architecture: "llama",
        layers: [
            ModelShape.Layer(
                recall: .all, keyWidth: 64, valueWidth: 64, headCount: 8, queryWidth: 256, feedForwardWidth: 512,
                stepWidth: 1_792, weightBytes: 1 << 20)
        ],
        ends: .init(inputBytes: 1 << 20, outputBytes: 0, isTied: true), embeddingWidth: 256, vocabularySize: 1_000,
        trainedContext: 8_192, slidingWindow: 0, writesText: true, tensorCount: 12, parameterCount: 1 << 20,
        quantization: "F16")

    /// Answers from a shape, and remembers what it was asked.
    private final class Planner: MemoryPlanning {
        let asked = Mutex<MemoryQuestion?>(nil)
        let schedules = Mutex<[PreloadSchedule]>([])

        func status() async -> MemoryStatus {
            let model = HostedModel(
                id: ModelID("a"), footprint: Footprint(host: 1_000), isPinned: false, loadSeconds: 2)
            var planner = ResidencyPlanner(policy: ResidencyPolicy(budget: Footprint(host: 5_000)))
            _ = planner.host(model, at: .zero)
            _ = planner.preload(ModelID("a"), at: .zero)
            _ = planner.loaded(ModelID("a"), at: .zero)
            _ = planner.measured(ModelID("a"), Footprint(host: 1_200), at: .zero)
            let answer = MemoryAnswer(
                shape: shape, estimate: MemoryEstimate(of: shape, served: MemoryRequest()),
                correction: MemoryCorrection(ratio: 1.1, count: 3))
            return MemoryStatus(
                machineBytes: 9_000, freeBytes: nil, plan: planner.plan(at: .seconds(10)),
                workers: [
                    ModelID("a"): .init(
                        answer: answer, use: MemoryUse(residentBytes: 1_200, proportionalBytes: 1_100))
                ])
        }

        func predict(_ question: MemoryQuestion) async throws -> MemoryPrediction {
            asked.withLock { $0 = question }
            let answer = MemoryAnswer(
                shape: shape, estimate: MemoryEstimate(of: shape, served: question.request),
                correction: MemoryCorrection(ratio: 2, count: 1))
            return MemoryPrediction(
                path: "/m/\(question.model)", request: question.request, answer: answer,
                budget: Footprint(host: 1 << 40), free: Footprint(host: 10 << 20))
        }

        func schedule(_ schedules: [PreloadSchedule]) async throws { self.schedules.withLock { $0 = schedules } }

        func preloading() async -> PreloadStatus {
            var plan = PreloadPlan()
            plan.schedules = schedules.withLock { $0 }
            let wish = PreloadPlan.Wish(model: ModelID("a"), keepAlive: .forever, likelihood: 0.75)
            return PreloadStatus(
                time: WeekTime(minute: 61), patterns: [ModelID("a"): UsagePattern()], wishes: [wish],
                plan: plan)
        }
    }

    private func answer(_ method: HTTPMethod, _ target: String, _ body: String = "") async throws -> (
        Planner, JSONValue
    ) {
        let planner = Planner()
        var router = Router()
        router.onError = { error, _ in
            let error = error as? ServiceError
            return .json(["error": .string(error?.code.rawValue ?? "other"), "at": .string(error?.parameter ?? "")])
        }
        for route in MemoryRoutes(planner).routes { router.add(route) }
        let response = await router.respond(to: HTTPRequest(method, target, body: Array(body.utf8)))
        return (planner, try JSONValue.parse(try await response.collectBody()))
    }

    @Test func `an estimate is told part by part, with its formula and what was learned`() async throws {
        let (planner, json) = try await answer(
            .post, "/api/v1/memory/estimate",
            """
            {"model": "x", "ctx_size": 4096, "parallel": 2, "batch_size": 256, "ubatch_size": 128, "cache_type_k": "q8_0",
             "cache_type_v": "f32", "flash_attn": "on", "load_mode": "none", "cache_ram": 0, "gpu_layers": "all",
             "devices": [{"name": "CUDA0", "free_bytes": 5}], "mmproj": "p", "model_draft": "d", "ctx_size_draft": 9, "lora": ["l"]}
            """)
        let question = try #require(planner.asked.withLock { $0 })
        #expect(question.model == "x" && question.projector == "p" && question.draft?.cells == 9)
        #expect(question.adapters == ["l"] && question.devices == [.init(name: "CUDA0", freeBytes: 5)])
        let request = question.request
        #expect(request.cells == 4096 && request.parallel == 2 && request.batchTokens == 256)
        #expect(request.microBatchTokens == 128 && request.keyType == .q8_0 && request.valueType == .f32)
        #expect(request.flashAttention == .on && request.loading == .read && request.prefixCacheBytes == 0)
        #expect(request.gpuLayers == .all)
        #expect(json["cells"] == 4096 && json["path"] == "/m/x" && json["correction"]?["ratio"]?.double == 2)
        let parts = try #require(json["parts"]?.array)
        let sum = parts.reduce(0) { $0 + ($1["bytes"]?.integer ?? 0) }
        #expect(json["predicted"]?["host_bytes"]?.integer == sum)
        #expect(json["needed"]?["host_bytes"]?.integer == 2 * sum)
        #expect(parts.allSatisfy { $0["reason"]?.string?.isEmpty == false })
        let summary = try #require(json["summary"]?.object)
        #expect(summary.reduce(0) { $0 + ($1.value.integer ?? 0) } == sum)
        #expect(json["fits"] == false && json["fits_alone"] == true)
    }

    @Test func `a command line of the engine may be asked about, and members count more`() async throws {
        let (planner, _) = try await answer(
            .post, "/api/v1/memory/estimate",
            #"{"model": "x", "arguments": ["-c", "512", "--no-repack", "-np", "3"], "ctx_size": 1024}"#)
        let request = try #require(planner.asked.withLock { $0 }).request
        #expect(request.cells == 1024 && request.parallel == 3 && !request.repacks)
    }

    @Test(
        arguments: [
            ("", "invalid_json", ""), ("[]", "invalid_value", ""), ("{}", "invalid_value", "model"),
            (#"{"model": ""}"#, "invalid_value", "model"), (#"{"model": "x", "ctx": 1}"#, "invalid_value", "ctx"),
            (#"{"model": "x", "ctx_size": 0}"#, "invalid_value", "ctx_size"),
            (#"{"model": "x", "ctx_size": 1e18}"#, "invalid_value", "ctx_size"),
            (#"{"model": "x", "cache_type_k": "q9"}"#, "invalid_value", "cache_type_k"),
            (#"{"model": "x", "cache_type_v": "q4_0", "flash_attn": "off"}"#, "invalid_value", "cache_type_v"),
            (#"{"model": "x", "ctx_size_draft": 5}"#, "invalid_value", "ctx_size_draft"),
            (#"{"model": "x", "gpu_layers": "many"}"#, "invalid_value", "gpu_layers"),
            (#"{"model": "x", "devices": [{"name": "a"}]}"#, "invalid_value", "devices[0].free_bytes"),
            (#"{"model": "x", "parallel": 257}"#, "invalid_value", "parallel"),
        ]) func `what is no question is refused with its place`(body: String, code: String, place: String) async throws
    {
        let (planner, json) = try await answer(.post, "/api/v1/memory/estimate", body)
        #expect(json["error"]?.string == code && (code == "invalid_json" || json["at"]?.string == place), "\(json)")
        #expect(planner.asked.withLock { $0 } == nil)
    }

    @Test func `the plan tells budgets, and of each model what it was to take and takes`() async throws {
        let (_, json) = try await answer(.get, "/api/v1/memory")
        #expect(json["machine"] == ["total_bytes": 9_000, "free_bytes": nil])
        #expect(json["budget"]?["host_bytes"] == 5_000 && json["free"]?["host_bytes"] == 3_800)
        #expect(json["evictable"]?["host_bytes"] == 1_200)
        let line = try #require(json["models"]?.array?.first)
        #expect(line["model"] == "a" && line["state"] == "ready" && line["leaves_as"] == 1)
        #expect(line["predicted"]?["host_bytes"] == 1_000 && line["measured"]?["host_bytes"] == 1_200)
        #expect(line["process"]?["proportional_bytes"] == 1_100 && line["correction"]?["samples"] == 3)
        #expect(line["reload_seconds"]?.double == 2 && line["keep_alive"]?.double == 300)
        #expect(line["parts"]?.array?.isEmpty == false)
    }

    @Test func `what was learned of use, and what is wished for, is told`() async throws {
        let (_, json) = try await answer(.get, "/api/v1/memory/preloading")
        #expect(json["hour_of_week"] == 1 && json["wishes"]?.array?.first?["likelihood"] == 0.75)
        #expect(json["models"]?.array?.first?["likelihood"]?.array?.count == 168)
    }

    @Test func `schedules are told as they were said, and what is none is refused`() async throws {
        let said = #"{"model": "a", "days": ["mon", "sun"], "start": "8:05", "end": "18:30"}"#
        let (planner, json) = try await answer(
            .put, "/api/v1/memory/preloading",
            "{\"schedules\": [\(said), {\"model\": \"b\", \"start\": \"22:00\", \"end\": \"02:00\"}]}")
        #expect(planner.schedules.withLock { $0.map(\.days) } == [[0, 6], [0, 1, 2, 3, 4, 5, 6]])
        #expect(
            json["schedules"]?.array?.first == [
                "model": "a", "days": ["mon", "sun"], "start": "08:05", "end": "18:30",
            ])
        for wrong in [
            "{}", #"{"schedules": [{"model": "a", "start": "24:00", "end": "1:00"}]}"#,
            #"{"schedules": [{"model": "a", "start": "8", "end": "1:00"}]}"#,
            #"{"schedules": [{"model": "a", "days": [], "start": "8:00", "end": "1:00"}]}"#,
            #"{"schedules": [{"model": "a", "days": ["someday"], "start": "8:00", "end": "1:00"}]}"#,
        ] {
            let (untouched, refusal) = try await answer(.put, "/api/v1/memory/preloading", wrong)
            #expect(refusal["error"] == "invalid_value" && untouched.schedules.withLock { $0.isEmpty }, "\(wrong)")
        }
    }

    @Test func `each route is in the API's document, once`() {
        let routes = MemoryRoutes(Planner()).routes
        #expect(Set(routes.compactMap(\.description.operation)).count == routes.count)
    }
}
