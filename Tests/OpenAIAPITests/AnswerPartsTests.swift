import OpenAIAPI
import TestAnswers
import Testing
import Vocabulary

@Suite struct AnswerPartsTests {
    /// What a reader sees: each part as its pieces add up, in the order in which they open. Checks the order of steps.
    static func seen(_ steps: [PartStep]) -> [(kind: AnswerPart.Kind, text: String)] {
        var parts: [(kind: AnswerPart.Kind, text: String)] = []
        var isOpen = false
        for step in steps {
            switch step {
            case .opened(let kind, let index):
                #expect(!isOpen && index == parts.count)
                isOpen = true
                parts.append((kind, ""))
            case .grew(let kind, let index, let text, _):
                #expect(isOpen && index == parts.count - 1 && kind == parts[index].kind && !text.isEmpty)
                parts[index].text += text
            case .closed(let part):
                #expect(isOpen && part.index == parts.count - 1)
                #expect(part.kind == parts[part.index].kind && part.text == parts[part.index].text)
                isOpen = false
            }
        }
        #expect(!isOpen)
        return parts
    }

    @Test(arguments: 0..<20) func `parts come one after another and nothing is lost`(seed: UInt64) throws {
        var random = RandomAnswer(seed: seed)
        for _ in 0..<50 {
            let parts = random.parts()
            var reader = AnswerParts()
            let steps = try random.events(parts).flatMap { try reader.take($0) }
            let wanted = parts.flatMap { part -> [(AnswerPart.Kind, String)] in
                switch part {
                case .reasoning(let text): [(.reasoning, text)]
                case .text(let text): [(.text, text)]
                case .calls(let calls): calls.map { (.toolCall(id: $0.id, name: $0.name), $0.arguments) }
                }
            }
            let seen = Self.seen(steps)
            try #require(seen.map(\.kind) == wanted.map(\.0), "seed \(seed)")
            try #require(seen.map(\.text) == wanted.map(\.1), "seed \(seed)")
            try #require(reader.closed.map(\.text) == wanted.map(\.1), "seed \(seed)")
        }
    }

    @Test func `pieces go out as they come`() throws {
        var reader = AnswerParts()
        let first = try reader.take(.text("a"))
        let second = try reader.take(.text("b"))
        let nothing = try reader.take(.text("")) + reader.take(.reasoning(""))
        #expect(first.count == 2)
        #expect(second == [.grew(.text, index: 0, text: "b", logprobs: [])])
        #expect(nothing.isEmpty)
    }

    @Test func `a call that is not whole holds up what comes after it`() throws {
        var reader = AnswerParts()
        _ = try reader.take(.toolCall(ToolCallDelta(index: 0, id: "a", name: "f", arguments: "{\"x\": {}")))
        let nothing =
            try reader.take(.text("later"))
            + reader.take(.toolCall(ToolCallDelta(index: 1, id: "b", name: "g", arguments: "{}")))
        #expect(nothing.isEmpty)
        let steps = try reader.take(.toolCall(ToolCallDelta(index: 0, arguments: "}")))
        #expect(steps.count == 7, "the first closes, the text opens and closes, the second call opens: \(steps)")
        #expect(reader.closed.map(\.text) == ["{\"x\": {}}", "later"])
    }

    @Test func `what waits comes out at the end, whole or not`() throws {
        var reader = AnswerParts()
        _ = try reader.take(.toolCall(ToolCallDelta(index: 0, id: "a", name: "f", arguments: "{")))
        _ = try reader.take(.text("x"))
        _ = reader.finish()
        #expect(reader.closed.map(\.text) == ["{", "x"])
        let nothing = reader.finish()
        #expect(nothing.isEmpty)
    }

    @Test func `a call that goes on after its end is refused, and spaces are not`() throws {
        var reader = AnswerParts()
        _ = try reader.take(.toolCall(ToolCallDelta(index: 0, id: "a", name: "f", arguments: "{}")))
        _ = try reader.take(.text("x"))
        let nothing = try reader.take(.toolCall(ToolCallDelta(index: 0, arguments: "\n ")))
        #expect(nothing.isEmpty)
        let failure = #expect(throws: ServiceError.self) {
            _ = try reader.take(.toolCall(ToolCallDelta(index: 0, arguments: "more")))
        }
        #expect(failure?.code == .engineFailed)
    }

    @Test func `calls without ids, or with the same one, get ids that differ`() throws {
        var reader = AnswerParts()
        for (index, id) in [nil, "", "x", "x", "call_0"].enumerated() {
            _ = try reader.take(.toolCall(ToolCallDelta(index: index, id: id, name: "f", arguments: "{}")))
        }
        _ = reader.finish()
        let ids = reader.closed.map { if case .toolCall(let id, _) = $0.kind { id } else { "" } }
        #expect(ids == ["call_0", "call_1", "x", "x_2", "call_0_2"])
    }

    @Test func `logprobs go with the text that they are of`() throws {
        var reader = AnswerParts()
        _ = try reader.take(.logprobs([RandomAnswer.token("h")]))
        _ = try reader.take(.reasoning("h"))
        _ = try reader.take(.logprobs([RandomAnswer.token("a"), RandomAnswer.token("b")]))
        _ = try reader.take(.text("ab"))
        _ = try reader.take(.text("c"))
        _ = reader.finish()
        #expect(reader.closed.map(\.logprobs.count) == [0, 2])
    }
}
