import Vocabulary

/// Takes apart an answer in gpt-oss' messages: `<|channel|>analysis<|message|>…<|end|>`, then
/// `<|start|>assistant<|channel|>final<|message|>…`, with calls as messages `to=functions.name`.
///
/// Source: OpenAI's description of the harmony response format.
struct HarmonyParser: Sendable {
    private enum State: Sendable {
        /// Before a message's content.
        case header
        case text
        case reasoning
        /// Thinking that stays in the text, with its marks.
        case shownReasoning
        case call
    }

    private static let message = Array("<|message|>".utf8)
    /// They end a message and belong to it.
    private static let ends = ["<|end|>", "<|call|>", "<|return|>"].map { Array($0.utf8) }
    /// They begin the next header.
    private static let starts = ["<|start|>", "<|channel|>"].map { Array($0.utf8) }
    /// What headers begin with; anything else is an answer without messages.
    private static let headerStarts = ["<|start|>", "<|channel|>", "assistant", "to=", "<|constrain|>"]
    private static let headerBytesMax = 512

    private let tools: OfferedTools
    private let hasTools: Bool
    private let showsThinking: Bool
    private let isParallel: Bool
    private let mustCall: Bool

    private var state = State.header
    private var pieces = PieceCollector()
    private var input: [UInt8] = []
    private var emitted = 0
    private var cursor = 0

    private var function = ""
    private var scanner = JSONScanner()

    init(setup: ParserSetup) {
        tools = setup.offeredTools
        hasTools = !setup.tools.isEmpty && setup.choice != .none
        showsThinking = setup.reasoning == ReasoningOptions.Format.none
        isParallel = setup.isParallel
        mustCall = hasTools && setup.choice != .auto
        if case .thinking = setup.opening { state = showsThinking ? .shownReasoning : .reasoning }
    }

    var isThinking: Bool { state == .reasoning || state == .shownReasoning }
    var hasCalls: Bool { pieces.hasCalls }

    /// Where a call is demanded, what follows is left to the constraint.
    var thinkingEnd: String? {
        guard isThinking else { return nil }
        return mustCall ? "<|end|><|start|>assistant" : ChatFormat.gptOss.thinking?.end
    }

    /// The control tokens that it must see.
    static let marks = [
        "<|start|>", "<|channel|>", "<|constrain|>", "<|message|>", "<|end|>", "<|call|>", "<|return|>",
    ]

    mutating func append(_ text: String) -> [AnswerPiece] {
        input.append(contentsOf: text.utf8)
        run()
        input.removeFirst(emitted)
        cursor -= emitted
        emitted = 0
        return pieces.take()
    }

    private mutating func run() {
        var goesOn = true
        while goesOn, cursor < input.count {
            switch state {
            case .header: goesOn = readHeader()
            case .text, .reasoning, .shownReasoning: goesOn = readContent()
            case .call: goesOn = readCall()
            }
        }
    }

    mutating func finish(isCut: Bool) -> [AnswerPiece] {
        switch state {
        case .header:
            let rest = input[emitted...]
            let text = String(decoding: rest, as: UTF8.self)
            if text.contains("to=") {
                pieces.warning(.toolCallIncomplete, Self.incomplete)
                pieces.text(rest)
            } else if !text[...].trimmed.hasPrefix("<") {
                pieces.text(text.allSatisfy(\.isWhitespace) ? [] : rest)
            }
        case .text: pieces.text(input[emitted...])
        case .reasoning, .shownReasoning:
            give(upTo: input.count)
            if isCut {
                pieces.warning(.reasoningIncomplete, "The answer was cut while the model was still thinking.")
            }
        case .call:
            pieces.warning(.toolCallIncomplete, Self.incomplete)
            if pieces.isCallOpen { pieces.callEnded() }
            pieces.text(input[emitted...])
        }
        input = []
        emitted = 0
        cursor = 0
        state = .text
        return pieces.take()
    }

    private static let incomplete = "The answer ended in the middle of a tool call; what there is of it is given."

    // MARK: - Headers

    private mutating func readHeader() -> Bool {
        for end in Self.ends {
            switch beginning(of: end, in: input, at: cursor) {
            case .found:
                cursor += end.count
                emitted = cursor
                return true
            case .possible: return false
            case .none: break
            }
        }
        if input[cursor].isJSONSpace, cursor == emitted, input[cursor] != 0x20 {
            // A line break between messages.
            cursor += 1
            emitted = cursor
            return true
        }
        let header = input[cursor...]
        guard let mark = header.firstRange(of: Self.message) else {
            let isPossible = header.count <= Self.headerBytesMax && Self.isHeader(header, isWhole: false)
            if !isPossible { leaveHeader() }
            return !isPossible
        }
        guard Self.isHeader(header[..<mark.lowerBound], isWhole: true) else {
            leaveHeader()
            return true
        }
        let text = String(decoding: header[..<mark.lowerBound], as: UTF8.self)
        cursor = mark.upperBound
        begin(Header(text))
        return true
    }

    /// What looked like a header is text, with the mark that it began with.
    private mutating func leaveHeader() {
        if input[cursor] == UInt8(ascii: "<") { cursor += 1 }
        state = .text
    }

    /// Whether bytes can be a header, or the beginning of one: marks, and words between them.
    private static func isHeader(_ bytes: ArraySlice<UInt8>, isWhole: Bool) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)[...].trimmed
        guard headerStarts.contains(where: { text.hasPrefix($0) || !isWhole && $0.hasPrefix(text) }) else {
            return false
        }
        var words = marks.reduce(String(text)) { $0.replacing($1, with: "") }
        if !isWhole, let last = words.lastIndex(of: "<"), marks.contains(where: { $0.hasPrefix(words[last...]) }) {
            words = String(words[..<last])
        }
        return words.allSatisfy { $0.isFunctionName || $0.isWhitespace || $0 == "=" || $0 == ":" || $0 == "/" }
    }

    /// What a header says about its message.
    private struct Header {
        var channel: String
        var recipient: String?

        init(_ text: String) {
            let parts = text.split(separator: "<|channel|>", omittingEmptySubsequences: false)
            channel = String((parts.last ?? "").trimmed.prefix { $0.isLetter })
            if let range = text.firstRange(of: "to=") {
                recipient = String(text[range.upperBound...].prefix { !$0.isWhitespace && $0 != "<" })
            }
        }
    }

    private mutating func begin(_ header: Header) {
        guard let recipient = header.recipient, recipient != "assistant", recipient != "all", recipient != "user",
            hasTools
        else {
            let isThought = header.channel == "analysis"
            state = !isThought ? .text : showsThinking ? .shownReasoning : .reasoning
            if state != .shownReasoning { emitted = cursor }
            return
        }
        function = recipient.hasPrefix("functions.") ? String(recipient.dropFirst("functions.".count)) : recipient
        guard tools.contains(function) else { return refuse(.unknownFunction(recipient)) }
        guard isParallel || pieces.callCount == 0 else { return refuse(.secondCall) }
        scanner = JSONScanner()
        state = .call
    }

    /// The message is text, with its header when nothing of it was given out.
    private mutating func refuse(_ failure: CallFailure) {
        pieces.warning(.toolCallUnreadable, failure.sentence)
        if pieces.isCallOpen { pieces.callEnded() }
        state = .text
    }

    // MARK: - Contents

    private mutating func readContent() -> Bool {
        while cursor < input.count {
            guard input[cursor] == UInt8(ascii: "<") else {
                cursor += 1
                continue
            }
            for (marks, isOwn) in [(Self.ends, true), (Self.starts, false)] {
                for mark in marks {
                    switch beginning(of: mark, in: input, at: cursor) {
                    case .possible:
                        give(upTo: cursor)
                        return false
                    case .found:
                        give(upTo: cursor)
                        if isOwn {
                            cursor += mark.count
                            if state == .shownReasoning { give(upTo: cursor) }
                        }
                        emitted = cursor
                        state = .header
                        return true
                    case .none: break
                    }
                }
            }
            cursor += 1
        }
        give(upTo: cursor)
        return false
    }

    private mutating func give(upTo end: Int) {
        if state == .reasoning { pieces.reasoning(input[emitted..<end]) } else { pieces.text(input[emitted..<end]) }
        emitted = end
    }

    private mutating func readCall() -> Bool {
        while cursor < input.count {
            let byte = input[cursor]
            if !pieces.isCallOpen {
                if byte.isJSONSpace {
                    cursor += 1
                    continue
                }
                guard byte == UInt8(ascii: "{") else {
                    refuse(.malformed)
                    return true
                }
                pieces.callStarted(name: function, id: nil)
            }
            let text = scanner.repaired(byte)
            switch scanner.feed(byte) {
            case .invalid, .doneBefore:
                refuse(.malformed)
                return true
            case .more: pieces.callArguments(text)
            case .done:
                pieces.callArguments(text)
                pieces.callEnded()
                state = .header
            }
            cursor += 1
            emitted = cursor
            if state == .header { return true }
        }
        return false
    }
}
