import Vocabulary

/// Takes apart an answer whose thinking and calls stand between tags.
///
/// It looks at one byte after another, so that what comes out does not depend on how the text was cut. What may still
/// become a tag or a call is held in `input` and goes back to text when it does not.
struct TaggedParser: Sendable {
    private enum State: Sendable {
        case text
        case thinking(Int)
        case call(Int)
        /// Behind a call, where its closing marks may come.
        case closing(Int)
    }

    /// What looks like a call and has not begun after this many bytes is text.
    private static let candidateBytesMax = 64 << 10

    private let calls: [CallSyntax]
    private let thinking: [ThinkingTags]
    private let wrappers: [AnswerWrapper]
    private let thinkingEnds: [[UInt8]]
    private let tags: AnswerTags
    private let tools: OfferedTools
    private let showsThinking: Bool
    private let isParallel: Bool

    private var state = State.text
    private var pieces = PieceCollector()
    private var input: [UInt8] = []
    /// Everything before it was given out or belongs to tags.
    private var emitted = 0
    /// Text up to here can be given out: behind it there is only white space, which may belong to a tag.
    private var textEnd = 0
    /// The next byte to look at.
    private var cursor = 0

    /// Text was met since the beginning, the last call or the last thinking: no thinking begins here.
    private var hasText = false
    private var dropsSpace = false
    private var isAfterCall = false
    private var openWrapper: Int?

    private var reader: CallReader?
    /// Something of the present call was given out, which cannot be taken back.
    private var isSettled = false
    /// Where to go on as text when the present candidate is no call.
    private var resumption = 0
    private var candidateStart = 0

    init(format: ChatFormat, setup: ParserSetup) {
        let hasTools = !setup.tools.isEmpty && setup.choice != .none
        calls = hasTools ? format.calls : []
        thinking = format.thinkingTags
        wrappers = format.wrappers
        thinkingEnds = thinking.map { Array($0.end.utf8) }
        tags = AnswerTags(thinking: thinking, wrappers: wrappers, calls: calls)
        tools = setup.offeredTools
        showsThinking = setup.reasoning == ReasoningOptions.Format.none
        isParallel = setup.isParallel
        if case .thinking(let tags) = setup.opening {
            state = .thinking(thinking.firstIndex(of: tags) ?? 0)
            dropsSpace = true
        }
    }

    var isThinking: Bool { if case .thinking = state { true } else { false } }
    var hasCalls: Bool { pieces.hasCalls }
    var thinkingEnd: String? { if case .thinking(let index) = state { thinking[index].end } else { nil } }

    mutating func append(_ text: String) -> [AnswerPiece] {
        input.append(contentsOf: text.utf8)
        run()
        compact()
        return pieces.take()
    }

    private mutating func run() {
        var goesOn = true
        while goesOn, cursor < input.count {
            switch state {
            case .text: goesOn = scanText()
            case .thinking(let index): goesOn = scanThinking(index)
            case .call(let index): goesOn = readCall(calls[index])
            case .closing(let index): goesOn = close(calls[index])
            }
        }
    }

    /// Forgets what was given out.
    private mutating func compact() {
        guard emitted > 0 else { return }
        input.removeFirst(emitted)
        cursor -= emitted
        textEnd = max(0, textEnd - emitted)
        resumption -= emitted
        candidateStart = max(0, candidateStart - emitted)
        emitted = 0
    }

    /// Goes on behind the cursor as text or thinking; everything before it is done.
    private mutating func settle() {
        emitted = cursor
        textEnd = cursor
    }
}

// MARK: - Text and thinking

extension TaggedParser {
    /// `false` when more input is needed.
    private mutating func scanText() -> Bool {
        while cursor < input.count {
            switch tags.match(input, at: cursor, isActive: { isActive($0) }) {
            case .possible:
                giveText()
                return false
            case .found(let tag):
                open(tag)
                return true
            case .none: break
            }
            if !input[cursor].isJSONSpace {
                if dropsSpace { emitted = cursor }
                dropsSpace = false
                hasText = true
                isAfterCall = false
                textEnd = cursor + 1
            }
            cursor += 1
        }
        giveText()
        return false
    }

    private func isActive(_ meaning: AnswerTags.Meaning) -> Bool {
        switch meaning {
        case .thinkingStart, .thinkingEnd: !hasText
        case .wrapperStart(let index): wrappers[index].isAlways || !hasText
        case .wrapperEnd(let index): wrappers[index].isAlways || openWrapper == index
        case .call(let index): !calls[index].isAtStart || !hasText
        }
    }

    private mutating func giveText() {
        guard textEnd > emitted else { return }
        pieces.text(input[emitted..<textEnd])
        emitted = textEnd
    }

    private mutating func open(_ tag: AnswerTags.Tag) {
        giveText()
        let start = cursor
        cursor += tag.bytes.count
        switch tag.meaning {
        case .thinkingStart(let index):
            enterThinking(index)
        case .thinkingEnd:
            leaveThinking()
        case .wrapperStart(let index):
            openWrapper = index
            settle()
        case .wrapperEnd:
            openWrapper = nil
            settle()
        case .call(let index):
            candidateStart = emitted
            resumption = cursor
            if calls[index].isOpenerBody { cursor = start }
            reader = CallReader(calls[index], tools: tools)
            isSettled = false
            state = .call(index)
        }
    }

    private mutating func enterThinking(_ index: Int) {
        if showsThinking {
            textEnd = cursor
            giveText()
        }
        settle()
        dropsSpace = !showsThinking
        state = .thinking(index)
    }

    private mutating func leaveThinking() {
        if showsThinking {
            textEnd = cursor
            giveText()
        }
        settle()
        dropsSpace = !showsThinking
        hasText = false
        isAfterCall = false
        state = .text
    }

    private mutating func scanThinking(_ index: Int) -> Bool {
        let end = thinkingEnds[index]
        while cursor < input.count {
            switch beginning(of: end, in: input, at: cursor) {
            case .possible:
                giveThinking()
                return false
            case .found:
                giveThinking()
                cursor += end.count
                leaveThinking()
                return true
            case .none: break
            }
            if !input[cursor].isJSONSpace || showsThinking {
                if dropsSpace { emitted = cursor }
                dropsSpace = false
                textEnd = cursor + 1
            }
            cursor += 1
        }
        giveThinking()
        return false
    }

    private mutating func giveThinking() {
        guard textEnd > emitted else { return }
        if showsThinking { pieces.text(input[emitted..<textEnd]) } else { pieces.reasoning(input[emitted..<textEnd]) }
        emitted = textEnd
    }
}

// MARK: - Calls

extension TaggedParser {
    private mutating func readCall(_ syntax: CallSyntax) -> Bool {
        var events: [CallEvent] = []
        while cursor < input.count {
            events.removeAll(keepingCapacity: true)
            let verdict = reader?.feed(input[cursor], into: &events) ?? .failed(.malformed)
            if case .failed(let failure) = verdict {
                fail(failure, syntax)
                return true
            }
            if verdict != .ended(isByteUsed: false) { cursor += 1 }
            if let failure = apply(events) {
                fail(failure, syntax)
                return true
            }
            if case .ended(let isByteUsed) = verdict {
                if isByteUsed { settle() }
                reader = nil
                state = .closing(calls.firstIndex(of: syntax) ?? 0)
                return true
            }
            if !isSettled, cursor - candidateStart > Self.candidateBytesMax {
                fail(.tooLong, syntax)
                return true
            }
        }
        return false
    }

    private mutating func apply(_ events: [CallEvent]) -> CallFailure? {
        for event in events {
            switch event {
            case .started(let name, let id):
                guard isParallel || pieces.callCount == 0 else { return .secondCall }
                pieces.callStarted(name: name, id: id)
                isSettled = true
            case .arguments(let bytes): pieces.callArguments(bytes)
            case .completed:
                pieces.callEnded()
                isSettled = false
                candidateStart = cursor
                resumption = cursor
                isAfterCall = true
                hasText = false
            case .text(let text):
                pieces.text(Array(text.utf8)[...])
                isSettled = true
                isAfterCall = false
            }
            emitted = cursor
        }
        return nil
    }

    /// The present candidate is no call, or breaks off: what was not given out is text.
    private mutating func fail(_ failure: CallFailure, _ syntax: CallSyntax) {
        let isMeant = !syntax.isTentative || reader?.namesFunction == true || isSettled
        if isMeant { pieces.warning(.toolCallUnreadable, failure.sentence) }
        goOnAsText()
    }

    private mutating func goOnAsText() {
        if pieces.isCallOpen { pieces.callEnded() }
        cursor = isSettled ? emitted : resumption
        textEnd = max(emitted, cursor)
        hasText = true
        dropsSpace = false
        isAfterCall = false
        reader = nil
        state = .text
    }

    private mutating func close(_ syntax: CallSyntax) -> Bool {
        var position = emitted
        while position < input.count, input[position].isJSONSpace { position += 1 }
        guard position < input.count || syntax.closers.isEmpty else { return false }
        for closer in syntax.closers {
            switch beginning(of: Array(closer.utf8), in: input, at: position) {
            case .found:
                cursor = position + closer.utf8.count
                settle()
                return true
            case .possible: return false
            case .none: break
            }
        }
        cursor = emitted
        textEnd = emitted
        state = .text
        return true
    }
}

// MARK: - The end

extension TaggedParser {
    mutating func finish(isCut: Bool) -> [AnswerPiece] {
        while case .call(let index) = state {
            var events: [CallEvent] = []
            let isWhole = reader?.finish(into: &events) ?? false
            cursor = input.count
            if isWhole, apply(events) == nil {
                settle()
                state = .closing(index)
                break
            }
            if !calls[index].isTentative || reader?.namesFunction == true || isSettled {
                pieces.warning(.toolCallIncomplete, Self.incomplete(isCut: isCut))
            }
            goOnAsText()
            run()
        }
        let rest = input[emitted...]
        switch state {
        case .thinking:
            textEnd = showsThinking ? input.count : rest.lastIndex { !$0.isJSONSpace }.map { $0 + 1 } ?? emitted
            giveThinking()
            if isCut {
                pieces.warning(.reasoningIncomplete, "The answer was cut while the model was still thinking.")
            }
        case .text:
            let isOnlySpace = rest.allSatisfy(\.isJSONSpace)
            if !isOnlySpace || !(isAfterCall || dropsSpace) { pieces.text(rest) }
        case .call, .closing: break
        }
        input = []
        cursor = 0
        settle()
        state = .text
        return pieces.take()
    }

    private static func incomplete(isCut: Bool) -> String {
        isCut
            ? "The answer was cut in the middle of a tool call; what there is of it is given."
            : "The answer ended in the middle of a tool call; what there is of it is given."
    }
}
