public import JSONText
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

    /// The object of all choices. Timings and `nexus` stand beside the usage when there is one choice, and in each choice
    /// when there are several.
    public func value(_ choices: [CompletionAnswer]) -> JSONValue {
        let isSingle = choices.count == 1
        var object = frame.whole(
            choices: choices.enumerated().map { index, answer in
                var choice = choice(answer, index)
                if !isSingle { report(answer, in: &choice) }
                return .object(choice)
            })
        object["usage"] = TokenUsage(sumOf: choices.map(\.end.usage), choicesPerPrompt: choicesPerPrompt).value
        if isSingle { report(choices[0], in: &object) }
        return .object(object)
    }

    private func choice(_ answer: CompletionAnswer, _ index: Int) -> JSONObject {
        var choice: JSONObject = ["index": .whole(index)]
        switch frame.kind {
        case .chat: choice["message"] = .object(message(answer))
        case .text:
            choice["text"] = .string(echo(answer, index) + answer.text)
            if !answer.reasoning.isEmpty { choice["reasoning_content"] = .string(answer.reasoning) }
        }
        var logprobs = WireLogprobs()
        var told = JSONValue.null
        if request.wishes.echoesPrompt, !answer.promptLogprobs.isEmpty {
            told = logprobs.value(prompt: answer.promptLogprobs, answer: answer.logprobs)
        } else {
            told = logprobs.value(answer.logprobs, frame.kind)
        }
        choice["logprobs"] = told
        choice["finish_reason"] = .string(frame.finishReason(answer.end.reason))
        return choice
    }

    /// The prompt before its answer, where it is wanted.
    private func echo(_ answer: CompletionAnswer, _ index: Int) -> String {
        guard request.wishes.echoesPrompt else { return "" }
        let prompts = [request.generation.prompt] + request.otherPrompts
        let prompt = prompts[min(index / max(1, choicesPerPrompt), prompts.count - 1)]
        return prompt.plainText ?? answer.end.details?.prompt ?? answer.promptLogprobs.text
    }

    private func message(_ answer: CompletionAnswer) -> JSONObject {
        var message: JSONObject = ["role": "assistant", "content": .string(answer.text), "refusal": nil]
        if !answer.reasoning.isEmpty { message["reasoning_content"] = .string(answer.reasoning) }
        guard let first = answer.toolCalls.first else { return message }
        if answer.text.isEmpty { message["content"] = .null }
        var calls = answer.toolCalls
        if frame.usesFunctions {
            message["function_call"] = first.function
            calls.removeFirst()
        }
        if !calls.isEmpty { message["tool_calls"] = .array(calls.map(\.value)) }
        return message
    }

    private func report(_ answer: CompletionAnswer, in object: inout JSONObject) {
        object["timings"] = answer.end.timings?.value(answer.end.usage)
        var nexus = answer.end.nexus(warnings: answer.warnings)
        if !request.wishes.echoesPrompt, !answer.promptLogprobs.isEmpty {
            nexus["prompt_logprobs"] = .array(answer.promptLogprobs.map(\.value))
        }
        if !nexus.isEmpty { object["nexus"] = .object(nexus) }
        if request.wishes.isVerbose {
            object["__verbose"] = NativeAnswer(request, model: model).value(answer, index: 0)
        }
    }
}
