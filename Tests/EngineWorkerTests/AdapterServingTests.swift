import Foundation
import GGUF
import Inference
import Telemetry
import TestModels
import TestRandomness
import Testing
import Vocabulary

@testable import EngineWorker

private let tinyChat = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Models/tiny-chat.gguf").path

private let silent = Logger(label: "test", sink: .none)

/// LoRA adapters in a running engine, with the real llama.cpp.
///
/// Exact numbers in the key-value cache and plain attention: a change of an adapter must be the only thing that changes
/// answers.
@Suite(.serialized, .timeLimit(.minutes(4))) struct AdapterServingTests {
    private typealias TinyEngine = Engine<LlamaTokenizer>
    private let folder = NSTemporaryDirectory() + "nexus-serving-\(UUID().uuidString)"
    private let tensors = [
        "blk.0.attn_q.weight", "blk.1.ffn_down.weight", "blk.3.attn_v.weight", "blk.4.ffn_up.weight",
    ]

    private func withEngine<Result>(
        _ options: String, _ body: (TinyEngine) async throws -> Result
    ) async throws -> Result {
        let arguments = try commandLine("-m \(tinyChat) -a tiny -t 1 -c 2048 -ctk f32 -ctv f32 -fa off \(options)")
        let loaded = try LoadedModel(arguments, logger: silent)
        let worker = WorkerEngine(arguments: arguments, loaded: loaded, logger: silent)
        let shelf = await worker.openShelf()
        let engine = try await worker.start(shelf: shelf)
        let result: Result
        do {
            result = try await body(engine)
        } catch {
            await engine.stop()
            throw error
        }
        await engine.stop()
        await shelf?.finish(within: .seconds(30))
        return result
    }

    /// `a.gguf`, `b.gguf` and so on in `folder`, removed afterwards.
    private func withAdapters<Result>(_ count: Int = 2, _ body: () async throws -> Result) async throws -> Result {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let model = try GGUFFile.read(from: try FileBytes(path: tinyChat))
        for index in 0..<count {
            let name = String(UnicodeScalar(UInt8(ascii: "a") + UInt8(index)))
            let bytes = try TinyAdapter(tensors, seed: UInt64(index) + 1).file(for: model)
            try Data(bytes).write(to: URL(filePath: "\(folder)/\(name).gguf"))
        }
        return try await body()
    }

    private struct Answer: Sendable, Equatable {
        var tokens: [Int32] = []
        var cached = 0
    }

    private func ask(
        _ engine: TinyEngine, _ text: String, _ adapters: [AdapterScale]? = nil, usesCache: Bool = false,
        isReproducible: Bool = false, count: Int = 24
    ) async throws -> Answer {
        var request = GenerationRequest(
            id: try #require(RequestID("req_test")), model: ModelID("tiny"), prompt: .text(text), newTokensMax: count,
            sampling: SamplingParameters(temperature: 0))
        request.topLogprobs = 0
        request.ignoresEnd = true
        request.adapters = adapters
        request.cache.isUsed = usesCache
        request.isReproducible = isReproducible
        var answer = Answer()
        for try await event in try await engine.generate(request) {
            switch event {
            case .logprobs(let more): answer.tokens += more.map(\.chosen.token)
            case .finished(let end): answer.cached = end.usage.cachedTokens
            default: break
            }
        }
        return answer
    }

    private func one(_ id: Int, _ scale: Float = 1) -> [AdapterScale] { [AdapterScale(id: id, scale: scale)] }

    private let question = "What is the capital of France? What is 3 + 4? Tell me about the green tree and the sun."

    @Test func `each request has its own adapters, alone and beside others`() async throws {
        try await withAdapters {
            try await withEngine("-np 6 --lora \(folder)/a.gguf,\(folder)/b.gguf --lora-init-without-apply") { engine in
                let sets: [[AdapterScale]?] = [nil, one(0), one(1), one(0, 0.5), one(0) + one(1), one(0, 0)]
                var alone: [Answer] = []
                for set in sets { alone.append(try await ask(engine, question, set)) }
                #expect(alone[5] == alone[0], "scale 0 is the model by itself")
                #expect(Set(alone.map(\.tokens)).count == 5, "each set is to be felt")
                for _ in 0..<3 {
                    let together = try await withThrowingTaskGroup(of: (Int, Answer).self) { group in
                        for (index, set) in sets.enumerated() {
                            group.addTask { (index, try await ask(engine, question, set)) }
                        }
                        return try await group.reduce(into: [Int: Answer]()) { $0[$1.0] = $1.1 }
                    }
                    for index in sets.indices { #expect(together[index] == alone[index], "set \(index)") }
                }
                #expect(try await engine.adapters().map(\.scale) == [0, 0], "requests change nothing for others")
            }
            let base = try await withEngine("-np 1") { try await ask($0, question) }
            let applied = try await withEngine("-np 1 --lora \(folder)/a.gguf") { engine in
                (try await ask(engine, question), try await ask(engine, question, one(0, 0)))
            }
            #expect(applied.0 != base && applied.1 == base)
        }
    }

    @Test func `what is written beside other adapters goes on with its own cache`() async throws {
        try await withAdapters {
            try await withEngine("-np 4 --lora \(folder)/a.gguf,\(folder)/b.gguf --lora-init-without-apply") { engine in
                for set in [nil, one(0), one(1), one(1, 0.5)] {
                    let fresh = try await ask(engine, question, set)
                    let first = try await ask(engine, question, set, usesCache: true)
                    #expect(first.cached == 0, "nobody else's")
                    let second = try await ask(engine, question, set, usesCache: true)
                    #expect(second.cached > 10)
                    #expect(fresh.tokens == first.tokens && first.tokens == second.tokens)
                }
            }
        }
    }

    @Test func `files of the cache are for the same adapters, whatever their numbers`() async throws {
        try await withAdapters {
            let cache = "--cache-dir \(folder)/cache"
            let first = try await withEngine("\(cache) --lora \(folder)/a.gguf --lora-init-without-apply") { engine in
                [
                    try await ask(engine, question, usesCache: true),
                    try await ask(engine, question, one(0), usesCache: true),
                ]
            }
            #expect(first.map(\.cached) == [0, 0])
            // Another adapter is number 0 now.
            let second = try await withEngine(
                "\(cache) --lora \(folder)/b.gguf,\(folder)/a.gguf --lora-init-without-apply"
            ) { engine in
                [
                    try await ask(engine, question, usesCache: true),
                    try await ask(engine, question, one(1), usesCache: true),
                    try await ask(engine, question, one(0), usesCache: true),
                    try await ask(engine, question, one(1, 0.5), usesCache: true),
                ]
            }
            #expect(second[0].cached > 10 && second[1].cached > 10)
            #expect(second[2].cached == 0 && second[3].cached == 0)
            #expect(second[0].tokens == first[0].tokens && second[1].tokens == first[1].tokens)
            // What was left for adapters that are not loaded waits for them.
            _ = try await withEngine(cache) { try await ask($0, question, usesCache: true) }
            let third = try await withEngine("\(cache) --lora-dir \(folder)") { engine in
                let id = try await engine.loadAdapter("a.gguf", scale: 1).id
                return try await ask(engine, question, one(id), usesCache: true)
            }
            #expect(third.cached > 10 && third.tokens == first[1].tokens)
        }
    }

    @Test func `adapters come and go while answers are written`() async throws {
        try await withAdapters {
            try await withEngine("-np 4 --lora-dir \(folder) --lora-max 2") { engine in
                let base = try await ask(engine, question)
                async let beside = ask(engine, question, count: 400)
                let loaded = try await engine.loadAdapter("a.gguf", scale: 0)
                #expect(loaded.id == 0 && loaded.path == "\(folder)/a.gguf" && loaded.scale == 0)
                let first = try await ask(engine, question, one(0))
                #expect(first != base)
                #expect(try await engine.removeAdapter(0).path == "\(folder)/a.gguf")
                let gone = await #expect(throws: ServiceError.self) { try await ask(engine, question, one(0)) }
                #expect(gone?.code == .invalidValue)
                #expect(try await engine.loadAdapter("a.gguf", scale: 1).id == 1)
                #expect(try await ask(engine, question) == first, "its scale is everybody's now")
                #expect(try await ask(engine, question, one(1), isReproducible: true).tokens.count == 24)
                #expect(try await beside.tokens.starts(with: base.tokens))
                for name in ["b.gguf", "b.gguf"] where try await engine.adapters().count < 2 {
                    _ = try await engine.loadAdapter(name, scale: 0)
                }
                let full = await #expect(throws: ServiceError.self) { try await engine.loadAdapter("b.gguf", scale: 0) }
                #expect(full?.code == .conflict)
                try await engine.setAdapters([])
                #expect(try await ask(engine, question) == base)
            }
        }
    }

    @Test func `damaged and foreign adapters are reported, and the engine goes on`() async throws {
        try await withAdapters(1) {
            let good = Array(try Data(contentsOf: URL(filePath: "\(folder)/a.gguf")))
            let model = try GGUFFile.read(from: try FileBytes(path: tinyChat))
            var foreign = TinyAdapter(tensors, seed: 1)
            foreign.description["general.architecture"] = .string("gemma3")
            var random = SeededRandom(seed: 5)
            let noise = (0..<4_096).map { _ in UInt8.random(in: 0...255, using: &random) }
            let bad: [String: [UInt8]] = [
                "cut": Array(good.prefix(good.count / 2)), "short": Array(good.dropLast()), "noise": noise,
                "half-noise": Array(good.prefix(400)) + noise, "foreign": try foreign.file(for: model), "empty": [],
            ]
            for (name, bytes) in bad { try Data(bytes).write(to: URL(filePath: "\(folder)/\(name).gguf")) }
            try await withEngine("-np 2 --lora-dir \(folder)") { engine in
                let base = try await ask(engine, question)
                for name in bad.keys.sorted() {
                    let error = await #expect(throws: ServiceError.self, "\(name)") {
                        try await engine.loadAdapter("\(name).gguf", scale: 1)
                    }
                    #expect(error?.code == .invalidValue && error?.message.contains("\(name).gguf") == true)
                }
                #expect(try await engine.adapters() == [])
                #expect(try await ask(engine, question) == base)
            }
        }
    }

    /// Tensors whose data overlap, which no writer of ours makes.
    @Test func `overlapping tensors are refused`() async throws {
        try await withAdapters(1) {
            var bytes = Array(try Data(contentsOf: URL(filePath: "\(folder)/a.gguf")))
            // The offset is the last member of a tensor's description: name, number of sizes, two sizes, type, offset.
            let name = Array("blk.1.ffn_down.weight.lora_a".utf8)
            let place = try #require(bytes.indices.first { bytes[$0...].starts(with: name) })
            let offset = place + name.count + 4 + 16 + 4
            for index in 0..<8 { bytes[offset + index] = 0 }
            try Data(bytes).write(to: URL(filePath: "\(folder)/overlap.gguf"))
            try await withEngine("-np 1 --lora-dir \(folder)") { engine in
                let error = await #expect(throws: ServiceError.self) {
                    try await engine.loadAdapter("overlap.gguf", scale: 1)
                }
                #expect(error?.code == .invalidValue)
            }
        }
    }

    @Test func `a control vector steers every request, and its files are its own`() async throws {
        try await withAdapters(0) {
            var writer = try GGUFWriter()
            try writer.set("general.architecture", .string("controlvector"))
            var random = SeededRandom(seed: 9)
            let numbers = (0..<160).map { _ in Float.random(in: -1...1, using: &random) }
            try writer.add(tensor: "direction.3", .f32, [160], bytes: numbers.bytes)
            try Data(try writer.bytes()).write(to: URL(filePath: "\(folder)/v.gguf"))
            let cache = "-np 1 --cache-dir \(folder)/cache"
            func asked(_ options: String) async throws -> Answer {
                try await withEngine("\(cache) \(options)") { try await ask($0, question, usesCache: true) }
            }
            let base = try await asked("")
            let steered = try await asked("--control-vector \(folder)/v.gguf")
            #expect(steered.cached == 0 && steered.tokens != base.tokens)
            #expect(try await asked("--control-vector-scaled \(folder)/v.gguf:-1").tokens != steered.tokens)
            #expect(
                try await asked("--control-vector \(folder)/v.gguf --control-vector-layer-range 1 2").tokens
                    == base.tokens)
            #expect(try await asked("").cached > 10)
            let again = try await asked("--control-vector \(folder)/v.gguf")
            #expect(again.cached > 10 && again.tokens == steered.tokens)
            // A reproducible request is computed in a memory of its own, with the vector.
            let alone = try await withEngine("\(cache) --control-vector \(folder)/v.gguf") { engine in
                try await ask(engine, question, isReproducible: true)
            }
            #expect(alone.tokens == steered.tokens)
        }
    }

    @Test func `a control vector that does not fit ends the start`() async throws {
        try await withAdapters(1) {
            let error = await #expect(throws: ServiceError.self) {
                try await withEngine("-np 1 --control-vector \(folder)/a.gguf") { _ in }
            }
            #expect(error?.code == .invalidValue && error?.message.contains("a.gguf") == true)
        }
    }
}
