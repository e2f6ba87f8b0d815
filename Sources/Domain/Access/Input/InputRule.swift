public import Vocabulary

/// What texts of requests may hold, where an operator wants less than everything. Off unless it is configured.
///
/// It is no protection of this server: texts go to models as texts and into databases as parameters, so that neither SQL nor
/// HTML in them can do anything here. It is for programs behind the server that are less careful, and for closed uses. A
/// language other than English, a long document or a question about SQL is refused by rules as they are often written.
public struct InputRule: Sendable {
    /// Why a configuration is no rule.
    public struct BadPattern: Error, Sendable, CustomStringConvertible {
        public let pattern: String
        public var description: String { "'\(AuditText.safe(pattern))' is no regular expression." }
    }

    private struct Pattern: Sendable {
        let text: String

        /// Compiled for each use: compiled expressions are not `Sendable`, and rules are rare.
        func matches(_ input: String, whole: Bool) -> Bool {
            do {
                let expression = try Regex(text)
                return whole
                    ? try expression.wholeMatch(in: input) != nil : try expression.firstMatch(in: input) != nil
            } catch {
                // A text that cannot be judged is not let through.
                return !whole
            }
        }
    }

    private let charactersMax: Int?
    private let allowed: [Pattern]
    private let blocked: [Pattern]

    /// - Parameters:
    ///   - charactersMax: of one text; `nil` sets no bound.
    ///   - allowed: expressions of which one must match a text as a whole; none allows all.
    ///   - blocked: expressions that must match nowhere.
    /// - Throws: when a pattern cannot be read.
    public init(charactersMax: Int?, allowed: [String], blocked: [String]) throws(BadPattern) {
        for text in allowed + blocked {
            do { _ = try Regex(text) } catch { throw BadPattern(pattern: text) }
        }
        self.charactersMax = charactersMax
        self.allowed = allowed.map { Pattern(text: $0) }
        self.blocked = blocked.map { Pattern(text: $0) }
    }

    /// Whether it allows everything.
    public var isEmpty: Bool { charactersMax == nil && allowed.isEmpty && blocked.isEmpty }

    /// Checks a text that a caller sent.
    ///
    /// - Parameters:
    ///   - text: what is for the model.
    ///   - field: where it stands in the request: `messages[2].content`.
    /// - Throws: `ServiceError` that names the rule, and nothing of the text.
    public func check(_ text: String, _ field: String) throws(ServiceError) {
        if let charactersMax, text.utf8.count > charactersMax, text.count > charactersMax {
            throw Self.refusal("has \(text.count) characters, and this server takes \(charactersMax)", field)
        }
        if !allowed.isEmpty, !allowed.contains(where: { $0.matches(text, whole: true) }) {
            throw Self.refusal("holds what this server's rules do not allow", field)
        }
        if blocked.contains(where: { $0.matches(text, whole: false) }) {
            throw Self.refusal("holds what this server's rules refuse", field)
        }
    }

    private static func refusal(_ problem: String, _ field: String) -> ServiceError {
        ServiceError(
            .invalidValue, "'\(field)' \(problem).", hint: "The operator's rules are `server.input`.", parameter: field)
    }
}
