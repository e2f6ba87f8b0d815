import Testing
import Vocabulary

@testable import Inference

/// Answers that outgrow their context and are to go on. The scripted model tells when a cell is moved that others hold.
@Suite(.timeLimit(.minutes(1))) struct EngineShiftTests {
    private func kit(
        cells: Int? = nil, sequences: Int = 4, memory: RuntimeShape.Memory = .cells, usesCache: Bool = true
    ) async throws -> EngineKit {
        try await EngineKit(context: 100, sequences: sequences, cells: cells, memory: memory) {
            $0.contextShift = ContextShift()
            $0.usesCache = usesCache
        }
    }

    @Test(arguments: [true, false])
    func `an answer goes on as long as it is asked to`(usesCache: Bool) async throws {
        let kit = try await kit(usesCache: usesCache)
        for _ in 0..<2 {
            let answer = try await kit.ask("no script", max: 1_000)
            #expect(answer.end?.usage.completionTokens == 1_000)
            #expect(answer.end?.reason == .length)
            #expect(answer.end?.isTruncated == true)
            #expect(answer.text.utf8.count == 1_000)
        }
        let short = try await kit.ask("no script", max: 50)
        #expect(short.end?.isTruncated == false)
        try await kit.finish()
    }

    @Test func `what was moved is never found by others`() async throws {
        let kit = try await kit()
        let prompt = String(repeating: "p", count: 40)
        _ = try await kit.ask(prompt, max: 300) { $0.shift.kept = .tokens(10) }
        let listing = try await kit.engine.cache()
        #expect(listing.nodes.reduce(0) { $0 + $1.tokens } <= 100)
        #expect(listing.nodes.allSatisfy { prompt.hasPrefix($0.text) || $0.start >= 40 }, "\(listing.nodes)")
        let again = try await kit.ask(prompt, max: 3)
        #expect(again.cached == 39)
        try await kit.finish()
    }

    @Test func `several that share their beginning are shifted each for itself`() async throws {
        let kit = try await kit(cells: 420)
        try await kit.within(.seconds(20)) {
            try await withThrowingTaskGroup { group in
                for number in 0..<6 {
                    group.addTask {
                        let prompt = String(repeating: "s", count: 50) + "\(number)"
                        let answer = try await kit.ask(prompt, max: 260)
                        #expect(answer.end?.usage.completionTokens == 260)
                    }
                }
                try await group.waitForAll()
            }
        }
        try await kit.finish()
    }

    @Test func `with few cells some are parked between shifts and go on`() async throws {
        let kit = try await kit(cells: 130, sequences: 3)
        try await kit.within(.seconds(20)) {
            try await withThrowingTaskGroup { group in
                for number in 0..<5 {
                    group.addTask {
                        let answer = try await kit.ask("\(number) no script", max: 220)
                        #expect(answer.end?.usage.completionTokens == 220)
                    }
                }
                try await group.waitForAll()
            }
        }
        try await kit.finish()
    }

    @Test func `a memory that cannot be moved ends the answer`() async throws {
        let kit = try await kit(memory: .checkpoints)
        let answer = try await kit.ask("no script", max: 1_000)
        #expect(answer.end?.reason == .length)
        #expect(answer.end?.isTruncated == true)
        #expect((answer.end?.usage.completionTokens ?? 0) <= 92)
        try await kit.finish()
    }

    @Test func `a reproducible answer ends where its context ends`() async throws {
        let kit = try await kit()
        let answer = try await kit.ask("no script", max: 1_000) { $0.isReproducible = true }
        #expect(answer.end?.usage.completionTokens == 91)
        try await kit.finish()
    }

    @Test func `without being asked for nothing is shifted, and long prompts are refused in any case`() async throws {
        let plain = try await EngineKit(context: 100)
        let answer = try await plain.ask("no script") { $0.shift.kept = .prompt }
        #expect(answer.end?.usage.completionTokens == 91)
        #expect(answer.end?.isTruncated == true)
        #expect(try await plain.ask("no script", max: 91).end?.isTruncated == false)
        try await plain.finish()
        let kit = try await kit()
        await #expect(throws: ServiceError.self) { try await kit.ask(String(repeating: "x", count: 100)) }
        try await kit.finish()
    }
}
