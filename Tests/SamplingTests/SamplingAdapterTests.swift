import Sampling
import TestRandomness
import Testing
import Vocabulary

@Suite struct SamplingAdapterTests {
    private func adapter(_ prompt: String, temperature: Double? = nil) -> SamplingAdapter {
        SamplingAdapter(prompt: prompt, requested: SamplingParameters(temperature: temperature))
    }

    @Test(arguments: [
        ("What is the capital of France?", PromptNature.factual), ("How many legs has a spider?", .factual),
        ("12 * 7 = ?", .factual), ("Fix this: ```let a = ```", .factual), ("Wann wurde Goethe geboren?", .factual),
        ("Übersetze das genau: Guten Tag", .factual), ("Wie viele Einwohner hat Bonn?", .factual),
        ("Write a story about a fox", .openEnded), ("Schreibe ein Gedicht über den Mond", .openEnded),
        ("Brainstorm creative slogan ideas for tea", .openEnded), ("Stell dir vor, du wärst ein Baum", .openEnded),
        ("Hello", .neutral), ("", .neutral), ("I like the sea", .neutral), ("こんにちは", .neutral),
        ("What is best, a story, a poem or a song?", .neutral),
    ])
    func `a prompt shows what it asks for`(prompt: String, nature: PromptNature) {
        #expect(PromptNature(of: prompt) == nature)
    }

    @Test func `a long prompt is read at its ends`() {
        let filler = String(repeating: "lorem ipsum ", count: 100_000)
        #expect(PromptNature(of: filler + "What is the capital of Peru?") == .factual)
        #expect(PromptNature(of: "Write a story. " + filler) == .openEnded)
        #expect(PromptNature(of: filler + "What is the capital of Peru?" + filler) == .neutral)
    }

    @Test func `facts lower the temperature and stories raise it, and both say so`() {
        let factual = adapter("What is the capital of France?")
        #expect(factual.parameters.temperature == 0.4)
        #expect(
            factual.first == [
                SamplingAdaptation(atToken: 0, parameter: "temperature", before: 0.8, after: 0.4, reason: "factual")
            ])
        let open = adapter("Write a story about a fox", temperature: 1)
        #expect(open.parameters.temperature == 1.2)
        #expect(
            open.first == [
                SamplingAdaptation(atToken: 0, parameter: "temperature", before: 1, after: 1.2, reason: "open_ended")
            ])
        #expect(adapter("Hello").first.isEmpty)
        #expect(adapter("Hello").parameters.temperature == 0.8)
    }

    @Test func `temperature stays within its bounds, and 0 stays 0`() {
        for prompt in ["What is the capital of France?", "Write a story about a fox"] {
            #expect(adapter(prompt, temperature: 0).parameters.temperature == 0)
            #expect(adapter(prompt, temperature: 0).first.isEmpty)
        }
        #expect(adapter("What is the capital of France?", temperature: 0.15).parameters.temperature == 0.1)
        #expect(adapter("What is the capital of France?", temperature: 0.05).first.isEmpty)
        #expect(adapter("Write a story about a fox", temperature: 1.9).first.isEmpty)
    }

    @Test(arguments: [1, 2, 5, 13, 40, 64, 100, 300])
    func `a loop is found when it stands there three times`(period: Int) {
        var random = SeededRandom(seed: UInt64(period))
        var adapter = adapter("Hello")
        for _ in 0..<50 { #expect(adapter.observe(.random(in: 0..<30_000, using: &random)).isEmpty) }
        let loop = (0..<period).map { _ in Int32.random(in: 0..<30_000, using: &random) }
        var found: Int?
        for index in 0..<4 * period + 20 where found == nil {
            if !adapter.observe(loop[index % period]).isEmpty { found = index + 1 }
        }
        let tokens = found ?? .max
        #expect(tokens <= max(3 * period, period + 16) + 10)
        #expect(tokens >= 16)
    }

    @Test func `penalties rise by steps, no further than the last, and fall to what was asked for`() {
        var adapter = adapter("Hello")
        var changes: [SamplingAdaptation] = []
        for _ in 0..<200 { changes += adapter.observe(7) }
        #expect(changes.filter { $0.parameter == "repeat_penalty" }.count == 4)
        #expect(changes.filter { $0.parameter == "dry_multiplier" }.count == 4)
        #expect(changes.allSatisfy { $0.reason == "repetition" && $0.after > $0.before })
        #expect(changes.map(\.atToken) == [17, 17, 33, 33, 49, 49, 65, 65])
        #expect(adapter.parameters.repetitionPenalty == 1.2)
        #expect(adapter.parameters.dryMultiplier == 1.2)
        changes = []
        for token in 100..<600 { changes += adapter.observe(Int32(token)) }
        #expect(changes.count == 8)
        #expect(changes.allSatisfy { $0.after < $0.before })
        #expect(adapter.parameters.repetitionPenalty == 1)
        #expect(adapter.parameters.dryMultiplier == 0)
    }

    @Test func `what was asked for is where the steps begin`() {
        var requested = SamplingParameters()
        requested.repetitionPenalty = 1.1
        requested.dryMultiplier = 0.8
        var adapter = SamplingAdapter(prompt: "Hello", requested: requested)
        var changes: [SamplingAdaptation] = []
        for _ in 0..<17 { changes += adapter.observe(7) }
        #expect(changes.map(\.before) == [1.1, 0.8])
        #expect(changes.map(\.after) == [1.1 + 0.05, 0.8 + 0.3])
    }

    @Test func `parameters that the chain does not use are left alone`() {
        for change in [{ $0.mirostat = 2 }, { $0.order = [.topK] }] as [(inout SamplingParameters) -> Void] {
            var requested = SamplingParameters()
            change(&requested)
            var adapter = SamplingAdapter(prompt: "Hello", requested: requested)
            for _ in 0..<100 { #expect(adapter.observe(7).isEmpty) }
            #expect(adapter.parameters.repetitionPenalty == 1)
        }
    }

    @Test func `plain text shows no repetition`() {
        // Words as tokens.
        let text = """
            The history of a river is the history of the towns along the river. In spring the river rises, and in \
            summer the river falls; the boats wait, the mills stand still, and the people of the towns talk of the \
            river as they talk of the weather. When the river rises again, the boats go down to the sea, the mills \
            turn, and the people of the towns go back to work. A town without a river has a road, and a road has no \
            spring and no summer. On the road the carts go up and the carts go down, and nobody talks of the road as \
            they talk of the weather.
            """
        var adapter = adapter("Hello")
        var ids: [Substring: Int32] = [:]
        for word in text.split(separator: " ") {
            let id = ids[word] ?? Int32(ids.count)
            ids[word] = id
            #expect(adapter.observe(id).isEmpty)
        }
        // A vocabulary of few words, drawn as often as such words are.
        var random = SeededRandom(seed: 4)
        for _ in 0..<5_000 {
            let share = Double.random(in: 0...1, using: &random)
            let token = Int32(share * share * 200)
            #expect(adapter.observe(token).isEmpty)
        }
    }
}
