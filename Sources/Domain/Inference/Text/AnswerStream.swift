import ChatFormats
import Streaming
import Vocabulary

/// An answer's events with thinking and tool calls taken out of its text, on the reader's task.
struct AnswerStream: GenerationStream {
    private let source: OutletStream<GenerationEvent>
    private let parser: AnswerParser
    private let requestID: RequestID
    private let callIDLength: Int?

    init(_ source: OutletStream<GenerationEvent>, format: ChatFormat, reading: ParserSetup, requestID: RequestID) {
        self.source = source
        parser = format.parser(reading)
        callIDLength = format.callIDLength
        self.requestID = requestID
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(source: source.makeAsyncIterator(), parser: parser, requestID: requestID, callIDLength: callIDLength)
    }

    struct Iterator: ReadyIterator {
        fileprivate var source: OutletStream<GenerationEvent>.Iterator
        fileprivate var parser: AnswerParser
        fileprivate let requestID: RequestID
        fileprivate let callIDLength: Int?
        private var ready: ArraySlice<GenerationEvent> = []

        fileprivate init(
            source: OutletStream<GenerationEvent>.Iterator, parser: AnswerParser, requestID: RequestID,
            callIDLength: Int?
        ) {
            self.source = source
            self.parser = parser
            self.requestID = requestID
            self.callIDLength = callIDLength
        }

        mutating func next() async throws -> GenerationEvent? {
            while true {
                if let event = ready.popFirst() { return event }
                guard let event = try await source.next() else { return nil }
                if let event = read(event) { return event }
            }
        }

        mutating func nextReady() -> GenerationEvent? {
            while true {
                if let event = ready.popFirst() { return event }
                guard let event = source.nextReady() else { return nil }
                if let event = read(event) { return event }
            }
        }

        /// The event itself, or none where what it says is in `ready` now.
        private mutating func read(_ event: GenerationEvent) -> GenerationEvent? {
            switch event {
            case .text(let text):
                ready = parser.append(text).map(self.event)[...]
            case .finished(var end):
                ready = parser.finish(isCut: end.reason == .length).map(self.event)[...]
                if parser.hasCalls, end.reason == .stop { end.reason = .toolCalls }
                ready.append(.finished(end))
            case .loading, .queued, .promptProgress, .started, .reasoning, .toolCall, .token, .promptLogprobs,
                .logprobs,
                .warning:
                return event
            }
            return nil
        }

        private func event(for piece: AnswerPiece) -> GenerationEvent {
            switch piece {
            case .text(let text): .text(text)
            case .reasoning(let text): .reasoning(text)
            case .callStarted(let index, let name, let id):
                .toolCall(ToolCallDelta(index: index, id: id ?? callID(index), name: name))
            case .callArguments(let index, let text): .toolCall(ToolCallDelta(index: index, arguments: text))
            case .warning(let warning): .warning(warning)
            }
        }

        /// An id for a call that the model gave none; some templates insist on a length.
        private func callID(_ index: Int) -> String {
            guard let length = callIDLength else { return "call_\(requestID.text)_\(index)" }
            let letters = Array("0123456789abcdefghijklmnopqrstuvwxyz")
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            for byte in Array(requestID.text.utf8) + [UInt8(truncatingIfNeeded: index)] {
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
            }
            return String(
                (0..<length).map { _ in
                    defer { hash = hash &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407 }
                    return letters[Int((hash >> 33) % 36)]
                })
        }
    }
}
