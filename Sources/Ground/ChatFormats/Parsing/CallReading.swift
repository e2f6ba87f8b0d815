import JSONText

/// What a reader found out with the byte it was just given.
enum CallEvent: Sendable, Equatable {
    /// The call is certain: its function was offered, and its arguments have begun.
    case started(name: String, id: String?)
    /// More of the arguments, as JSON text.
    case arguments([UInt8])
    case completed
    /// Text for the user that the form wraps, as `{"response": …}` does.
    case text(String)
}

/// How reading goes on after a byte.
enum ReadingVerdict: Sendable, Equatable {
    case more
    /// The form's body is over, with this byte or before it.
    case ended(isByteUsed: Bool)
    case failed(CallFailure)
}

/// Why something that looked like a call is none.
enum CallFailure: Sendable, Equatable {
    case malformed
    case unknownFunction(String)
    case tooLong
    /// One call was allowed.
    case secondCall

    var sentence: String {
        switch self {
        case .malformed: "What looked like a tool call could not be read; it is in the text."
        case .unknownFunction(let name):
            "The model called '\(name)', which was not offered; the call is in the text."
        case .tooLong: "What looked like a tool call did not begin in a long text; it is in the text."
        case .secondCall: "The model called a second tool, and one call was allowed; the second is in the text."
        }
    }
}

/// The functions that may be called, with what is known of their parameters.
struct OfferedTools: Sendable {
    private let parameters: [String: JSONValue]

    init(_ tools: [(name: String, parameters: JSONValue)]) {
        parameters = Dictionary(tools.map { ($0.name, $0.parameters) }) { first, _ in first }
    }

    var isEmpty: Bool { parameters.isEmpty }
    func contains(_ name: String) -> Bool { parameters[name] != nil }

    /// The schema of one parameter of a function, as far as it says one directly.
    func schema(of parameter: String, in function: String) -> JSONValue? {
        parameters[function]?["properties"]?[parameter]
    }

    /// The parameters in the order of the schema, for forms that pass them by position.
    func parameterNames(of function: String) -> [String] {
        parameters[function]?["properties"]?.object?.keys ?? []
    }
}

/// Reads the body of one form of calls, after its opening. Which reader it is shows with the first byte that is no space.
struct CallReader: Sendable {
    private let body: CallSyntax.Body
    private let tools: OfferedTools
    private let isTentative: Bool

    // One of them is there once the form is known; as stored properties they change in place.
    private var json: JSONCallReader?
    private var named: NamedCallReader?
    private var literal: LiteralCallReader?
    private var envelope: EnvelopeReader?

    init(_ syntax: CallSyntax, tools: OfferedTools) {
        body = syntax.body
        isTentative = syntax.isTentative
        self.tools = tools
    }

    mutating func feed(_ byte: UInt8, into events: inout [CallEvent]) -> ReadingVerdict {
        if let verdict = json?.feed(byte, into: &events) { return verdict }
        if let verdict = named?.feed(byte, into: &events) { return verdict }
        if let verdict = literal?.feed(byte, into: &events) { return verdict }
        if let verdict = envelope?.feed(byte, into: &events) { return verdict }
        if byte.isJSONSpace { return .more }
        return choose(byte) ? feed(byte, into: &events) : .failed(.malformed)
    }

    /// At the end of the answer: completes a call that has all it needs. `false` when a call is unfinished.
    mutating func finish(into events: inout [CallEvent]) -> Bool {
        json?.finish(into: &events) ?? named?.finish(into: &events) ?? literal?.finish(into: &events)
            ?? envelope?.finish(into: &events) ?? false
    }

    /// Whether the name of an offered function was read: what breaks off then was meant as a call.
    var namesFunction: Bool {
        json?.namesFunction ?? named?.namesFunction ?? literal?.namesFunction ?? envelope?.namesFunction ?? false
    }

    private mutating func choose(_ byte: UInt8) -> Bool {
        let isJSON = byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[")
        switch body {
        case .json(let keys, let alternative):
            if isJSON {
                json = JSONCallReader(keys: keys, tools: tools, isTentative: isTentative)
            } else if let alternative {
                named = NamedCallReader(form: alternative, tools: tools)
            } else {
                return false
            }
        case .named(let form): named = NamedCallReader(form: form, tools: tools)
        case .literal(let form):
            if isJSON, case .python(let hasJSON) = form, hasJSON, byte == UInt8(ascii: "{") {
                json = JSONCallReader(keys: CallKeys(), tools: tools, isTentative: true)
            } else {
                literal = LiteralCallReader(form: form, tools: tools)
            }
        case .envelope: envelope = EnvelopeReader(tools: tools)
        }
        return true
    }
}

/// Reads a JSON text that may be none.
func readJSON(_ bytes: some Sequence<UInt8>) -> JSONValue? {
    do { return try JSONValue.parse(bytes) } catch { return nil }
}
