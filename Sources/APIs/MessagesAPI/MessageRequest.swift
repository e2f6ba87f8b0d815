import JSONText
import OpenAIAPI
import RequestScope
public import Vocabulary

/// One request for a message: what to generate, and how to answer.
///
/// Source: Anthropic's API reference, "Create a Message". Differs from it in: the names that llama-server and this server
/// have beside Anthropic's count, too, and thinking may have any budget.
public struct MessageRequest: Sendable, Equatable {
    public var generation: GenerationRequest
    public var isStreaming: Bool
    /// What went differently from what was asked for before anything was written.
    public var warnings: [GenerationWarning]
    /// Whether it marks what is to be cached, and so wants to be told what was.
    let marksCache: Bool

    /// What a request is for.
    public enum Purpose: Sendable {
        case answer
        /// Counting needs no bound of the answer.
        case count
    }

    /// Members that mean something else in a chat, or that are read here.
    private static let own: Set<String> = ["n", "logprobs", "top_logprobs", "stream_options", "stop"]

    /// Reads the body of `POST /v1/messages` or `/v1/messages/count_tokens`.
    ///
    /// - Parameters:
    ///   - body: JSON text.
    ///   - id: of the request.
    ///   - purpose: which of the two it is.
    ///   - scheduling: what applies where the body says nothing.
    /// - Throws: a `ServiceError` with the path of what is wrong.
    public init(
        _ body: [UInt8], id: RequestID, for purpose: Purpose = .answer,
        scheduling: SchedulingOptions = SchedulingOptions()
    ) throws(ServiceError) {
        let root = try JSONField.body(body)
        do {
            try Self.refuseUnsupported(root)
            // In the other APIs a number below these bounds means that there is none; here it is a mistake.
            if purpose == .answer { _ = try root.required("max_tokens").integer(in: 1...RequestBounds.newTokensMax) }
            _ = try root.optional("top_k")?.integer(in: 0...Int(Int32.max))
            let tools = try MessageTools(root)
            let messages = try MessageBlocks.messages(root)
            let shared = JSONObject(try root.object().filter { !Self.own.contains($0.key) }.map { ($0.key, $0.value) })
            var generation = try CompletionRequest.chat(
                messages, tools: tools.tools, fields: RequestFields(root: JSONField(.object(shared))), id: id,
                scheduling: scheduling)
            generation.toolChoice = tools.choice
            generation.allowsParallelToolCalls = tools.allowsParallel
            generation.stop = try Self.stops(root)
            try Self.readThinking(root, into: &generation.reasoning)
            try Self.readOutput(root, into: &generation)
            let control = try CacheControl(root)
            control.apply(to: &generation.cache)
            marksCache = control.isMarked
            self.generation = generation
            isStreaming = try root.optional("stream")?.bool() ?? false
            warnings = tools.warnings
        } catch {
            throw ServiceError(reading: error)
        }
    }

    private static func stops(_ root: JSONField) throws(JSONFieldError) -> [String] {
        var texts: [String] = []
        for element in try root.optional("stop_sequences")?.elements(countMax: RequestBounds.stopsMax) ?? [] {
            texts.append(try element.string(bytesIn: 0...RequestBounds.stopBytesMax))
        }
        return texts
    }

    /// A budget is a wish to think, and `adaptive` leaves it to the model.
    private static func readThinking(_ root: JSONField, into options: inout ReasoningOptions) throws(JSONFieldError) {
        guard let field = try root.optional("thinking") else { return }
        let type = try field.required("type")
        switch try type.string() {
        case "enabled":
            options.isEnabled = true
            options.tokensMax = try field.required("budget_tokens").integer(in: 0...RequestBounds.newTokensMax)
        case "disabled": options.isEnabled = false
        case "adaptive", "between_tools": break
        case let other:
            throw type.fail("must be \"enabled\", \"disabled\" or \"adaptive\", not \"\(other.prefix(40))\"")
        }
    }

    /// `output_config` with effort and format, and `output_format`, which was the format's place before.
    private static func readOutput(_ root: JSONField, into generation: inout GenerationRequest) throws {
        let output = try root.optional("output_config")
        if let effort = try output?.optional("effort") {
            try ReasoningFields.note(effort: effort, in: &generation.reasoning)
        }
        guard let format = try output?.optional("format") ?? root.optional("output_format"),
            let constraint = try ConstraintFields.responseFormat(format)
        else { return }
        guard generation.constraint == nil else {
            throw format.fail("stands beside another constraint; an answer follows one of them only")
        }
        generation.constraint = constraint
    }

    /// Refuses what would need another server's help.
    private static func refuseUnsupported(_ root: JSONField) throws {
        guard let servers = try root.optional("mcp_servers"), servers.value.array?.isEmpty == false else { return }
        throw ServiceError(
            .unsupported, "This server calls no MCP servers.", hint: "Offer their tools in 'tools', and call them.",
            parameter: servers.path)
    }
}
