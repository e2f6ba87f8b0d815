import JSONText
import Vocabulary

/// What a client wants to find in its answer beside the text, by llama-server's names.
public struct AnswerWishes: Sendable, Equatable {
    /// `timings_per_token`: where the time went, with each piece of a stream.
    public var tellsTimings = false
    /// `return_tokens`: the ids of the answer's tokens.
    public var returnsTokens = false
    /// `verbose`: llama-server's own shape of the answer beside OpenAI's, in `__verbose`.
    public var isVerbose = false
    /// `echo`: the prompt stands before the answer.
    public var echoesPrompt = false
    /// `response_fields`: the only members to answer with; paths have slashes. Empty is all.
    public var fields: [String] = []

    public init() {}

    init(_ root: JSONField) throws(JSONFieldError) {
        tellsTimings = try root.optional("timings_per_token")?.bool() ?? false
        returnsTokens = try root.optional("return_tokens")?.bool() ?? false
        isVerbose = try root.optional("verbose")?.bool() ?? false
        guard let field = try root.optional("response_fields") else { return }
        for element in try field.elements(countMax: RequestBounds.stopsMax) {
            fields.append(try element.keptText(bytesIn: 0...RequestBounds.nameBytesMax))
        }
    }

    /// What the engine must tell for it.
    func apply(to reports: inout ReportOptions, isStreaming: Bool) {
        if returnsTokens || isStreaming && tellsTimings { reports.tokens = true }
        if isVerbose { reports.details = true }
    }
}
