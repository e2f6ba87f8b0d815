import Synchronization
import Testing
import Vocabulary

@testable import Inference

/// Sequences that keep a part of their positions. The scripted model looks at capital letters only.
@Suite(.timeLimit(.minutes(1))) struct EngineCompressionTests {
    private func kit(cells: Int? = nil, sequences: Int = 4) async throws -> EngineKit {
        try await EngineKit(context: 600, sequences: sequences, batch: 64, cells: cells) {
            $0.compression = CompressionPolicy(budget: 64)
        }
    }

    private let long = String(repeating: "abcdefghij", count: 25)

    @Test func `a long prompt keeps to its budget, and its answer comes out right`() async throws {
        let kit = try await kit()
        let answer = try await kit.ask("\(long)=fine\n")
        #expect(answer.text == "fine")
        #expect(kit.record.log.withLock(\.observedSteps) == 1)
        #expect(try await kit.engine.cache().tokensDropped == 256 - 64)
        #expect(try await kit.ask("=short\n").text == "short")
        #expect(kit.record.log.withLock(\.observedSteps) == 1, "what is short is computed as ever")
        try await kit.finish()
    }

    @Test func `a request may keep all, or another number, and nothing that makes no sense`() async throws {
        let kit = try await kit()
        #expect(try await kit.ask("\(long)=all\n") { $0.compression = .off }.text == "all")
        #expect(try await kit.engine.cache().tokensDropped == 0)
        #expect(kit.record.log.withLock(\.observedSteps) == 0)
        #expect(try await kit.ask("\(long)=some\n") { $0.compression = .budget(100) }.text == "some")
        #expect(try await kit.engine.cache().tokensDropped == 256 - 100)
        #expect(try await kit.ask("\(long)=fine\n") { $0.compression = .on }.text == "fine")
        #expect(try await kit.engine.cache().tokensDropped == 256 - 100 + 256 - 64)
        for count in [63, 601] {
            let error = await #expect(throws: ServiceError.self) {
                try await kit.ask("x") { $0.compression = .budget(count) }
            }
            #expect(error?.code == .invalidValue && error?.parameter == "nexus.kv_compress")
        }
        try await kit.finish()
    }

    @Test(arguments: [CompressionWish.on, .budget(64), .off])
    func `a server that compresses nothing says so`(wish: CompressionWish) async throws {
        let kit = try await EngineKit()
        do {
            #expect(try await kit.ask("=fine\n") { $0.compression = wish }.text == "fine")
            #expect(wish == .off)
        } catch let error as ServiceError {
            #expect(wish != .off && error.code == .unsupported && error.parameter == "nexus.kv_compress")
        }
        try await kit.finish()
    }

    @Test func `the cache keeps the whole prompt, and nothing that was compressed`() async throws {
        let kit = try await kit()
        for turn in 0..<3 {
            let answer = try await kit.ask("\(long)=fine\n")
            #expect(answer.text == "fine")
            // All but the rows that are observed, which are computed each time.
            #expect(answer.cached == (turn == 0 ? 0 : 256 - 32))
        }
        let nodes = try await kit.engine.cache().nodes
        #expect(nodes.reduce(0) { $0 + $1.tokens } == 256)
        // Who goes on from the answer computes it anew.
        #expect(try await kit.ask("\(long)=fine\nfine and =more\n").cached <= 256)
        try await kit.finish()
    }

    @Test func `an answer that grows is compressed again and again`() async throws {
        let kit = try await kit()
        let task = Task { try await kit.ask("no script", max: 500) }
        let answer = try await task.value
        #expect(answer.end?.usage.completionTokens == 500)
        // At most the budget and its slack are held at any time.
        let dropped = try await kit.engine.cache().tokensDropped
        #expect(dropped >= 509 - 1 - 64 - 32 - 32, "\(dropped)")
        try await kit.finish()
    }

    @Test func `many find room where few would without`() async throws {
        // Four whole ones would need 1,200 cells.
        let kit = try await kit(cells: 620)
        try await kit.within(.seconds(30)) {
            try await withThrowingTaskGroup { group in
                for number in 0..<8 {
                    group.addTask {
                        let prompt = String(repeating: "\(number)", count: 200)
                        let answer = try await kit.ask("\(prompt) no script", max: 150)
                        #expect(answer.end?.usage.completionTokens == 150)
                    }
                }
                try await group.waitForAll()
            }
        }
        try await kit.finish()
    }

    @Test func `a slot tells how much was dropped, and cannot be saved`() async throws {
        let kit = try await kit()
        let busy = try await kit.endless(long) { $0.scheduling.slot = 1 }
        #expect(try await kit.engine.slots()[1].droppedTokens >= 250 - 64)
        busy.cancel()
        await #expect(throws: ServiceError.self) { try await kit.engine.held(bySlot: 1) }
        try await kit.finish()
    }
}
