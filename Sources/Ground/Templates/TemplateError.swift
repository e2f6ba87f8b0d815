/// Why a template could not be read or rendered, and where.
public struct TemplateError: Error, Sendable, Equatable {
    /// What kind of failure it is.
    public enum Kind: String, Sendable {
        /// The source is not a template: unbalanced tags, unknown statements or filters, malformed expressions.
        case syntax
        /// The source asks for something this interpreter refuses: other templates, chance, automatic escaping.
        case unsupported
        /// An undefined value was used for something other than printing or testing it.
        case undefined
        /// An operation does not exist for the values at hand.
        case type
        /// The types fit, the value does not: division by zero, too few values to unpack.
        case value
        /// The sandbox forbids it: methods that change their object.
        case security
        /// One of ``TemplateBounds`` was exceeded.
        case limit
        /// The template itself called `raise_exception`.
        case raised
    }

    public let kind: Kind
    /// What was wrong, without the place. For `raised` exactly the template's message.
    public let message: String
    /// Line and column count from 1; the column counts code points.
    public private(set) var line: Int?
    public private(set) var column: Int?
    /// The source line at fault, cut to ``excerptMax`` code points.
    public private(set) var excerpt: String?
    /// Where in the normalised source, in code points. Turned into line and column at the edge of the module.
    private(set) var offset: Int?

    static let excerptMax = 200

    init(_ kind: Kind, _ message: String, offset: Int? = nil) {
        self.kind = kind
        self.message = message
        self.offset = offset
    }

    /// This error at `offset`, unless it already knows a place.
    func located(at offset: Int) -> TemplateError {
        guard self.offset == nil else { return self }
        var located = self
        located.offset = offset
        return located
    }

    /// This error with line, column and excerpt taken from the source that its offset refers to.
    func resolved(in source: String) -> TemplateError {
        guard let offset, line == nil else { return self }
        let scalars = Array(source.unicodeScalars)
        let place = min(offset, scalars.count)
        let start = scalars[..<place].lastIndex(of: "\n").map { $0 + 1 } ?? 0
        let end = scalars[place...].firstIndex(of: "\n") ?? scalars.count
        var resolved = self
        resolved.line = scalars[..<place].count { $0 == "\n" } + 1
        resolved.column = place - start + 1
        resolved.excerpt = String(scalars: scalars[start..<min(end, start + Self.excerptMax)])
        return resolved
    }
}

extension TemplateError: CustomStringConvertible {
    public var description: String {
        guard let line, let column else { return message }
        return "\(message) at line \(line), column \(column)" + (excerpt.map { ": \($0)" } ?? "")
    }
}

extension TemplateError {
    static func type(_ message: String) -> TemplateError { TemplateError(.type, message) }
    static func value(_ message: String) -> TemplateError { TemplateError(.value, message) }
    static func limit(_ message: String) -> TemplateError { TemplateError(.limit, message) }
}
