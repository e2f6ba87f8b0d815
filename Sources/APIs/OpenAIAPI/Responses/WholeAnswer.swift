import JSONText
public import Vocabulary

/// The object of an answer that is not streamed.
public struct WholeAnswer: Sendable {
    private let frame: AnswerFrame
    private let choicesPerPrompt: Int
    private let request: CompletionRequest
    private let model: ModelID

    /// - Parameters:
    ///   - request: what was asked for.
    ///   - model: the name to answer with.
    ///   - created: Unix time in seconds.
    public init(_ request: CompletionRequest, model: ModelID, created: Int64) {
        frame = AnswerFrame(request, model: model, created: created)
        choicesPerPrompt = request.choicesPerPrompt
        self.request = request
        self.model = model
    }

    /// The JSON text of the object of all choices. Timings and `nexus` stand beside the usage when there is one choice, and in
    /// each choice when there are several.
    public func bytes(_ choices: [CompletionAnswer]) -> [UInt8] {
        let isSingle = choices.count == 1
        var writer = JSONWriter()
        writer.object { writer in
            frame.writeWhole(to: &writer) { writer in
                for index in choices.indices {
                    writer.element { writer in
                        writer.object { writer in
                            write(choices[index], index, to: &writer)
                            if !isSingle { report(choices[index], to: &writer) }
                        }
                    }
                }
            }
            let usage = TokenUsage(sumOf: choices.map { $0.end.usage }, choicesPerPrompt: choicesPerPrompt)
            writer.member("usage") { usage.write(to: &$0) }
            if isSingle { report(choices[0], to: &writer) }
        }
        return writer.bytes
    }

    /// The members of a choice.
    private func write(_ answer: CompletionAnswer, _ index: Int, to writer: inout JSONWriter) {
        writer.member("index", .whole(index))
        switch frame.kind {
        case .chat: writer.member("message") { $0.object { message(answer, to: &$0) } }
        case .text:
            writer.member("text", .string(echo(answer, index) + answer.text))
            if !answer.reasoning.isEmpty { writer.member("reasoning_content", .string(answer.reasoning)) }
        }
        var logprobs = WireLogprobs()
        if request.wishes.echoesPrompt, !answer.promptLogprobs.isEmpty {
            writer.member("logprobs", logprobs.value(prompt: answer.promptLogprobs, answer: answer.logprobs))
        } else {
            writer.member("logprobs", logprobs.value(answer.logprobs, frame.kind))
        }
        writer.member("finish_reason", .string(frame.finishReason(answer.end.reason)))
    }

    /// The prompt before its answer, where it is wanted.
    private func echo(_ answer: CompletionAnswer, _ index: Int) -> String {
        guard request.wishes.echoesPrompt else { return "" }
        let prompts = [request.generation.prompt] + request.otherPrompts
        let prompt = prompts[min(index / max(1, choicesPerPrompt), prompts.count - 1)]
        return prompt.plainText ?? answer.end.details?.prompt ?? answer.promptLogprobs.text
    }

    /// The members of a chat's message.
    private func message(_ answer: CompletionAnswer, to writer: inout JSONWriter) {
        let hasNoText = answer.text.isEmpty && !answer.toolCalls.isEmpty
        writer.member("role", "assistant")
        writer.member("content", hasNoText ? .null : .string(answer.text))
        writer.member("refusal", .null)
        if !answer.reasoning.isEmpty { writer.member("reasoning_content", .string(answer.reasoning)) }
        guard let first = answer.toolCalls.first else { return }
        var calls = answer.toolCalls
        if frame.usesFunctions {
            writer.member("function_call", first.function)
            calls.removeFirst()
        }
        if !calls.isEmpty { writer.member("tool_calls", .array(calls.map(\.value))) }
    }

    /// What stands beside a choice or its usage.
    private func report(_ answer: CompletionAnswer, to writer: inout JSONWriter) {
        if let timings = answer.end.wireTimings { writer.member("timings", timings) }
        var nexus = answer.end.nexus(warnings: answer.warnings)
        if !request.wishes.echoesPrompt, !answer.promptLogprobs.isEmpty {
            nexus["prompt_logprobs"] = .array(answer.promptLogprobs.map(\.value))
        }
        if !nexus.isEmpty { writer.member("nexus", .object(nexus)) }
        if request.wishes.isVerbose {
            writer.member("__verbose", NativeAnswer(request, model: model).value(answer, index: 0))
        }
    }
}
