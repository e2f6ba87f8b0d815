import Conversations
import JSONText
import OpenAIAPI
import Synchronization
import Vocabulary

/// One answer that is being written, and those who look at it.
final class RunningAnswer: Sendable {
    let id: MessageID
    let owner: ConversationOwner
    /// Writes it.
    let task = Mutex<Task<Void, Never>?>(nil)

    private struct State {
        var message: Message
        var text = ""
        var calls: [Call] = []
        var warnings: [GenerationWarning] = []
        /// What was done to the branch before the model was asked.
        var context: JSONObject?
        var readers: [AsyncStream<AnswerEvent>.Continuation] = []
        var isOver = false
    }

    /// A tool call as far as it is written.
    private struct Call {
        var id = ""
        var name = ""
        var arguments = ""

        var json: JSONValue {
            [
                "id": .string(id), "type": "function",
                "function": ["name": .string(name), "arguments": .string(arguments)],
            ]
        }
    }

    private let state: Mutex<State>

    init(_ message: Message, owner: ConversationOwner) {
        id = message.id
        self.owner = owner
        state = Mutex(State(message: message))
    }

    /// All that is there, and what comes.
    ///
    /// - Parameter readersMax: one more than these is told the state only.
    /// - Returns: what is written so far, then each piece; ends with the answer.
    func follow(readersMax: Int) -> AsyncStream<AnswerEvent> {
        // Without a bound of its own: an answer has one, and so has the number of readers.
        let (stream, continuation) = AsyncStream<AnswerEvent>.makeStream()
        state.withLock { state in
            continuation.yield(
                .state(
                    content: state.text, reasoning: state.message.reasoning ?? "", toolCalls: state.calls.map(\.json)))
            if state.isOver {
                continuation.yield(.finished(state.message))
                continuation.finish()
            } else if state.readers.count < readersMax {
                state.readers.append(continuation)
            } else {
                continuation.finish()
            }
        }
        return stream
    }

    /// What is known of the prompt before the model is asked.
    ///
    /// - Parameters:
    ///   - context: what was done to the branch.
    ///   - sources: what stands behind what was told beside the messages.
    func note(_ context: JSONObject?, sources: [JSONValue]) {
        state.withLock { state in
            state.context = context
            state.message.citations += sources
        }
    }

    /// Tells the readers what is waited for.
    func tell(waiting stage: JSONObject) { state.withLock { Self.tell(&$0, .waiting(stage)) } }

    /// The message as far as it is written.
    var current: Message { state.withLock { $0.message } }

    /// Takes what the model wrote.
    func take(_ event: GenerationEvent) {
        state.withLock { state in
            switch event {
            case .text(let text):
                state.text += text
                Self.tell(&state, .content(text))
            case .reasoning(let text):
                state.message.reasoning = (state.message.reasoning ?? "") + text
                Self.tell(&state, .reasoning(text))
            case .toolCall(let delta): Self.take(&state, delta)
            case .started(let start): state.message.model = start.model.name
            case .warning(let warning): state.warnings.append(warning)
            case .finished(let end): Self.take(&state, end)
            case .loading(let stage):
                Self.tell(&state, .waiting(["stage": "loading", "detail": .string("\(stage)")]))
            case .queued(let position):
                Self.tell(&state, .waiting(["stage": "queued", "position": .whole(position)]))
            case .promptProgress(let progress):
                Self.tell(&state, .waiting(["stage": "prefill", "progress": AnswerReports.progress(progress)]))
            case .token, .promptLogprobs, .logprobs: break
            }
        }
    }

    private static func take(_ state: inout State, _ delta: ToolCallDelta) {
        guard (0..<128).contains(delta.index) else { return }
        while state.calls.count <= delta.index { state.calls.append(Call()) }
        if let id = delta.id { state.calls[delta.index].id = id }
        if let name = delta.name { state.calls[delta.index].name = name }
        state.calls[delta.index].arguments += delta.arguments
        tell(
            &state,
            .toolCall([
                "index": .whole(delta.index), "id": delta.id.map(JSONValue.string) ?? .null,
                "name": delta.name.map(JSONValue.string) ?? .null, "arguments": .string(delta.arguments),
            ]))
    }

    private static func take(_ state: inout State, _ end: GenerationEnd) {
        state.message.usage = end.usage
        var report: JSONObject = ["finish_reason": .string(end.reason.rawValue)]
        report["timings"] = AnswerReports.timings(end)
        report["context"] = state.context.map(JSONValue.object)
        report["nexus"] = AnswerReports.nexus(end, warnings: state.warnings)
        state.message.report = report
    }

    private static func tell(_ state: inout State, _ event: AnswerEvent) {
        state.readers.removeAll { reader in
            if case .terminated = reader.yield(event) { return true }
            return false
        }
    }

    /// It is over, however.
    func end(as status: Message.Status, because failure: String? = nil) {
        state.withLock { state in
            state.message.status = status
            state.message.failure = failure
        }
    }

    /// The message as it is to be kept now, and the revision that it follows.
    func revised() -> (message: Message, seen: Int64) {
        state.withLock { state in
            let seen = state.message.revision
            var message = state.message
            message.content = .string(state.text)
            message.toolCalls = state.calls.map(\.json)
            message.revision = seen + 1
            state.message = message
            return (message, seen)
        }
    }

    /// Takes over what somebody else has changed in the database.
    func adopt(_ current: Message) {
        state.withLock { state in
            state.message.revision = current.revision
            state.message.feedback = current.feedback
            state.message.importance = current.importance
            // Those of the prompt are known since before the first word.
            if current.citations.count >= state.message.citations.count { state.message.citations = current.citations }
        }
    }

    /// Tells the readers that it is over.
    func finish() {
        state.withLock { state in
            state.isOver = true
            for reader in state.readers {
                reader.yield(.finished(state.message))
                reader.finish()
            }
            state.readers = []
        }
    }
}
