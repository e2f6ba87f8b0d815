import JSONText
import OpenAIAPI
import Telemetry
import Vocabulary

/// Writes one answer as Ollama's objects: one for each piece, then one that tells of the end.
struct OllamaEncoder {
    private let model: String
    private let kind: OllamaRequest.Kind
    private let conversation: [ChatMessage]?
    private let now: @Sendable () -> UnixTime
    private let began: UnixTime
    private var parts = AnswerParts()
    private var warnings: [GenerationWarning] = []
    private var text = ""

    /// - Parameters:
    ///   - request: what was asked for.
    ///   - model: the name to answer with.
    ///   - began: when the request came.
    ///   - now: the clock.
    init(_ request: OllamaRequest, model: String, began: UnixTime, now: @escaping @Sendable () -> UnixTime) {
        self.model = model
        kind = request.kind
        conversation = request.conversation
        self.now = now
        self.began = began
    }

    /// The objects that follow from an event.
    mutating func objects(for event: GenerationEvent) throws(ServiceError) -> [JSONObject] {
        switch event {
        case .loading: return []
        case .warning(let warning):
            warnings.append(warning)
            return []
        case .finished(let end):
            let last = try pieces(of: parts.take(event))
            return last + [ending(end)]
        default: return try pieces(of: parts.take(event))
        }
    }

    private mutating func pieces(of steps: [PartStep]) throws(ServiceError) -> [JSONObject] {
        var objects: [JSONObject] = []
        for step in steps {
            switch step {
            case .grew(.text, _, let more, let tokens):
                text += more
                var object = piece(content: more)
                if !tokens.isEmpty { object["logprobs"] = AnswerReports.logprobs(tokens) }
                objects.append(object)
            case .grew(.reasoning, _, let more, _): objects.append(piece(thinking: more))
            case .closed(let part):
                guard case .toolCall(let id, let name) = part.kind else { continue }
                objects.append(call(id, name, part.text, index: part.index))
            case .opened, .grew: continue
            }
        }
        return objects
    }

    private mutating func call(_ id: String, _ name: String, _ arguments: String, index: Int) -> JSONObject {
        guard let input = Self.object(arguments) else {
            warnings.append(
                GenerationWarning(
                    .toolCallUnreadable, "The arguments for '\(name)' are no JSON object; their text is in the answer.")
            )
            return piece(content: arguments)
        }
        let call: JSONValue = [
            "id": .string(id),
            "function": ["index": .whole(index), "name": .string(name), "arguments": .object(input)],
        ]
        return piece(calls: [call])
    }

    private static func object(_ arguments: String) -> JSONObject? {
        if arguments.allSatisfy(\.isWhitespace) { return [:] }
        do { return try JSONValue.parse(arguments).object } catch { return nil }
    }

    // MARK: Objects

    private func piece(content: String = "", thinking: String? = nil, calls: [JSONValue] = []) -> JSONObject {
        var object = head
        switch kind {
        case .chat:
            var message: JSONObject = ["role": "assistant", "content": .string(content)]
            message["thinking"] = thinking.map(JSONValue.string)
            if !calls.isEmpty { message["tool_calls"] = .array(calls) }
            object["message"] = .object(message)
        case .generate:
            object["response"] = .string(content)
            object["thinking"] = thinking.map(JSONValue.string)
            if !calls.isEmpty { object["tool_calls"] = .array(calls) }
        }
        object["done"] = false
        return object
    }

    private var head: JSONObject { ["model": .string(model), "created_at": .string(now().rfc3339)] }

    /// The answer to a request that asks for nothing but the model.
    func order(_ reason: String) -> JSONObject {
        var object = piece()
        object["done"] = true
        object["done_reason"] = .string(reason)
        return object
    }

    /// Times are in nanoseconds; where the server does not tell them, they are left out.
    private func ending(_ end: GenerationEnd) -> JSONObject {
        var object = order(end.reason == .length ? "length" : "stop")
        if let conversation {
            object["context"] = OllamaContext.value(conversation + [ChatMessage(.assistant, text)])
        }
        let total = now().nanoseconds - began.nanoseconds
        object["total_duration"] = .integer(total)
        // What is left of the time: loading the model, where it was not there, and the way to it.
        object["load_duration"] = end.timings.map {
            .integer(max(0, total - ($0.queue + $0.prefill + $0.decode).nanoseconds))
        }
        object["prompt_eval_count"] = .whole(end.usage.promptTokens)
        object["prompt_eval_duration"] = end.timings.map { .integer($0.prefill.nanoseconds) }
        object["eval_count"] = .whole(end.usage.completionTokens)
        object["eval_duration"] = end.timings.map { .integer($0.decode.nanoseconds) }
        object["nexus"] = AnswerReports.nexus(end, warnings: warnings)
        return object
    }
}

extension OllamaEncoder {
    /// The one object of an answer that is not streamed: all pieces together, with the end.
    static func whole(_ objects: [JSONObject], _ kind: OllamaRequest.Kind) -> JSONObject {
        guard var last = objects.last else { return [:] }
        var (content, thinking) = ("", "")
        var (calls, logprobs): ([JSONValue], [JSONValue]) = ([], [])
        for object in objects {
            let piece = kind == .chat ? object["message"] ?? .null : .object(object)
            content += piece[kind == .chat ? "content" : "response"]?.string ?? ""
            thinking += piece["thinking"]?.string ?? ""
            calls += piece["tool_calls"]?.array ?? []
            logprobs += object["logprobs"]?.array ?? []
        }
        var message: JSONObject = kind == .chat ? ["role": "assistant"] : [:]
        message[kind == .chat ? "content" : "response"] = .string(content)
        if !thinking.isEmpty { message["thinking"] = .string(thinking) }
        if !calls.isEmpty { message["tool_calls"] = .array(calls) }
        if kind == .chat {
            last["message"] = .object(message)
        } else {
            for (name, value) in message { last[name] = value }
        }
        if !logprobs.isEmpty { last["logprobs"] = .array(logprobs) }
        return last
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
