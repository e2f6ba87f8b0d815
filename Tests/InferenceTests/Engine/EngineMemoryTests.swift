import Synchronization
import Testing
import Vocabulary

@testable import Inference

/// More promised than there is: cells and sequences are short.
@Suite(.timeLimit(.minutes(1))) struct EngineMemoryTests {
    /// More than three times as much as the cells of the tests that ask for them.
    private static let twelve = (0..<12).map { "\($0)-" + String(repeating: "\($0 % 10)", count: 40) }

    @Test func `with too few cells for all, some are parked and every answer comes out right`() async throws {
        let kit = try await EngineKit(context: 140, sequences: 4, cells: 150, spare: 8)
        try await kit.askAll(Self.twelve)
        try await kit.finish()
    }

    @Test func `an answer that is alone and outgrows the cells ends with length`() async throws {
        let kit = try await EngineKit(context: 500, sequences: 2, cells: 60)
        let answer = try await kit.ask("no script")
        #expect(answer.end?.reason == .length)
        #expect(answer.text.count > 40)
        #expect(try await kit.ask("=next\n").text == "next")
        try await kit.finish()
    }

    @Test func `one that filled all cells and had to give way ends as well`() async throws {
        let kit = try await EngineKit(context: 500, sequences: 2, cells: 80)
        let common = String(repeating: "x", count: 60)
        try await kit.within(.seconds(10)) {
            // The low one holds nearly everything when the other, who shares its prompt, needs a cell.
            let stream = try await kit.start("\(common) low") { $0.scheduling.priority = .low }
            let low = Task { try await kit.read(stream) }
            let answer = try await kit.ask("\(common)=high\n") { $0.scheduling.priority = .high }
            #expect(answer.text == "high")
            #expect(try await low.value.end?.reason == .length)
        }
        try await kit.finish()
    }

    @Test func `without sequences for the cache all answers come`() async throws {
        let kit = try await EngineKit(spare: 0)
        for number in 0..<6 { #expect(try await kit.ask("The same prompt =\(number)\n").text == "\(number)") }
        try await kit.finish()
    }

    @Test func `models that keep whole states wait for cells, and every answer comes out right`() async throws {
        let kit = try await EngineKit(context: 140, sequences: 4, cells: 150, spare: 0, memory: .checkpoints)
        try await kit.askAll(Self.twelve)
        try await kit.finish()
    }

    @Test func `answers that outgrow the cells of such a model take turns and end`() async throws {
        // Short prompts all start; then there is no room for what they write.
        let kit = try await EngineKit(
            context: 700, sequences: 3, batch: 64, cells: 700, spare: 0, memory: .checkpoints)
        let answers = (0..<6).map { "\($0)-" + String(repeating: "\($0)", count: 250) }
        try await kit.askAll(answers)
        #expect(kit.record.log.withLock(\.statesRestored) > 0, "nobody had to give way")
        try await kit.finish()
    }

    @Test func `a more urgent request takes the cells of a less urgent one that cannot be cut`() async throws {
        let kit = try await EngineKit(context: 300, sequences: 2, cells: 300, spare: 0, memory: .checkpoints)
        try await kit.within(.seconds(10)) {
            let stream = try await kit.start(String(repeating: "x", count: 200)) { $0.scheduling.priority = .low }
            let low = Task { try await kit.read(stream) }
            let answer = try await kit.ask(String(repeating: "y", count: 150) + "=high\n") {
                $0.scheduling.priority = .high
            }
            #expect(answer.text == "high")
            #expect(try await low.value.end?.reason == .length)
        }
        try await kit.finish()
    }

    @Test(arguments: [RuntimeShape.Memory.cells, .checkpoints])
    func `less room than was promised ends nobody with an error`(memory: RuntimeShape.Memory) async throws {
        let kit = try await EngineKit(context: 400, sequences: 4, cells: 800, spare: 8, memory: memory)
        kit.record.cellsReally.store(230, ordering: .relaxed)
        try await kit.askAll((0..<8).map { "\($0)-" + String(repeating: "\($0)", count: 60) })
        // One that is alone ends where there is no room, and the next one has all of it again.
        #expect(try await kit.ask("no script").end?.reason == .length)
        kit.record.cellsReally.store(.max, ordering: .relaxed)
        #expect(try await kit.ask("no script").end?.usage.completionTokens == 391)
        try await kit.finish()
    }
}
