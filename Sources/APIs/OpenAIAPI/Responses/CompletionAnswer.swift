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
        var calls: [Int: ToolCall] = [:]
        var last: GenerationEnd?
        var (text, reasoning) = ("", "")
        var (logprobs, promptLogprobs): ([TokenLogprob], [TokenLogprob]) = ([], [])
        var tokens: [Int32] = []
        var warnings: [GenerationWarning] = []
        for try await event in stream {
            switch event {
            case .loading, .started, .queued, .promptProgress: break
            case .text(let more): text += more
            case .reasoning(let more): reasoning += more
            case .logprobs(let more): logprobs += more
            case .token(let report): tokens.append(report.id)
            case .promptLogprobs(let all): promptLogprobs = all
            case .warning(let warning): warnings.append(warning)
            case .toolCall(let delta):
                var call = calls[delta.index] ?? ToolCall(id: "", name: "", arguments: "")
                if let id = delta.id { call.id = id }
                if let name = delta.name { call.name = name }
                call.arguments += delta.arguments
                calls[delta.index] = call
            case .finished(let end): last = end
            }
        }
        guard let last else { throw ServiceError.brokeOff }
        self.text = text
        self.reasoning = reasoning
        self.logprobs = logprobs
        self.tokens = tokens
        self.promptLogprobs = promptLogprobs
        self.warnings = warnings
        toolCalls = calls.sorted { $0.key < $1.key }.map(\.value)
        end = last
    }
}

extension ServiceError {
    /// A stream ended without its last event.
    public static let brokeOff = ServiceError(
        .engineFailed, "The answer ended before it was finished.", hint: "Send the request again.")
}
