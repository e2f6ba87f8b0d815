public import JSONText
import RequestScope
public import Vocabulary

/// Reads the fields that chat and text completions share, and the chats of other dialects with them.
public struct RequestFields {
    let root: JSONField

    /// Reads a body as a JSON object that asks for nothing that this server cannot do.
    init(body: [UInt8]) throws(ServiceError) {
        try self.init(root: try JSONField.body(body))
    }

    /// The fields of a request in another dialect, without those that mean something else there.
    ///
    /// - Parameter root: an object.
    /// - Throws: `unsupported` when it asks for what this server cannot do.
    public init(root: JSONField) throws(ServiceError) {
        self.root = root
        try refuseUnsupported()
    }

    /// Whether there are members beside those that most requests have, which are read first.
    var mayTellMore: Bool {
        root.value.object?.contains { !SamplingTable.isOther($0.key) && !Self.usual.contains($0.key) } ?? true
    }

    private static let usual = Set(
        ["model", "messages", "prompt", "stream", "stream_options", "n", "max_tokens", "max_completion_tokens", "stop"]
            + ["tools", "tool_choice", "parallel_tool_calls", "user", "seed"]
            + SamplingTable.names)

    func model() throws(JSONFieldError) -> ModelID {
        ModelID(try root.optional("model")?.string() ?? "")
    }

    func flag(_ name: String) throws(JSONFieldError) -> Bool? { try root.optional(name)?.bool() }

    func includesUsage() throws(JSONFieldError) -> Bool {
        try root.optional("stream_options")?.optional("include_usage")?.bool() ?? false
    }

    /// The first of the names that is there; -1 is llama-server's word for no limit, 0 for the prompt only.
    func newTokensMax() throws(JSONFieldError) -> Int? {
        let names = ["n_predict", "max_completion_tokens", "max_tokens"]
        let count = try root.optional(firstOf: names)?.integer(in: -1...RequestBounds.newTokensMax)
        return count == -1 ? nil : count
    }

    /// How many answers each prompt gets.
    func choicesPerPrompt() throws -> Int {
        let count = try root.optional(firstOf: ["n", "n_cmpl"])?.integer(in: 1...RequestBounds.choicesMax) ?? 1
        guard let best = try root.optional("best_of"), try best.integer(in: 1...RequestBounds.choicesMax) != count
        else {
            return count
        }
        throw ServiceError(
            .unsupported,
            "'best_of' is \(best.value.text) and 'n' is \(count); this server returns every answer it writes.",
            hint: "Leave 'best_of' out.", parameter: "best_of")
    }

    func sampling() throws(JSONFieldError) -> SamplingParameters {
        var parameters = try SamplingTable.read(root)
        parameters.seed = try root.optional("seed")?.integer(in: .min ... .max).seed
        parameters.logitBias = try root.optional("logit_bias").map(LogitBiasFields.read)
        parameters.order = try root.optional("samplers").map(SamplerNames.order)
        if let field = try root.optional("dry_sequence_breakers") {
            var texts: [String] = []
            for element in try field.elements(countMax: RequestBounds.breakersMax) {
                texts.append(try element.string(bytesIn: 1...RequestBounds.stopBytesMax))
            }
            parameters.drySequenceBreakers = texts
        }
        return parameters
    }

    /// How many likely tokens to report. Chats say `logprobs` and `top_logprobs`, texts `logprobs` with a number, and
    /// llama-server `n_probs`.
    func topLogprobs(_ kind: CompletionRequest.Kind) throws(JSONFieldError) -> Int? {
        let probabilities = try root.optional("n_probs")?.integer(in: 0...RequestBounds.probabilitiesMax)
        if let probabilities, probabilities > 0 { return probabilities }
        let field = try root.optional("logprobs")
        if kind == .text, let field, field.value.bool == nil {
            return try field.integer(in: 0...RequestBounds.topLogprobsMax)
        }
        let isAsked = try field?.bool() ?? false
        guard let top = try root.optional("top_logprobs") else { return isAsked ? 0 : nil }
        let count = try top.integer(in: 0...RequestBounds.topLogprobsMax)
        guard isAsked || count == 0 else { throw top.fail("needs 'logprobs' to be true") }
        return isAsked ? count : nil
    }

    func stop() throws(JSONFieldError) -> [String] {
        guard let field = try root.optional("stop") else { return [] }
        if case .string = field.value { return [try stop(field)] }
        guard field.value.array != nil else { throw field.fail("must be a string or an array of strings") }
        var texts: [String] = []
        let elements = try field.elements(countMax: RequestBounds.stopsMax)
        for element in elements { texts.append(try stop(element)) }
        return texts
    }

    private func stop(_ field: JSONField) throws(JSONFieldError) -> String {
        try field.string(bytesIn: 0...RequestBounds.stopBytesMax)
    }

    /// Refuses what is in the API but not in this server, unless it asks for what happens anyway.
    private func refuseUnsupported() throws(ServiceError) {
        for (name, harmless) in Self.harmless {
            guard let value = root.value[name], !value.isNull, !harmless.contains(value) else { continue }
            throw ServiceError(
                .unsupported, "'\(name)' is not supported by this server with the value \(value.text.prefix(80)).",
                hint: "Leave '\(name)' out.", parameter: name)
        }
    }

    /// Members that this server does not act on, and the values that ask for nothing.
    private static let harmless: [(name: String, values: [JSONValue])] = [
        ("modalities", [["text"]]), ("audio", []),
    ]
}

extension Int {
    /// A seed for the engine: the lower 32 bits; negative numbers mean "any".
    fileprivate var seed: UInt32? { self < 0 ? nil : UInt32(truncatingIfNeeded: self) }
}
