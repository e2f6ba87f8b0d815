import Configuration
import JSONText
import Vocabulary

/// What applies to requests that do not say themselves, beside sampling.
struct RequestDefaults: Sendable, Equatable {
    /// `nil` is as many as fit the context.
    var newTokensMax: Int?
    /// The model's own end of an answer is never chosen.
    var ignoresEnd: Bool
    var stop: [String]
    var constraint: OutputConstraint?
    /// Whether a chat whose last message is the assistant's goes on from its middle.
    var continuesLastMessage: Bool
    /// Whether gaps are told with what follows before what goes before.
    var putsSuffixFirst: Bool

    static let constraintBytesMax = 1 << 20

    init(_ parsed: ParsedCommand, readFile: ArgumentFile.Reader) throws {
        newTokensMax = parsed[EngineOption.newTokens].flatMap { $0 < 0 ? nil : $0 }
        ignoresEnd = parsed[EngineOption.ignoresEnd]
        stop = parsed.all(EngineOption.stop)
        continuesLastMessage = parsed.given(EngineOption.continuesLastMessage) ?? true
        putsSuffixFirst = parsed[EngineOption.putsSuffixFirst]
        let bytesMax = Self.constraintBytesMax
        let constraints: [OutputConstraint?] = [
            parsed[EngineOption.grammar].map { .grammar($0) },
            try parsed[EngineOption.grammarFile].map {
                .grammar(try ArgumentFile.text($0, bytesMax: bytesMax, readFile))
            },
            parsed[EngineOption.schema].map { .jsonSchema($0) },
            try parsed[EngineOption.schemaFile].map { .jsonSchema(try Self.schema($0, readFile)) },
        ]
        let given = constraints.compactMap(\.self)
        guard given.count <= 1 else {
            throw UsageError(
                problem: "--grammar, --grammar-file, --json-schema and --json-schema-file exclude each other.",
                hint: "Leave one.")
        }
        constraint = given.first
    }

    private static func schema(_ path: String, _ readFile: ArgumentFile.Reader) throws -> JSONValue {
        let bytes = try readFile(path, constraintBytesMax)
        do {
            return try JSONValue.parse(bytes)
        } catch {
            throw ServiceError(.invalidValue, "The file \(path) is not JSON: \(error)")
        }
    }
}

extension EngineOption {
    static let newTokens = CommandOption<Int>(
        "predict", also: ["-n", "--n-predict"], variable: "LLAMA_ARG_N_PREDICT", .integer(in: -1...100_000_000),
        "Tokens to write at most; -1 is as many as fit.")
    static let ignoresEnd = CommandOption<Bool>("ignore-eos", .flag, "Never take the model's own end.")
    static let stop = CommandOption<String>(
        "reverse-prompt", also: ["-r"], .text("TEXT", bytesMax: 1024), "A text that ends answers; may be repeated.")
    static let continuesLastMessage = CommandOption<Bool>(
        "prefill-assistant", also: [], negations: ["--no-prefill-assistant"],
        variable: "LLAMA_ARG_PREFILL_ASSISTANT", .flag,
        "Whether a chat that ends with the assistant's message goes on from its middle (default: it does).")
    static let putsSuffixFirst = CommandOption<Bool>(
        "spm-infill", .flag, "Tell gaps with what follows before what goes before.")
    static let grammar = CommandOption<String>(
        "grammar", .text("GBNF", bytesMax: RequestDefaults.constraintBytesMax), "Grammar that answers must match.")
    static let grammarFile = CommandOption<String>("grammar-file", .path("FILE"), "The same from a file.")
    static let schema = CommandOption<JSONValue>(
        "json-schema", also: ["-j"], .json(bytesMax: RequestDefaults.constraintBytesMax),
        "JSON Schema that answers must match; {} is any JSON.")
    static let schemaFile = CommandOption<String>(
        "json-schema-file", also: ["-jf"], .path("FILE"), "The same from a file.")

    static let requestOptions = [
        newTokens.declared, ignoresEnd.declared, stop.declared, continuesLastMessage.declared,
        putsSuffixFirst.declared, grammar.declared, grammarFile.declared,
        schema.declared, schemaFile.declared,
    ].map { $0.listed(under: "Where a request says nothing") }
}

extension ValueKind where Value == JSONValue {
    fileprivate static func json(bytesMax: Int) -> ValueKind {
        .argument("JSON of at most \(bytesMax) bytes", placeholder: "JSON") { text in
            guard text.utf8.count <= bytesMax else { return nil }
            do { return try JSONValue.parse(text) } catch { return nil }
        }
    }
}
