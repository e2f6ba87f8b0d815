import JSONText
import Vocabulary

/// The bounds of what a request may say. Beyond each there is an error, never a silent cut.
enum RequestBounds {
    static let messagesMax = 10_000
    static let toolsMax = 1_024
    static let stopsMax = 64
    /// Bytes of one stop text. They are looked for after each token, on the thread that serves everyone.
    static let stopBytesMax = 1_024
    static let tokensMax = 10_000_000
    /// The largest count that reaches the engine: 32 bits with a sign.
    static let newTokensMax = Int(Int32.max)
}

/// Reads the fields that chat and text completions share.
struct RequestFields {
    let root: JSONField

    /// Reads a body as a JSON object.
    init(body: [UInt8]) throws(ServiceError) {
        do {
            root = JSONField(try JSONValue.parse(body))
        } catch {
            throw ServiceError(
                .invalidJSON, "The body is not valid JSON: \(error).", hint: "Send one JSON object as the body.")
        }
        guard root.value.object != nil else {
            throw ServiceError(
                .invalidValue, "The body must be a JSON object, not \(root.value.kind).",
                hint: "Send an object with the members `model` and `messages` or `prompt`.")
        }
    }

    func model() throws(JSONFieldError) -> ModelID {
        ModelID(try root.optional("model")?.string() ?? "")
    }

    func isStreaming() throws(JSONFieldError) -> Bool { try root.optional("stream")?.bool() ?? false }

    func includesUsage() throws(JSONFieldError) -> Bool {
        try root.optional("stream_options")?.optional("include_usage")?.bool() ?? false
    }

    func newTokensMax() throws(JSONFieldError) -> Int? {
        if let field = try root.optional("max_completion_tokens") {
            return try field.integer(in: 1...RequestBounds.newTokensMax)
        }
        return try root.optional("max_tokens")?.integer(in: 1...RequestBounds.newTokensMax)
    }

    func sampling() throws(JSONFieldError) -> SamplingParameters {
        SamplingParameters(
            temperature: try root.optional("temperature")?.number(in: 0...10),
            topP: try root.optional("top_p")?.number(in: 0...1),
            topK: try root.optional("top_k")?.integer(in: 0...RequestBounds.tokensMax),
            minP: try root.optional("min_p")?.number(in: 0...1),
            seed: try root.optional("seed")?.integer(in: .min ... .max).seed)
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
        let text = try field.string()
        guard text.utf8.count <= RequestBounds.stopBytesMax else {
            throw field.fail("has \(text.utf8.count) bytes, at most \(RequestBounds.stopBytesMax) are allowed")
        }
        return text
    }

    /// Refuses what is in the API but not in this server, unless it asks for what happens anyway.
    func refuseUnsupported() throws(ServiceError) {
        for (name, harmless) in Self.harmless {
            guard let value = root.value[name], !value.isNull, !harmless.contains(value) else { continue }
            throw ServiceError(
                .unsupported, "'\(name)' is not supported by this server with the value \(value.text.prefix(80)).",
                hint: "Leave '\(name)' out.", parameter: name)
        }
    }

    /// Members that this server does not act on, and the values that ask for nothing.
    private static let harmless: [(name: String, values: [JSONValue])] = [
        ("n", [1]), ("best_of", [1]), ("logprobs", [false, 0]), ("top_logprobs", [0]),
        ("frequency_penalty", [0, 0.0]), ("presence_penalty", [0, 0.0]), ("repetition_penalty", [1, 1.0]),
        ("logit_bias", [[:]]), ("echo", [false]), ("suffix", [""]), ("response_format", [["type": "text"]]),
        ("functions", [[]]), ("function_call", ["none", "auto"]), ("modalities", [["text"]]), ("audio", []),
    ]
}

extension Int {
    /// A seed for the engine: the lower 32 bits; negative numbers mean "any".
    fileprivate var seed: UInt32? { self < 0 ? nil : UInt32(truncatingIfNeeded: self) }
}

extension ServiceError {
    /// The error of reading a request, in the words of this API.
    init(reading error: any Error) {
        switch error {
        case let error as ServiceError:
            self = error
        case let error as JSONFieldError:
            self.init(
                .invalidValue, "'\(error.path)' \(error.problem).",
                hint: "See the API reference for the allowed values.", parameter: error.path)
        default:
            self.init(.internalError, "The request could not be read.", detail: String(describing: error))
        }
    }
}
