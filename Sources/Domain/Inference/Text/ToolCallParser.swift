import JSONText
import Vocabulary

/// Finds tool calls in the Hermes form, `<tool_call>{"name": …, "arguments": {…}}</tool_call>`, while the text arrives.
///
/// Nothing is lost: what looks like a call but cannot be read is given back as text.
struct ToolCallParser: Sendable {
    enum Piece: Equatable {
        case text(String)
        case call(name: String, arguments: String)
    }

    private enum State {
        /// Can go to: inside.
        case outside
        /// After the opening tag. The white space before the tag belongs to the form and is only given back when
        /// there was no call. Can go to: outside.
        case inside(space: String)
    }

    private static let opening = "<tool_call>"
    private static let closing = "</tool_call>"
    /// A call that grows beyond this many bytes is text: the closing tag is looked for in all of it after each token.
    private static let callBytesMax = 64 << 10

    private var state = State.outside
    private var held = ""

    mutating func append(_ text: String) -> [Piece] {
        held += text
        var pieces: [Piece] = []
        while true {
            switch state {
            case .outside:
                guard let tag = held.firstRange(of: Self.opening) else {
                    emit(upTo: held.utf8.count - possibleTagLength(), into: &pieces)
                    return pieces
                }
                let text = held[..<tag.lowerBound]
                let space = text.suffix(while: \.isWhitespace)
                if space.startIndex > text.startIndex { pieces.append(.text(String(text[..<space.startIndex]))) }
                state = .inside(space: String(space))
                held = String(held[tag.upperBound...])
            case .inside(let space):
                guard let tag = held.firstRange(of: Self.closing) else {
                    if held.utf8.count > Self.callBytesMax { pieces += finish() }
                    return pieces
                }
                let body = String(held[..<tag.lowerBound])
                pieces.append(Self.call(body) ?? .text(space + Self.opening + body + Self.closing))
                held = String(held[tag.upperBound...])
                state = .outside
            }
        }
    }

    /// What is left at the end of the answer. A call without its closing tag counts when its JSON is whole.
    mutating func finish() -> [Piece] {
        defer {
            held = ""
            state = .outside
        }
        switch state {
        case .outside: return held.isEmpty ? [] : [.text(held)]
        case .inside(let space): return [Self.call(held) ?? .text(space + Self.opening + held)]
        }
    }

    private mutating func emit(upTo count: Int, into pieces: inout [Piece]) {
        guard count > 0 else { return }
        let end = held.utf8.index(held.startIndex, offsetBy: count)
        pieces.append(.text(String(held[..<end])))
        held = String(held[end...])
    }

    /// How many bytes at the end may be the beginning of an opening tag, with the white space before it.
    private func possibleTagLength() -> Int {
        let tag = (1..<Self.opening.utf8.count).last {
            held.utf8.suffix($0).elementsEqual(Self.opening.utf8.prefix($0))
        }
        let space = held.utf8.dropLast(tag ?? 0).reversed().prefix { $0 == 0x0A || $0 == 0x20 || $0 == 0x0D }.count
        return (tag ?? 0) + space
    }

    private static func call(_ body: String) -> Piece? {
        guard let value = try? JSONValue.parse(body), let name = value["name"]?.string else { return nil }
        switch value["arguments"] {
        case .some(.string(let text)): return .call(name: name, arguments: text)
        case .some(let arguments): return .call(name: name, arguments: arguments.text)
        case .none: return .call(name: name, arguments: "{}")
        }
    }
}

extension Substring {
    /// The longest end of which every character satisfies the condition.
    fileprivate func suffix(while condition: (Character) -> Bool) -> Substring {
        var start = endIndex
        while start > startIndex, condition(self[index(before: start)]) { start = index(before: start) }
        return self[start...]
    }
}
