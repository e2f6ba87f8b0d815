import JSONText
import Templates
import Testing

@Suite struct BoundsTests {
    private func kind(_ source: String, _ bounds: TemplateBounds = .standard) -> TemplateError.Kind? {
        do throws(TemplateError) {
            _ = try Template(source: source, bounds: bounds).render(Corpus.context, bounds: bounds)
            return nil
        } catch {
            return error.kind
        }
    }

    @Test(arguments: [
        "{{ range(100001)|list }}", "{{ 'a' * 100000000 }}", "{{ [0] * 1000000 }}", "{{ 9 ** 99 }}",
        "{{ 9223372036854775807 + 1 }}", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% set ns = namespace(x=[]) %}{% for i in range(9999) %}{% set ns.x = [ns.x] %}{% endfor %}",
        "{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{{ '%99999999d' % 1 }}", "{{ 'a'.ljust(999999999) }}", "{{ 'aaaa'.replace('', 'x' * 9999999) }}",
        "{% for x in [[]] recursive %}{{ loop([[]]) }}{% endfor %}",
    ])
    func `excess is refused`(source: String) { #expect(kind(source) == .limit) }

    @Test func `nesting in the source is bounded`() {
        func repeated(_ text: String) -> String { String(repeating: text, count: 5000) }
        #expect(kind("{{ \(repeated("("))1\(repeated(")")) }}") == .limit)
        #expect(kind("{{ \(repeated("["))\(repeated("]")) }}") == .limit)
        #expect(kind(String(repeating: "{% if 1 %}", count: 5000)) == .limit)
        #expect(kind("{{ 1" + String(repeating: " + 1", count: 5000) + " }}") == .limit)
        #expect(kind("{{ " + String(repeating: "not ", count: 5000) + "1 }}") == .limit)
        #expect(kind("{{ x" + String(repeating: ".a", count: 5000) + " }}") == .limit)
        #expect(kind("{{ " + String(repeating: "-", count: 5000) + "1 }}") == .limit)
    }

    @Test func `source and output have sizes`() {
        var bounds = TemplateBounds.standard
        bounds.sourceBytesMax = 10
        #expect(kind("12345678901", bounds) == .limit)
        bounds = .standard
        bounds.outputBytesMax = 10
        #expect(kind("{% for i in range(11) %}x{% endfor %}", bounds) == .limit)
        #expect(kind("{% for i in range(10) %}x{% endfor %}", bounds) == nil)
    }

    @Test func `a namespace that holds itself can be printed`() {
        #expect(kind("{% set ns = namespace() %}{% set ns.x = ns %}{{ ns|string|length > 0 }}") == nil)
    }

    @Test func `errors know kind, place and source line`() throws {
        let error = #expect(throws: TemplateError.self) {
            try Template(source: "one\ntwo {{ missing.x }}\n").render([:])
        }
        #expect(error?.kind == .undefined)
        #expect(error?.line == 2)
        #expect(error?.column == 15)
        #expect(error?.excerpt == "two {{ missing.x }}")
        let raised = #expect(throws: TemplateError.self) {
            try Template(source: "{{ raise_exception('Only user roles') }}").render([:])
        }
        #expect(raised?.kind == .raised)
        #expect(raised?.message == "Only user roles")
        #expect(kind("{{ items.append(1) }}") == .security)
        #expect(kind("{% include 'x' %}") == .unsupported)
        #expect(kind("{{ strftime_now('%Y') }}") == .unsupported)
        #expect(kind("{% if %}") == .syntax)
    }
}
