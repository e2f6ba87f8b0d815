/// How a family was taught to write calls: texts around the functions' names and arguments.
struct CallWriting: Sendable, Equatable {
    enum Arguments: Sendable, Equatable {
        /// A JSON object.
        case json
        /// `<parameter=key>` elements.
        case parameters
        /// Bare keys, and strings between a mark.
        case braces(quote: String)
    }

    /// Before the first call.
    var start = ""
    /// Between the parts of one call: before the name, between name and arguments, after the arguments.
    var beforeName: String
    var afterName: String
    var afterArguments: String
    var arguments = Arguments.json
    /// Between calls; `nil` when there can be only one.
    var between: String?
    /// After the last call.
    var end = ""
    /// A rule of GBNF for an id at the end of `afterArguments`, and what follows it.
    var id: ID?
    /// What a lazy grammar waits for.
    var triggers: [String] = []
    /// Instead of calling, the model answers in an object with `response`.
    var hasResponse = false

    struct ID: Sendable, Equatable {
        var pattern: String
        var after: String
        /// It stands before the name.
        var isFirst = false
    }

    var allowsParallel: Bool { between != nil }
}
