import Foundation
import GGUF
import Inference
import JSONText
import LlamaRuntime
import Telemetry
import TestModels
import Testing
import Vocabulary

@testable import EngineWorker

private let tinyChat = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Models/tiny-chat.gguf").path

private let silent = Logger(label: "test", sink: .none)

/// Images and recordings with the starter model and projectors of random numbers: no real projector is at hand. What the
/// model says of an image means nothing; that it says the same of the same, and that nothing is mixed up, is what is tested.
@Suite(.serialized, .timeLimit(.minutes(3))) struct MediaWorkerTests {
    private static func width() throws -> Int {
        let file = try GGUFFile.read(from: try FileBytes(path: tinyChat))
        return Int(try #require(file.metadata.ofArchitecture("embedding_length")?.integer))
    }

    private func withEngine(
        _ kind: RandomProjector.Kind, _ options: String = "", _ body: (Engine<LlamaTokenizer>) async throws -> Void
    ) async throws {
        try await RandomProjector.withFile(kind, modelWidth: try Self.width()) { projector in
            let engine = try await start("--mmproj \(projector) \(options)")
            try await body(engine)
            await engine.stop()
        }
    }

    private func start(_ options: String, model: String = tinyChat) async throws -> Engine<LlamaTokenizer> {
        let arguments = try commandLine("-m \(model) -a tiny-chat -t 1 -np 4 --ctx-seq 512 \(options)")
        let loaded = try LoadedModel(arguments, logger: silent)
        return try await WorkerEngine(arguments: arguments, loaded: loaded, logger: silent).start()
    }

    private func image(_ bytes: [UInt8]) -> ContentPart {
        .media(MediaPart(.image, .bytes(bytes), field: "messages[0].content[1].image_url.url"))
    }

    private struct Answer {
        var text = ""
        var logprobs: [Double] = []
        var end: GenerationEnd?
        var cached: Int { end?.usage.cachedTokens ?? -1 }
    }

    private func ask(
        _ engine: Engine<LlamaTokenizer>, _ content: [ContentPart], tools: [ToolDefinition] = [],
        _ set: (inout GenerationRequest) -> Void = { _ in }
    ) async throws -> Answer {
        var message = ChatMessage(.user, "")
        message.content = content
        var request = GenerationRequest(
            id: try #require(RequestID("req_test")), model: ModelID("tiny-chat"),
            prompt: .chat([message], tools: tools),
            newTokensMax: 12, sampling: SamplingParameters(temperature: 0))
        request.topLogprobs = 0
        set(&request)
        var answer = Answer()
        for try await event in try await engine.generate(request) {
            switch event {
            case .text(let more): answer.text += more
            case .logprobs(let more): answer.logprobs += more.map(\.chosen.logprob)
            case .finished(let end): answer.end = end
            default: break
            }
        }
        return answer
    }

    @Test(arguments: [(RandomProjector.Kind.llava, 36), (.gemma, 9)])
    func `an image is read, counted, and found again`(kind: RandomProjector.Kind, rows: Int) async throws {
        try await withEngine(kind) { engine in
            #expect(await engine.models().first?.modalities == Modalities(image: true))
            let content = [ContentPart.text("What is this? "), image(SmallMedia.image(seed: 1)), .text(" Say it.")]
            let first = try await ask(engine, content)
            let text = try await ask(engine, [.text("What is this?  Say it.")])
            #expect(first.end?.usage.promptTokens ?? 0 >= (text.end?.usage.promptTokens ?? .max) + rows - 2)
            #expect((first.end?.timings?.mediaEncode ?? .zero) > .zero)
            let again = try await ask(engine, content)
            #expect(again.text == first.text)
            #expect(again.cached == (first.end?.usage.promptTokens ?? 0) - 1)
            #expect(again.end?.timings?.mediaEncode == .zero)
            let other = try await ask(
                engine, [.text("What is this? "), image(SmallMedia.image(seed: 2)), .text(" Say it.")])
            #expect(other.cached < first.cached + 20 && other.cached > 0)
            #expect(other.logprobs != first.logprobs)
            let foreign = try await ask(engine, content) { $0.scheduling.tenant = TenantID("somebody else") }
            #expect(foreign.cached == 0 && foreign.text == first.text)
        }
    }

    @Test func `an image in a plane is found again, and what follows it has its positions`() async throws {
        try await RewrittenModel.withPlanes(of: tinyChat) { model in
            try await RandomProjector.withFile(.qwen, modelWidth: try Self.width()) { projector in
                let engine = try await start("--mmproj \(projector) --image-max-tokens 30", model: model)
                func content(_ seed: UInt64, _ after: String) -> [ContentPart] {
                    [
                        .text("Look at this: "), image(SmallMedia.image(seed: seed, width: 120, height: 60)),
                        .text(" and tell me in a few words \(after)"),
                    ]
                }
                let first = try await ask(engine, content(1, "what it is."))
                let again = try await ask(engine, content(1, "what it is."))
                #expect(again.cached == (first.end?.usage.promptTokens ?? 0) - 1)
                #expect(again.text == first.text)
                // A prompt that parts from it behind the image takes all before that from the cache, and says what it
                // says without a cache. The numbers differ in the last bits, as batches do.
                let branched = try await ask(engine, content(1, "where it was."))
                #expect(branched.cached > 30)
                let fresh = try await ask(engine, content(1, "where it was.")) { $0.cache.isUsed = false }
                #expect(branched.text == fresh.text)
                for (left, right) in zip(branched.logprobs, fresh.logprobs) { #expect(abs(left - right) < 0.05) }
                #expect(try await ask(engine, content(2, "what it is.")).logprobs != first.logprobs)
                await engine.stop()
            }
        }
    }

    @Test func `answers about images at once are those of each alone`() async throws {
        try await withEngine(.llava) { engine in
            let contents = (1...4).map { seed in
                [ContentPart.text("Picture: "), image(SmallMedia.image(seed: seed)), .text(" What is 3 + 4?")]
            }
            var alone: [String] = []
            for content in contents { alone.append(try await ask(engine, content) { $0.isReproducible = true }.text) }
            let together = try await withThrowingTaskGroup(of: (Int, String).self) { group in
                for (index, content) in contents.enumerated() {
                    group.addTask { (index, try await ask(engine, content) { $0.cache.isUsed = false }.text) }
                }
                return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
            }
            // Random vectors put the model at a loss, so that rounding may turn an answer after some words.
            for (index, text) in alone.enumerated() { #expect(together[index]?.first == text.first) }
        }
    }

    @Test func `an image and tools go together, and reproducible requests repeat`() async throws {
        let tool = ToolDefinition(
            name: "look",
            definition: [
                "type": "function",
                "function": ["name": "look", "parameters": ["type": "object", "properties": [:]]],
            ])
        try await withEngine(.llava) { engine in
            let content = [ContentPart.text("Use it. "), image(SmallMedia.image(seed: 1))]
            let answers = try await [0, 1].asyncMap { _ in
                try await ask(engine, content, tools: [tool]) {
                    $0.toolChoice = .required
                    $0.isReproducible = true
                    $0.newTokensMax = 60
                }
            }
            #expect(answers[0].logprobs == answers[1].logprobs && !answers[0].logprobs.isEmpty)
            #expect(answers[0].end?.receipt != nil)
        }
    }

    @Test func `a recording is read`() async throws {
        try await withEngine(.ultravox) { engine in
            #expect(await engine.models().first?.modalities == Modalities(audio: true))
            func content(_ seed: UInt64) -> [ContentPart] {
                [
                    .text("Listen: "), .media(MediaPart(.audio, .bytes(SmallMedia.recording(seed: seed)))),
                    .text(" What was said?"),
                ]
            }
            let first = try await ask(engine, content(1))
            #expect(first.end?.usage.promptTokens ?? 0 > 375)
            #expect(try await ask(engine, content(1)).cached == (first.end?.usage.promptTokens ?? 0) - 1)
            #expect(try await ask(engine, content(2)).logprobs != first.logprobs)
            await #expect { try await ask(engine, [image(SmallMedia.image(seed: 1))]) } throws: {
                ($0 as? ServiceError)?.code == .unsupported
            }
        }
    }

    @Test func `what is no image is refused with its place`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "media-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(SmallMedia.image(seed: 1)).write(to: folder.appending(path: "a b.bmp"))
        try Data("secret".utf8).write(
            to: folder.deletingLastPathComponent().appending(path: "\(folder.lastPathComponent).txt"))
        defer { unlink(folder.path + ".txt") }
        try await withEngine(.llava, "--media-path \(folder.path)") { engine in
            let hundred: [UInt8] =
                [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13] + Array("IHDR".utf8)
                + [0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10, 8, 2, 0, 0, 0]
            let sources: [(MediaPart.Source, ServiceError.Code, String)] = [
                (.bytes(hundred), .invalidValue, "10000 × 10000"),
                (.bytes(Array(SmallMedia.image(seed: 1).prefix(500))), .invalidValue, "ends before"),
                (.bytes(Array("GIF".utf8)), .invalidValue, "first bytes"),
                (.bytes(SmallMedia.recording(seed: 1)), .invalidValue, "WAV"),
                (.url("http://127.0.0.1:1/a.png"), .unsupported, "fetches nothing"),
                (.url("file:///../\(folder.lastPathComponent).txt"), .invalidValue, "no such file"),
                (.url("file:///etc/passwd"), .invalidValue, "no such file"),
                (.url("file:///missing.bmp"), .invalidValue, "no such file"),
            ]
            for (source, code, part) in sources {
                let media = ContentPart.media(MediaPart(.image, source, field: "messages[0].content[0].image_url.url"))
                let error = await #expect(throws: ServiceError.self) { try await ask(engine, [media]) }
                #expect(error?.code == code && error?.message.contains(part) == true, "\(String(describing: error))")
                #expect(error?.parameter == "messages[0].content[0].image_url.url")
            }
            let named = try await ask(engine, [.media(MediaPart(.image, .url("file:///a%20b.bmp")))])
            #expect(named.end?.usage.promptTokens ?? 0 > 36)
            // Nothing of what was refused is left.
            #expect(engine.heartbeat.reading.live == 0)
        }
    }

    @Test func `files are not read where no folder is named`() async throws {
        try await withEngine(.llava) { engine in
            await #expect { try await ask(engine, [.media(MediaPart(.image, .url("file:///etc/passwd")))]) } throws: {
                ($0 as? ServiceError)?.hint?.contains("--media-path") == true
            }
        }
    }

    @Test func `a projector that does not fit is told at the start`() async throws {
        let folder = FileManager.default.temporaryDirectory
        _ = try await RandomProjector.withFile(.llava, modelWidth: try Self.width() + 8) { wrong in
            await #expect { try await start("--mmproj \(wrong)") } throws: {
                ($0 as? ServiceError)?.message.contains("with this model") == true
            }
        }
        let good = try RandomProjector.file(.llava, modelWidth: try Self.width())
        for (name, bytes) in [
            ("cut", Array(good.prefix(good.count / 2))), ("damaged", [0, 1, 2] + good.dropFirst(3)), ("empty", []),
        ] {
            let path = folder.appending(path: "projector-\(name)-\(UUID().uuidString).gguf").path
            try Data(bytes).write(to: URL(filePath: path))
            defer { unlink(path) }
            await #expect { try await start("--mmproj \(path)") } throws: {
                ($0 as? ServiceError)?.message.contains("cannot be used") == true
            }
        }
        await #expect { try await start("--mmproj \(tinyChat)") } throws: {
            ($0 as? ServiceError)?.message.contains("is no projector") == true
        }
        // Whoever does not want it does not hear of it.
        let engine = try await start("--mmproj /nowhere.gguf --no-mmproj")
        #expect(await engine.models().first?.modalities == Modalities())
        await engine.stop()
    }

    @Test func `files below a folder are found, and none beside it`() {
        let root = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path
        #expect(MediaOpener.path("file:///a/b.png", below: root) == root + "/a/b.png")
        #expect(MediaOpener.path("file://a.png", below: root) == root + "/a.png")
        #expect(MediaOpener.path("file:///a/../b.png", below: root) == root + "/b.png")
        for url in ["file:///../x", "file:///%2e%2e/x", "file:///a/../../x", "file:///", "file:///a%00b"] {
            #expect(MediaOpener.path(url, below: root) == nil, "\(url)")
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
