import Synchronization
import Testing
import Vocabulary

@testable import Inference

/// Images in prompts, with the machinery around a model and without one.
@Suite(.timeLimit(.minutes(1))) struct EngineMediaTests {
    private let picture = [UInt8](10..<34)
    private let other = [UInt8](40..<64)

    private func kit(
        _ media: ScriptedMedia, sequences: Int = 4, batch: Int = 16, memory: RuntimeShape.Memory = .cells,
        set: (inout EngineOptions) -> Void = { _ in }
    ) async throws -> EngineKit {
        try await EngineKit(sequences: sequences, batch: batch, memory: memory) { options in
            options.media = media
            set(&options)
        }
    }

    private func ask(
        _ kit: EngineKit, _ bytes: [UInt8], _ after: String, _ set: (inout GenerationRequest) -> Void = { _ in }
    ) async throws -> EngineKit.Answer {
        try await kit.ask("") { request in
            request.prompt = .picture(bytes, after)
            set(&request)
        }
    }

    @Test(arguments: [RuntimeShape.Memory.cells, .checkpoints])
    func `an image is read between the texts, and counted`(memory: RuntimeShape.Memory) async throws {
        let media = ScriptedMedia()
        let kit = try await kit(media, memory: memory)
        let answer = try await ask(kit, picture, " =a cat\n")
        #expect(answer.text == "a cat")
        #expect(answer.end?.usage.promptTokens == 4 + 24 + 8)
        #expect(answer.cached == 0)
        #expect(media.encodedCount == 1)
        #expect((answer.end?.timings?.mediaEncode ?? .zero) > .zero)
        try await kit.finish()
    }

    @Test(arguments: [RuntimeShape.Memory.cells, .checkpoints])
    func `the same image is not read again, another one is`(memory: RuntimeShape.Memory) async throws {
        let media = ScriptedMedia()
        let kit = try await kit(media, memory: memory)
        _ = try await ask(kit, picture, " =a cat\n")
        let again = try await ask(kit, picture, " =a cat\n")
        #expect(again.cached == 4 + 24 + 7 && media.encodedCount == 1)
        let question = try await ask(kit, picture, " =a dog, longer than it was before\n")
        #expect(question.text == "a dog, longer than it was before")
        if memory == .cells { #expect(question.cached >= 4 + 24 && media.encodedCount == 1) }
        let different = try await ask(kit, other, " =a cat\n")
        #expect(different.cached <= 4 && different.text == "a cat")
        // Somebody else's.
        let foreign = try await ask(kit, picture, " =a cat\n") { $0.scheduling.tenant = TenantID("bob") }
        #expect(foreign.cached == 0)
        try await kit.finish()
    }

    @Test func `an image that cannot be cut is read in one step`() async throws {
        let media = ScriptedMedia(isCausal: false)
        let kit = try await kit(media, batch: 32)
        let running = try await kit.endless()
        #expect(try await ask(kit, picture, " =a cat\n").text == "a cat")
        running.cancel()
        _ = await running.result
        // The engine's own bound.
        let refused = try await self.kit(media, batch: 16)
        await #expect { try await ask(refused, picture, " =x\n") } throws: {
            ($0 as? ServiceError)?.code == .unsupported && ($0 as? ServiceError)?.parameter == "prompt[1]"
        }
        try await kit.finish()
        try await refused.finish()
    }

    @Test func `running answers go on while an image becomes vectors`() async throws {
        let media = ScriptedMedia()
        media.gate.close()
        let kit = try await kit(media)
        let stream = try await kit.start("") { $0.prompt = .picture(picture, " =a cat\n") }
        for word in ["one", "two", "three"] { #expect(try await kit.ask("=\(word)\n").text == word) }
        media.gate.open()
        #expect(try await kit.read(stream).text == "a cat")
        try await kit.finish()
    }

    @Test func `who goes while an image becomes vectors leaves nothing, and nothing is computed for who went before`()
        async throws
    {
        let media = ScriptedMedia()
        media.gate.close()
        let kit = try await kit(media)
        let pictures = [picture, other]
        let tasks = try await pictures.asyncMap { bytes in
            let stream = try await kit.start("") { $0.prompt = .picture(bytes, " =a cat\n") }
            return Task { for try await _ in stream {} }
        }
        try await kit.wait { try await kit.engine.slots().count { $0.state == .prefilling } == 2 }
        for task in tasks { task.cancel() }
        try await kit.wait { kit.engine.heartbeat.reading.live == 0 }
        media.gate.open()
        #expect(try await ask(kit, [UInt8](70..<90), " =next\n").text == "next")
        // The first one may have begun; the second one's turn came when nobody wanted it.
        #expect(media.log.withLock(\.encoded).contains(other) == false)
        try await kit.finish()
    }

    @Test func `two with images at once both get theirs`() async throws {
        let media = ScriptedMedia()
        let kit = try await kit(media)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let bytes = [UInt8](repeating: UInt8(number), count: 20 + number)
                    let answer = try await ask(kit, bytes, " =answer \(number)\n") {
                        $0.scheduling.tenant = TenantID("tenant \(number)")
                    }
                    #expect(answer.text == "answer \(number)")
                }
            }
            try await group.waitForAll()
        }
        #expect(media.encodedCount == 8)
        try await kit.finish()
    }

    @Test func `several images in one prompt keep their order`() async throws {
        let media = ScriptedMedia()
        let kit = try await kit(media)
        let parts: [ContentPart] = [picture, other, picture].map { .media(MediaPart(.image, .bytes($0))) }
        let answer = try await kit.ask("") { $0.prompt = .parts(parts + [.text("=three\n")]) }
        #expect(answer.text == "three" && answer.end?.usage.promptTokens == 3 * 24 + 7)
        #expect(media.log.withLock(\.encoded) == [picture, other, picture])
        try await kit.finish()
    }

    @Test func `a parked answer with an image goes on where it was`() async throws {
        let media = ScriptedMedia()
        let kit = try await kit(media, sequences: 1, batch: 64)
        media.gate.close()
        // Whoever has just begun is left alone: enough text goes before the image.
        let before = String(repeating: "a long story before it ", count: 5)
        let low = try await kit.start("") {
            $0.prompt = .picture(picture, " =a cat\n", before: before)
            $0.scheduling.priority = .low
        }
        try await kit.wait { try await kit.engine.slots().contains { $0.computedTokens == before.utf8.count } }
        let high = try await kit.start("=urgent\n") { $0.scheduling.priority = .critical }
        #expect(try await kit.read(high).text == "urgent")
        media.gate.open()
        #expect(try await kit.read(low).text == "a cat")
        #expect(kit.record.log.withLock(\.statesRestored) > 0)
        try await kit.finish()
    }

    @Test func `a reproducible request reads images, too`() async throws {
        let media = ScriptedMedia()
        let kit = try await kit(media)
        let answer = try await ask(kit, picture, " =a cat\n") { $0.isReproducible = true }
        #expect(answer.text == "a cat" && answer.cached == 0)
        try await kit.finish()
    }

    @Test func `a late one ends, and one that cannot be encoded`() async throws {
        let media = ScriptedMedia()
        media.gate.close()
        let kit = try await kit(media)
        await #expect { try await ask(kit, picture, " =x\n") { $0.scheduling.deadline = .milliseconds(20) } } throws: {
            ($0 as? ServiceError)?.code == .timeout
        }
        media.gate.open()
        media.log.withLock { $0.fails = true }
        await #expect { try await ask(kit, other, " =x\n") } throws: { ($0 as? ServiceError)?.code == .engineFailed }
        media.log.withLock { $0.fails = false }
        #expect(try await ask(kit, other, " =fine\n").text == "fine")
        try await kit.finish()
    }

    @Test func `who cannot read images says so, with the place`() async throws {
        let blind = try await EngineKit()
        let deaf = try await kit(ScriptedMedia(modalities: Modalities(audio: true)))
        for kit in [blind, deaf] {
            await #expect { try await ask(kit, picture, " =x\n") } throws: {
                ($0 as? ServiceError)?.code == .unsupported && ($0 as? ServiceError)?.parameter == "prompt[1]"
            }
            try await kit.finish()
        }
    }

    @Test func `what has too few rows to be told apart is not kept`() async throws {
        let kit = try await kit(ScriptedMedia())
        for _ in 0..<2 { #expect(try await ask(kit, [1, 2, 3], " =a cat\n").cached == 0) }
        try await kit.finish()
    }
}

extension Sequence {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
