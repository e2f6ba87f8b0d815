import Vocabulary

/// How a query and a document become one sequence for a model that ranks.
///
/// Source: `format_prompt_rerank` of llama-server. Differs from it in: a separator stands at the end too where there is no
/// end token, as BERT's cross-encoders were trained; control texts in queries and documents stay text.
public struct PairForm: Sendable, Equatable {
    /// Tokens before the query, between the two, and after the document.
    public var before: [Int32]
    public var between: [Int32]
    public var after: [Int32]
    /// A text with `{query}` and `{document}` that stands for all of it.
    public var template: String?

    public init(before: [Int32] = [], between: [Int32] = [], after: [Int32] = [], template: String? = nil) {
        self.before = before
        self.between = between
        self.after = after
        self.template = template
    }

    /// The template with a query and a document in it. Both at once, so that a query that says `{document}` stays what it
    /// is.
    static func fill(_ template: String, query: String, document: String) -> String {
        var filled = ""
        var rest = template[...]
        while let brace = rest.firstIndex(of: "{") {
            filled += rest[..<brace]
            rest = rest[brace...]
            if rest.hasPrefix("{query}") {
                filled += query
                rest = rest.dropFirst("{query}".count)
            } else if rest.hasPrefix("{document}") {
                filled += document
                rest = rest.dropFirst("{document}".count)
            } else {
                filled += "{"
                rest = rest.dropFirst()
            }
        }
        return filled + rest
    }
}

/// Puts documents beside one query.
struct PairReader<Tokenizer: Tokenizing>: Sendable {
    private let tokenizer: Tokenizer
    private let form: PairForm
    private let guarded: ControlTextGuard
    /// The query, with its control texts taken for text.
    private let query: String
    /// What stands before each document; without a template.
    private let start: [Int32]

    /// - Throws: `ServiceError` when the query has characters outside the vocabulary.
    init(_ form: PairForm, query: String, tokenizer: Tokenizer) throws(ServiceError) {
        self.form = form
        self.tokenizer = tokenizer
        guarded = ControlTextGuard(controlTexts: tokenizer.controlTexts)
        self.query = guarded.protect(query)
        start =
            form.template == nil
            ? form.before + (try tokenizer.tokens(of: query, addsSpecial: false, parsesSpecial: false)) + form.between
            : []
    }

    /// The sequence of the query with a document.
    ///
    /// - Parameters:
    ///   - document: its text.
    ///   - documentTokensMax: how many of its tokens to read; `nil` is all.
    ///   - tokensMax: cuts the document so that the sequence has at most as many tokens; `nil` cuts nothing.
    /// - Returns: its tokens; more than `tokensMax` only when the query alone has too many.
    /// - Throws: `ServiceError` when the document has characters outside the vocabulary.
    func sequence(_ document: String, documentTokensMax: Int?, tokensMax: Int?) throws(ServiceError) -> [Int32] {
        guard let template = form.template else {
            var tokens = try tokenizer.tokens(of: document, addsSpecial: false, parsesSpecial: false)
            let room = tokensMax.map { max(0, $0 - start.count - form.after.count) } ?? .max
            tokens = Array(tokens.prefix(min(room, documentTokensMax ?? .max)))
            return start + tokens + form.after
        }
        var sequence = try filled(template, document)
        let allowed = tokensMax ?? .max
        guard documentTokensMax != nil || sequence.count > allowed else { return sequence }
        let tokens = try tokenizer.tokens(of: document, addsSpecial: false, parsesSpecial: false)
        var kept = min(tokens.count, documentTokensMax ?? .max)
        sequence = try filled(template, text(of: tokens.prefix(kept)))
        // At the seams texts may have another number of tokens than alone, so once may not be enough.
        while sequence.count > allowed, kept > 0 {
            kept = max(0, kept - (sequence.count - allowed))
            sequence = try filled(template, text(of: tokens.prefix(kept)))
        }
        return sequence
    }

    private func filled(_ template: String, _ document: String) throws(ServiceError) -> [Int32] {
        let text = PairForm.fill(template, query: query, document: guarded.protect(document))
        var tokens: [Int32] = []
        for (index, piece) in guarded.pieces(of: text).enumerated() {
            tokens += try tokenizer.tokens(of: piece, addsSpecial: index == 0, parsesSpecial: true)
        }
        return tokens
    }

    private func text(of tokens: ArraySlice<Int32>) -> String {
        String(decoding: tokens.flatMap(tokenizer.bytes), as: UTF8.self)
    }
}
