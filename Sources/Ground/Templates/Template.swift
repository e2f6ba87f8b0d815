public import JSONText

/// A chat template, read once and rendered many times.
///
/// It behaves as Python's jinja2 does in the set-up of Hugging Face transformers: immutable sandbox, `trim_blocks`,
/// `lstrip_blocks`, loop controls, `tojson`, `raise_exception`, `strftime_now` and `generation` blocks.
///
///     let template = try Template(source: "{% for m in messages %}{{ m.content }}{% endfor %}")
///     let prompt = try template.render(["messages": [["content": "Hello"]]])
public struct Template: Sendable {
    /// The source with newlines normalised, which the offsets of errors refer to.
    private let source: String
    private let program: Program

    /// Reads a template.
    ///
    /// - Throws: `syntax`, `unsupported` or `limit`, with the place.
    public init(source: String, bounds: TemplateBounds = .standard) throws(TemplateError) {
        guard source.utf8.count <= bounds.sourceBytesMax else {
            throw TemplateError.limit("the template is longer than \(bounds.sourceBytesMax) bytes")
        }
        let scalars = Lexer.normalise(source)
        let text = String(scalars: scalars[...])
        do {
            var lexer = Lexer(source: scalars)
            var parser = Parser(tokens: try lexer.tokens(), nestingMax: bounds.nestingMax)
            self.program = try parser.program()
        } catch {
            throw error.resolved(in: text)
        }
        self.source = text
    }

    /// Renders the template.
    ///
    /// - Parameters:
    ///   - context: the variables, by name. A name that is missing is undefined.
    ///   - now: what `strftime_now` tells; without it that function raises an error.
    ///   - bounds: what the rendering may cost.
    /// - Returns: the text of the prompt.
    /// - Throws: any kind but `syntax`, with the place in the source.
    public func render(
        _ context: JSONObject, now: LocalTime? = nil, bounds: TemplateBounds = .standard
    ) throws(TemplateError) -> String {
        let renderer = Renderer(program: program, bounds: bounds, now: now)
        defer { renderer.dismantle() }
        do {
            return try renderer.render(context)
        } catch {
            throw error.resolved(in: source)
        }
    }
}
