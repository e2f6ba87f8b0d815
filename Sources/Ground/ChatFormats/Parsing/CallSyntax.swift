/// One way in which a family of models writes calls.
struct CallSyntax: Sendable, Equatable {
    enum Body: Sendable, Equatable {
        /// JSON call objects, one or a list; or another form, when the body does not begin like JSON.
        case json(CallKeys, otherwise: NamedCallReader.Form?)
        /// A name between marks, then arguments.
        case named(NamedCallReader.Form)
        /// Calls in the syntax of a programming language.
        case literal(LiteralForm)
        /// An object with `tool_call`, `tool_calls` or `response`.
        case envelope
    }

    /// The text that begins a call.
    var opener: String
    /// The opener belongs to the body.
    var isOpenerBody = false
    /// Texts that may follow the body, in any order and number.
    var closers: [String] = []
    var body: Body
    /// Only at the beginning of the answer's text.
    var isAtStart = false
    /// The opener also begins other things than calls: what turns out to be none is text, without a warning.
    var isTentative = false
}

/// Calls in the syntax of a programming language.
enum LiteralForm: Sendable, Equatable {
    /// `name(key=value, …)`, or a list of such calls; `hasJSON` takes an object as the JSON form instead.
    case python(hasJSON: Bool)
    /// `call:name{key:value, …}` where strings stand between `quote`, up to `end`.
    case braces(quote: String, end: String)
}
