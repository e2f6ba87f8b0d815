import Streaming
import Vocabulary

/// An answer's events with tool calls taken out of its text.
struct ToolCallStream: AsyncSequence, Sendable {
    private let source: OutletStream<GenerationEvent>
    private let requestID: RequestID

    init(_ source: OutletStream<GenerationEvent>, requestID: RequestID) {
        self.source = source
        self.requestID = requestID
    }

    func makeAsyncIterator() -> Iterator { Iterator(source: source.makeAsyncIterator(), requestID: requestID) }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate var source: OutletStream<GenerationEvent>.Iterator
        fileprivate let requestID: RequestID
        private var parser = ToolCallParser()
        private var ready: [GenerationEvent] = []
        private var callCount = 0

        fileprivate init(source: OutletStream<GenerationEvent>.Iterator, requestID: RequestID) {
            self.source = source
            self.requestID = requestID
        }

        mutating func next() async throws -> GenerationEvent? {
            while ready.isEmpty {
                guard let event = try await source.next() else { return nil }
                switch event {
                case .text(let text):
                    ready += parser.append(text).map { self.event(for: $0) }
                case .finished(var end):
                    ready += parser.finish().map { self.event(for: $0) }
                    if callCount > 0, end.reason == .stop { end.reason = .toolCalls }
                    ready.append(.finished(end))
                case .started, .toolCall, .queued, .promptProgress, .reasoning, .logprobs, .warning:
                    ready.append(event)
                }
            }
            return ready.removeFirst()
        }

        private mutating func event(for piece: ToolCallParser.Piece) -> GenerationEvent {
            switch piece {
            case .text(let text): return .text(text)
            case .call(let name, let arguments):
                defer { callCount += 1 }
                return .toolCall(
                    ToolCallDelta(
                        index: callCount, id: "call_\(requestID.text)_\(callCount)", name: name, arguments: arguments))
            }
        }
    }
}
