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

    /// The sequences of a query with each document.
    func sequences(
        query: String, documents: [String], tokenizer: some Tokenizing
    ) throws(ServiceError) -> [[Int32]] {
        var sequences: [[Int32]] = []
        if let template {
            let guarded = ControlTextGuard(controlTexts: tokenizer.controlTexts)
            let query = guarded.protect(query)
            for document in documents {
                let text = Self.fill(template, query: query, document: guarded.protect(document))
                var tokens: [Int32] = []
                for (index, piece) in guarded.pieces(of: text).enumerated() {
                    tokens += try tokenizer.tokens(of: piece, addsSpecial: index == 0, parsesSpecial: true)
                }
                sequences.append(tokens)
            }
            return sequences
        }
        let start = before + (try tokenizer.tokens(of: query, addsSpecial: false, parsesSpecial: false)) + between
        for document in documents {
            sequences.append(
                start + (try tokenizer.tokens(of: document, addsSpecial: false, parsesSpecial: false)) + after)
        }
        return sequences
    }

    /// Both at once, so that a query that says `{document}` stays what it is.
    private static func fill(_ template: String, query: String, document: String) -> String {
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
