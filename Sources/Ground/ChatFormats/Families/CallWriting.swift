import JSONText

/// How a family was taught to write calls: what is enforced where calls are constrained, and shown where they are
/// explained.
struct CallWriting: Sendable, Equatable {
    enum Part: Sendable, Equatable {
        case text(String)
        /// The function's name, as it stands inside a JSON string.
        case name
        case arguments
        /// Something that the model makes up, such as an id: an expression of GBNF, and an example.
        case made(String, example: String)
    }

    enum Arguments: Sendable, Equatable {
        /// A JSON object.
        case json
        /// `<parameter=key>` elements.
        case elements
        /// Bare keys, and strings between a mark.
        case braces(quote: String)
    }

    /// One call.
    var call: [Part]
    var arguments = Arguments.json
    /// Before the first call.
    var start = ""
    /// Between calls; `nil` when there can be only one.
    var between: String?
    /// After the last call.
    var end = ""
    /// What a lazy grammar waits for: each is a beginning of what is written.
    var triggers: [String]
    /// They count only where the answer begins.
    var triggersAtStart = false
    /// The only other answer is an object with `response`.
    var hasResponse = false

    /// The parts around `name` and `arguments`, for the usual object.
    static func object(_ name: String, _ arguments: String, prefix: String = "{", suffix: String = "}") -> [Part] {
        [.text("\(prefix)\"\(name)\": \""), .name, .text("\", \"\(arguments)\": "), .arguments, .text(suffix)]
    }

    /// One call as a model should write it, with nothing around it but what calls stand in.
    func example(name: String, arguments: String) -> String {
        let parts = call.map { part in
            switch part {
            case .text(let text): text
            case .name: String(JSONValue.string(name).text.dropFirst().dropLast())
            case .arguments: arguments
            case .made(_, let example): example
            }
        }
        return start + parts.joined() + end
    }
}
