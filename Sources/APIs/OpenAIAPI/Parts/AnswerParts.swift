import JSONText
public import Vocabulary

/// One part of an answer: what a client gets as one item or one content block.
public struct AnswerPart: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case reasoning
        case text
        /// Ids are there and differ within an answer.
        case toolCall(id: String, name: String)
    }

    /// Its place in the answer, from 0.
    public let index: Int
    public let kind: Kind
    /// All of it; of a tool call, the arguments.
    public internal(set) var text: String
    /// Of the tokens of a text, when they were asked for.
    public internal(set) var logprobs: [TokenLogprob]
}

/// A step in the life of a part. Each part is opened once, then grows, then is closed once, before the next one opens.
public enum PartStep: Sendable, Equatable {
    case opened(AnswerPart.Kind, index: Int)
    case grew(AnswerPart.Kind, index: Int, text: String, logprobs: [TokenLogprob])
    case closed(AnswerPart)
}

/// Makes of an answer's events its parts, strictly one after another.
///
/// Servers may send the pieces of several tool calls mixed. A call that is not whole holds up what comes after it; nothing
/// is lost, and the reader sees one part at a time.
public struct AnswerParts: Sendable {
    /// The parts that are whole, in order.
    public private(set) var closed: [AnswerPart] = []
    /// The first is open, the others wait for it. At most as much as the answer itself.
    private var line: [Waiting] = []
    private var callIDs: Set<String> = []
    private var closedCalls: Set<Int> = []
    /// Told with the next piece of text.
    private var logprobs: [TokenLogprob] = []

    private struct Waiting {
        let kind: AnswerPart.Kind
        /// The server's number of a tool call.
        var call: Int?
        var text = ""
        var logprobs: [TokenLogprob] = []

        /// Texts are whole when something else begins, calls when their arguments are.
        var isWhole: Bool {
            guard call != nil else { return true }
            guard text.utf8.last(where: { !$0.isSpace }) == UInt8(ascii: "}") else { return false }
            do {
                return try JSONValue.parse(text).object != nil
            } catch {
                return false
            }
        }
    }

    public init() {}

    /// Takes one event of the answer. The last one closes what is open.
    ///
    /// - Parameter event: the next event.
    /// - Returns: what follows from it for the parts, in order.
    /// - Throws: `engineFailed` when a tool call goes on after its end.
    public mutating func take(_ event: GenerationEvent) throws(ServiceError) -> [PartStep] {
        switch event {
        case .reasoning(let text):
            // Thinking is shown without them.
            logprobs = []
            return add(text, to: .reasoning, [])
        case .text(let text):
            guard !text.isEmpty else { return [] }
            defer { logprobs = [] }
            return add(text, to: .text, logprobs)
        case .logprobs(let tokens):
            logprobs += tokens
            return []
        case .toolCall(let delta):
            logprobs = []
            return try add(delta)
        case .finished: return finish()
        // What is told beside the parts.
        default: return []
        }
    }

    /// Closes what is open, and what waits behind it.
    public mutating func finish() -> [PartStep] {
        var steps: [PartStep] = []
        while !line.isEmpty { close(into: &steps) }
        return steps
    }

    private mutating func add(_ text: String, to kind: AnswerPart.Kind, _ logprobs: [TokenLogprob]) -> [PartStep] {
        guard !text.isEmpty else { return [] }
        if let last = line.last, last.kind == kind { return append(text, logprobs, at: line.count - 1) }
        return enter(Waiting(kind: kind, text: text, logprobs: logprobs))
    }

    private mutating func add(_ delta: ToolCallDelta) throws(ServiceError) -> [PartStep] {
        if let place = line.firstIndex(where: { $0.call == delta.index }) {
            return delta.arguments.isEmpty ? [] : append(delta.arguments, [], at: place)
        }
        guard !closedCalls.contains(delta.index) else {
            if delta.arguments.allSatisfy(\.isWhitespace) { return [] }
            throw ServiceError(
                .engineFailed, "The model's server sent what is not an answer.",
                detail: "tool call \(delta.index) goes on after its end")
        }
        let kind = AnswerPart.Kind.toolCall(id: uniqueID(delta.id, delta.index), name: delta.name ?? "")
        return enter(Waiting(kind: kind, call: delta.index, text: delta.arguments))
    }

    private mutating func append(_ text: String, _ logprobs: [TokenLogprob], at place: Int) -> [PartStep] {
        line[place].text += text
        line[place].logprobs += logprobs
        guard place == 0 else { return [] }
        var steps: [PartStep] = [.grew(line[0].kind, index: closed.count, text: text, logprobs: logprobs)]
        advance(into: &steps)
        return steps
    }

    private mutating func enter(_ part: Waiting) -> [PartStep] {
        line.append(part)
        var steps: [PartStep] = []
        if line.count == 1 { open(into: &steps) }
        advance(into: &steps)
        return steps
    }

    /// Closes the parts that are whole as long as others wait for them.
    private mutating func advance(into steps: inout [PartStep]) {
        while line.count > 1, line[0].isWhole { close(into: &steps) }
    }

    private mutating func open(into steps: inout [PartStep]) {
        let first = line[0]
        steps.append(.opened(first.kind, index: closed.count))
        guard !first.text.isEmpty else { return }
        steps.append(.grew(first.kind, index: closed.count, text: first.text, logprobs: first.logprobs))
    }

    private mutating func close(into steps: inout [PartStep]) {
        let first = line.removeFirst()
        if let call = first.call { closedCalls.insert(call) }
        let part = AnswerPart(index: closed.count, kind: first.kind, text: first.text, logprobs: first.logprobs)
        closed.append(part)
        steps.append(.closed(part))
        if !line.isEmpty { open(into: &steps) }
    }

    /// Clients find calls by their ids.
    private mutating func uniqueID(_ asked: String?, _ index: Int) -> String {
        let base = asked.flatMap { $0.isEmpty ? nil : $0 } ?? "call_\(index)"
        var id = base
        var number = 1
        while !callIDs.insert(id).inserted {
            number += 1
            id = "\(base)_\(number)"
        }
        return id
    }
}

extension UInt8 {
    fileprivate var isSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D }
}
