import Gateway
import Vocabulary

/// What answers when no model can, where the configuration asks for it. Every answer says that it is none of a model's.
struct Demonstration: Sendable {
    static let mark = "[demonstration]"

    let model: ModelID
    let record: DecisionRecord
    let measures: RoutingMeasures

    /// Whether it may stand in for a failure: one of the servers, and not one of the request.
    static func covers(_ error: ServiceError) -> Bool { FailureClass(error) != .content }

    /// The demonstration itself.
    func stream(because error: ServiceError) -> any GenerationStream {
        KnownStream(events: begun(because: error))
    }

    /// An answer, with the demonstration in its place where it fails before its first word.
    func standing(behind stream: some GenerationStream) -> any GenerationStream {
        DemonstratedStream(base: stream, demonstration: self)
    }

    /// The whole answer, which is noted.
    fileprivate func begun(because error: ServiceError) -> [GenerationEvent] {
        record.noteDemonstration()
        measures.demonstrated()
        AnswerNotes.current?.noteDemonstration()
        let text =
            "\(Self.mark) No model answers now, and this server is told to demonstrate its interface then. "
            + "This text was written by no model. \(error.message)"
        return [
            .warning(GenerationWarning(.demonstration, "This is a demonstration: no model answered. \(error.message)")),
            .started(GenerationStart(model: model, promptTokens: 0)), .text(text),
            .finished(GenerationEnd(reason: .stop, usage: TokenUsage(promptTokens: 0, completionTokens: 0))),
        ]
    }
}

/// An answer whose events are known.
private struct KnownStream: GenerationStream {
    typealias Element = GenerationEvent
    typealias Failure = any Error

    let events: [GenerationEvent]

    func makeAsyncIterator() -> Iterator { Iterator(events: events[...]) }

    struct Iterator: ReadyIterator {
        fileprivate var events: ArraySlice<GenerationEvent>

        mutating func next() async throws -> GenerationEvent? { events.popFirst() }
        mutating func nextReady() throws -> GenerationEvent? { events.popFirst() }
    }
}

/// An answer in whose place the demonstration comes when it fails before its first word.
struct DemonstratedStream<Base: GenerationStream>: GenerationStream {
    typealias Element = GenerationEvent
    typealias Failure = any Error

    fileprivate let base: Base
    fileprivate let demonstration: Demonstration

    func makeAsyncIterator() -> Iterator { Iterator(base: base.makeAsyncIterator(), demonstration: demonstration) }

    struct Iterator: AsyncIteratorProtocol {
        private var base: Base.AsyncIterator
        private let demonstration: Demonstration
        private var hasWords = false
        /// In reverse.
        private var instead: [GenerationEvent]?

        fileprivate init(base: Base.AsyncIterator, demonstration: Demonstration) {
            self.base = base
            self.demonstration = demonstration
        }

        mutating func next() async throws -> GenerationEvent? {
            if instead != nil { return instead?.popLast() }
            do {
                let event = try await base.next(isolation: #isolation)
                switch event {
                case .loading, .queued, .promptProgress, .started, .warning, nil: break
                default: hasWords = true
                }
                return event
            } catch let error as ServiceError where !hasWords && Demonstration.covers(error) {
                instead = demonstration.begun(because: error).reversed()
                return instead?.popLast()
            }
        }
    }
}
