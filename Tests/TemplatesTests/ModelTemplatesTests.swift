import JSONText
import Templates
import TestRandomness
import Testing

@Suite(.enabled(if: ModelTemplates.folder != nil, "no folder shared/data/templates beside the repository"))
struct ModelTemplatesTests {
    @Test(arguments: ModelTemplates.cases)
    func `a model's template renders as with jinja2`(example: ModelTemplates.Case) throws {
        let template = try Template(source: try ModelTemplates.source(example.template))
        let context = ModelTemplates.context(example.name)
        guard let output = example.output else {
            #expect(throws: TemplateError.self) { try template.render(context, now: ModelTemplates.now) }
            return
        }
        let rendered = try template.render(context, now: ModelTemplates.now)
        #expect(Array(rendered.utf8) == Array(output.utf8))
    }

    @Test(arguments: ModelTemplates.names)
    func `a template that is cut off anywhere gives text or an error`(name: String) throws {
        let source = Array(try ModelTemplates.source(name).utf8)
        let context = ModelTemplates.context("tool_round")
        var bounds = TemplateBounds.standard
        bounds.stepsMax = 100_000
        for end in stride(from: 0, to: source.count, by: 3) {
            guard let text = String(validating: source[..<end], as: UTF8.self) else { continue }
            _ = try? Template(source: text).render(context, now: ModelTemplates.now, bounds: bounds)
        }
    }

    @Test(arguments: ModelTemplates.names)
    func `a template with random edits gives text or an error`(name: String) throws {
        let source = Array(try ModelTemplates.source(name).unicodeScalars)
        let context = ModelTemplates.context("tools")
        let snippets = [
            "{{", "}}", "{%", "%}", "{#", "(", ")", "[", "]", "'", "|", "-", " not ", "**", ":", "\"", "\\",
        ]
        var bounds = TemplateBounds.standard
        bounds.stepsMax = 100_000
        var random = SeededRandom(seed: 7)
        for _ in 0..<400 {
            var edited = source
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<edited.count, using: &random)
                if Bool.random(using: &random) {
                    edited.remove(at: place)
                } else {
                    let snippet = snippets.randomElement(using: &random) ?? ""
                    edited.insert(contentsOf: Array(snippet.unicodeScalars), at: place)
                }
            }
            var text = String.UnicodeScalarView()
            text.append(contentsOf: edited)
            _ = try? Template(source: String(text)).render(context, now: ModelTemplates.now, bounds: bounds)
        }
    }
}
