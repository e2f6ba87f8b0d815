public import Vocabulary

/// An answer that was collected to its end.
public struct CompletionAnswer: Sendable, Equatable {
    public var text = ""
    public var reasoning = ""
    public var toolCalls: [ToolCall] = []
    public var logprobs: [TokenLogprob] = []
    /// Ids of the answer's tokens, where they were told.
    public var tokens: [Int32] = []
    /// Of the prompt's tokens, where they were told.
    public var promptLogprobs: [TokenLogprob] = []
    public var warnings: [GenerationWarning] = []
    public var end: GenerationEnd

    /// Reads a stream to its end.
    ///
    /// - Throws: what the stream throws, or `engineFailed` when it ends without a finish.
    public init(collecting stream: any GenerationStream) async throws {
        let collected = Collected()
        var reader = EventReader(stream)
        // Nothing comes after the finish, so the stream's end is not waited for.
        while !collected.isFinished {
            var next = try reader.nextReady()
            if next == nil { next = try await reader.next() }
            guard let event = next else { break }
            collected.take(event)
        }
        self = try collected.whole()
    }

    private init(end: GenerationEnd) { self.end = end }

    /// What was read so far. A reference, and neither reading an event nor making the answer is inlined where events are waited
    /// for, so that what they need does not lie in that frame.
    private final class Collected {
        private var answer = CompletionAnswer(
            end: GenerationEnd(reason: .stop, usage: TokenUsage(promptTokens: 0, completionTokens: 0)))
        private var calls: [Int: ToolCall] = [:]
        private(set) var isFinished = false

        @inline(never)
        func take(_ event: GenerationEvent) {
            switch event {
            case .loading, .started, .queued, .promptProgress: break
            case .text(let more): answer.text += more
            case .reasoning(let more): answer.reasoning += more
            case .logprobs(let more): answer.logprobs += more
            case .token(let report): answer.tokens.append(report.id)
            case .promptLogprobs(let all): answer.promptLogprobs = all
            case .warning(let warning): answer.warnings.append(warning)
            case .toolCall(let delta):
                var call = calls[delta.index] ?? ToolCall(id: "", name: "", arguments: "")
                if let id = delta.id { call.id = id }
                if let name = delta.name { call.name = name }
                call.arguments += delta.arguments
                calls[delta.index] = call
            case .finished(let end):
                answer.end = end
                isFinished = true
            }
        }

        @inline(never)
        func whole() throws -> CompletionAnswer {
            guard isFinished else { throw ServiceError.brokeOff }
            if !calls.isEmpty { answer.toolCalls = calls.sorted { $0.key < $1.key }.map(\.value) }
            return answer
        }
    }
}

extension ServiceError {
    /// A stream ended without its last event.
    public static let brokeOff = ServiceError(
        .engineFailed, "The answer ended before it was finished.", hint: "Send the request again.")
}
