import Testing
import Vocabulary

@testable import Inference

/// More promised than there is: cells and sequences are short.
@Suite(.timeLimit(.minutes(1))) struct EngineMemoryTests {
    @Test func `with too few cells for all, some are parked and every answer comes out right`() async throws {
        let kit = try await EngineKit(context: 140, sequences: 4, cells: 150, spare: 8)
        let answers = (0..<12).map { "\($0)-" + String(repeating: "\($0 % 10)", count: 40) }
        try await kit.within(.seconds(20)) {
            try await withThrowingTaskGroup { group in
                for text in answers {
                    group.addTask {
                        let answer = try await kit.ask("=\(text)\n")
                        #expect(answer.text == text)
                    }
                }
                try await group.waitForAll()
            }
        }
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
}
