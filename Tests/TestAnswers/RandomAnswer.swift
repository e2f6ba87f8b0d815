import TestRandomness
public import Vocabulary

/// Answers of every shape: thinking, text and calls in any order, calls one after another or mixed.
public struct RandomAnswer {
    private var random: SeededRandom
    private static let pieces = [
        "a", "é", "\n", "\"", "\\", "\u{2028}", "😀", "\u{0}", "data: ", "\r\n", "event: x", "7", "</think>",
    ]

    public init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// What an answer is made of, before it is cut into events.
    public enum Part: Sendable, Equatable {
        case reasoning(String)
        case text(String)
        /// Calls that are written at the same time, with whole arguments.
        case calls([ToolCall])
    }

    public mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    /// Parts of which no two neighbours are of the same kind.
    public mutating func parts() -> [Part] {
        var parts: [Part] = []
        var calls = 0
        for _ in 0..<number(0...6) {
            switch (number(0...2), parts.last) {
            case (0, .reasoning), (1, .text), (2, .calls): continue
            case (0, _): parts.append(.reasoning(text()))
            case (1, _): parts.append(.text(text()))
            default:
                let group = (0..<number(1...3)).map { offset in
                    ToolCall(
                        id: "call_\(calls + offset)", name: "f\(offset)",
                        arguments: number(0...3) == 0 ? "{}" : "{\"a\": [\(number(0...9)), \"}\"]}")
                }
                calls += group.count
                parts.append(.calls(group))
            }
        }
        return parts
    }

    /// The events of an answer with these parts: waiting, the beginning, the pieces with warnings between them, the end.
    public mutating func events(_ parts: [Part], reason: FinishReason = .stop) -> [GenerationEvent] {
        var events: [GenerationEvent] = (0..<number(0...2)).map { .queued(position: $0) }
        for _ in 0..<number(0...1) {
            events.append(.promptProgress(PromptProgress(total: 9, cached: 3, processed: 5, elapsed: .seconds(1))))
        }
        events.append(.started(GenerationStart(model: ModelID("m"), promptTokens: 9, cachedTokens: 3)))
        var calls = 0
        for part in parts {
            switch part {
            case .reasoning(let text): events += cut(text).map { .reasoning($0) }
            case .text(let text): for piece in cut(text) { events += [.logprobs([Self.token(piece)]), .text(piece)] }
            case .calls(let group):
                events += self.calls(group, first: calls)
                calls += group.count
            }
            if number(0...3) == 0 { events.append(.warning(GenerationWarning(.reasoningBudget, "It was cut."))) }
        }
        var end = GenerationEnd(
            reason: reason,
            usage: TokenUsage(promptTokens: 9, completionTokens: 7, cachedTokens: 3, reasoningTokens: 2))
        end.stopText = number(0...1) == 0 ? "STOP" : nil
        events.append(.finished(end))
        return events
    }

    public static func token(_ text: String) -> TokenLogprob {
        TokenLogprob(chosen: .init(token: 1, bytes: Array(text.utf8), logprob: -0.5), top: [])
    }

    private mutating func text() -> String {
        (0..<number(1...9)).map { _ in Self.pieces[number(0...Self.pieces.count - 1)] }.joined()
    }

    private mutating func cut(_ text: String) -> [String] {
        var pieces: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            let piece = rest.prefix(number(1...4))
            pieces.append(String(piece))
            rest = rest.dropFirst(piece.count)
        }
        return pieces
    }

    /// One after another, or with their pieces mixed.
    private mutating func calls(_ group: [ToolCall], first: Int) -> [GenerationEvent] {
        var lines = group.enumerated().map { offset, call -> [GenerationEvent] in
            let start = ToolCallDelta(index: first + offset, id: call.id, name: call.name)
            return [.toolCall(start)]
                + cut(call.arguments).map { .toolCall(ToolCallDelta(index: first + offset, arguments: $0)) }
        }
        guard number(0...1) == 0 else { return lines.flatMap(\.self) }
        // They begin in their order.
        var events = lines.indices.map { lines[$0].removeFirst() }
        while let place = lines.indices.filter({ !lines[$0].isEmpty }).randomElement(using: &random) {
            events.append(lines[place].removeFirst())
        }
        return events
    }
}
