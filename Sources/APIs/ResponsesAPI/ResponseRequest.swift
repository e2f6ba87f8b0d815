import JSONText
import OpenAIAPI
import RequestScope
public import Vocabulary

/// One request for a response: what to generate, and what the answer repeats of it.
///
/// Source: OpenAI's API reference, "Create a model response". Differs from it in: without a memory nothing is stored, so that
/// every request brings the whole conversation in `input`; and the names that llama-server and this server have beside
/// OpenAI's count.
public struct ResponseRequest: Sendable, Equatable {
    public var generation: GenerationRequest
    public var isStreaming: Bool
    /// Whether the answer tells how likely its tokens were.
    public var tellsLogprobs: Bool
    /// What went differently from what was asked for before anything was written.
    public var warnings: [GenerationWarning]
    /// Members of the request as the answer repeats them.
    let echo: ResponseEcho
    /// What it says of memory.
    let state: ResponseState
    /// What ids of the answer end with.
    let suffix: String

    /// Members that mean something else in a chat, or that are read here.
    private static let own: Set<String> = ["top_logprobs", "logprobs", "stream_options", "text", "reasoning", "n"]

    /// Reads the body of `POST /v1/responses`.
    ///
    /// - Parameters:
    ///   - body: JSON text.
    ///   - id: of the request.
    ///   - scheduling: what applies where the body says nothing.
    /// - Throws: a `ServiceError` with the path of what is wrong.
    public init(
        _ body: [UInt8], id: RequestID, scheduling: SchedulingOptions = SchedulingOptions()
    ) throws(ServiceError) {
        try self.init(root: try JSONField.body(body), id: id, scheduling: scheduling)
    }

    /// A request with what came before it.
    ///
    /// - Parameters:
    ///   - root: the body.
    ///   - id: of the request.
    ///   - scheduling: what applies where the body says nothing.
    ///   - remembered: what it says of memory, the items before its own, and what its ids end with; `nil` where there is no
    ///     memory.
    /// - Throws: a `ServiceError` with the path of what is wrong.
    init(
        root: JSONField, id: RequestID, scheduling: SchedulingOptions,
        remembered: (state: ResponseState, history: [JSONValue], suffix: String)? = nil
    ) throws(ServiceError) {
        do {
            if remembered == nil { try Self.refuseState(root) }
            try Self.refusePrompt(root)
            let tools = try ResponseTools(root)
            let instructions = try root.optional("instructions")
            var messages = try instructions.map { [ChatMessage(.system, try $0.string())] } ?? []
            if let history = remembered?.history, !history.isEmpty {
                messages += try InputItems.messages(JSONField(.array(history), path: "previous items"))
                messages = try InputItems.messages(try root.required("input"), after: messages)
            } else {
                messages += try InputItems.messages(try root.required("input"))
            }
            let shared = JSONObject(try root.object().filter { !Self.own.contains($0.key) }.map { ($0.key, $0.value) })
            var generation = try CompletionRequest.chat(
                messages, tools: tools.tools, fields: RequestFields(root: JSONField(.object(shared))), id: id,
                scheduling: scheduling)
            generation.toolChoice = tools.choice
            generation.allowsParallelToolCalls = try root.optional("parallel_tool_calls")?.bool()
            if let most = try root.optional("max_output_tokens") {
                generation.newTokensMax = try most.integer(in: 1...RequestBounds.newTokensMax)
            }
            generation.topLogprobs = try Self.topLogprobs(root)
            try Self.readFormat(root, into: &generation)
            if let effort = try root.optional("reasoning")?.optional("effort") {
                try ReasoningFields.note(effort: effort, in: &generation.reasoning)
            }
            self.generation = generation
            isStreaming = try root.optional("stream")?.bool() ?? false
            tellsLogprobs = generation.topLogprobs != nil
            warnings = tools.warnings
            state = remembered?.state ?? .none
            suffix = remembered?.suffix ?? id.text.replacing("req_", with: "", maxReplacements: 1)
            echo = try ResponseEcho(root, tools: tools, state: state)
        } catch {
            throw ServiceError(reading: error)
        }
    }

    /// How the text must look: `text.format`.
    private static func readFormat(_ root: JSONField, into generation: inout GenerationRequest) throws {
        guard let format = try root.optional("text")?.optional("format"),
            let constraint = try ConstraintFields.responseFormat(format)
        else { return }
        guard generation.constraint == nil else {
            throw format.fail("stands beside another constraint; an answer follows one of them only")
        }
        generation.constraint = constraint
    }

    /// `top_logprobs`, or the wish for logprobs in `include`.
    private static func topLogprobs(_ root: JSONField) throws -> Int? {
        let included = try root.optional("include")?.elements(countMax: RequestBounds.toolsMax) ?? []
        let isIncluded = included.contains { $0.value == "message.output_text.logprobs" }
        let count = try root.optional("top_logprobs")?.integer(in: 0...RequestBounds.topLogprobsMax) ?? 0
        return isIncluded || count > 0 ? count : nil
    }

    /// Refuses what needs a server that remembers.
    private static func refuseState(_ root: JSONField) throws {
        let absent: [(name: String, harmless: [JSONValue], reason: String, hint: String)] = [
            (
                "previous_response_id", [""], "This server keeps no responses, so there is none to go on from.",
                "Send the whole conversation as 'input'."
            ),
            (
                "conversation", [], "This server keeps no conversations.", "Send the whole conversation as 'input'."
            ),
            (
                "background", [false], "This server answers while the request is open, and not in the background.",
                "Leave 'background' out, and use 'stream' to see the answer as it is written."
            ),
        ]
        for (name, harmless, reason, hint) in absent {
            guard let field = try root.optional(name), !harmless.contains(field.value) else { continue }
            throw ServiceError(.unsupported, reason, hint: hint, parameter: name)
        }
    }

    private static func refusePrompt(_ root: JSONField) throws {
        guard try root.optional("prompt") != nil else { return }
        throw ServiceError(
            .unsupported, "This server keeps no prompts.",
            hint: "Send the prompt's text in 'instructions' and 'input'.",
            parameter: "prompt")
    }
}

/// What an answer repeats of its request.
struct ResponseEcho: Sendable, Equatable {
    let members: JSONObject

    /// - Throws: the path of what is wrong.
    init(_ root: JSONField, tools: ResponseTools, state: ResponseState) throws(JSONFieldError) {
        let reasoning = try root.optional("reasoning")
        let text = try root.optional("text")
        func said(_ name: String) -> JSONValue { root.value[name] ?? .null }
        var members: JSONObject = [
            "instructions": said("instructions"), "max_output_tokens": said("max_output_tokens"),
            "max_tool_calls": said("max_tool_calls"),
            "metadata": .object(try root.optional("metadata")?.object() ?? [:]),
            "parallel_tool_calls": root.value["parallel_tool_calls"]?.bool.map(JSONValue.bool) ?? true,
            "prompt_cache_key": said("prompt_cache_key"),
            "reasoning": ["effort": reasoning?.value["effort"] ?? .null, "summary": nil],
            "safety_identifier": said("safety_identifier"), "service_tier": "default",
            "temperature": said("temperature"),
            "text": [
                "format": text?.value["format"] ?? ["type": "text"], "verbosity": text?.value["verbosity"] ?? .null,
            ],
            "tool_choice": root.value["tool_choice"] ?? "auto", "tools": .array(tools.described),
            "top_logprobs": root.value["top_logprobs"] ?? 0, "top_p": said("top_p"), "truncation": "disabled",
            "user": said("user"),
        ]
        for (name, value) in state.members { members[name] = value }
        self.members = members
    }
}
