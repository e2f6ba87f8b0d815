import Foundation
import JSONText
import Templates
import TestRandomness
import Testing

/// Compares with the real jinja2, when the environment names an interpreter that has it.
@Suite(.enabled(if: Reference.python != nil, "NEXUS_PYTHON names no Python with jinja2"))
struct DifferentialTests {
    @Test func `the corpus renders as with jinja2`() throws { try compare(Corpus.templates) }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `random expressions give what jinja2 gives`(seed: UInt64) throws {
        var composer = ExpressionComposer(seed: seed)
        try compare((0..<300).map { _ in "{{ \(composer.expression(depth: 3)) }}" })
    }

    private func compare(_ templates: [String]) throws {
        let answers = try Reference.answers(templates, Corpus.context)
        try #require(answers.count == templates.count)
        for (template, answer) in zip(templates, answers) {
            let ours = Result { try Template(source: template).render(Corpus.context, now: ModelTemplates.now) }
            switch (ours, answer["output"]?.string) {
            case (.success(let text), let output?):
                #expect(Array(text.utf8) == Array(output.utf8), "\(template)\nours: \(text)\ntheirs: \(output)")
            case (.success(let text), nil):
                Issue.record("\(template)\nours: \(text)\ntheirs: \(answer["error"]?.string ?? "?")")
            case (.failure(let error as TemplateError), let output):
                // Python's integers have no end; ours end with an error.
                if error.kind == .limit, error.message.contains("64 bits") { continue }
                // What cannot be sliced is an error for jinja2 at run time, but undefined when it folds constants.
                if error.message.contains("subscriptable") || error.message.contains("'slice'") { continue }
                if let output { Issue.record("\(template)\nours: \(error)\ntheirs: \(output)") }
            case (.failure(let error), _): throw error
            }
        }
    }
}

/// The Python side.
enum Reference {
    static let python = ProcessInfo.processInfo.environment["NEXUS_PYTHON"].flatMap { $0.isEmpty ? nil : $0 }

    static func answers(_ templates: [String], _ context: JSONObject) throws -> [JSONValue] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "templates-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let input = folder.appending(path: "cases.jsonl")
        let lines = templates.map { JSONValue.object(["template": .string($0), "context": .object(context)]).text }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: input)
        let process = Process()
        process.executableURL = URL(filePath: python ?? "python3")
        process.arguments = [URL(filePath: #filePath).deletingLastPathComponent().appending(path: "reference.py").path]
        let output = Pipe()
        process.standardInput = try FileHandle(forReadingFrom: input)
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return try data.split(separator: UInt8(ascii: "\n")).map { try JSONValue.parse($0) }
    }
}

/// Makes up expressions from operators, literals, filters and methods.
struct ExpressionComposer {
    private var random: SeededRandom
    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    private static let leaves = [
        "0", "1", "-3", "7", "2.5", "-0.0", "1e20", "true", "false", "none", "missing", "'abc'", "'Été 🙂'", "''",
        "' x y '", "[1, 2, 3]", "[]", "(1, 'a')", "{'a': 1, 'b': [2]}", "{}", "text", "number", "items", "user",
        "mixed",
        "user.name", "items[0]", "items[-1]", "range(4)", "user.tags",
    ]
    private static let binary = [
        "+", "-", "*", "/", "//", "%", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or",
    ]
    private static let filters = [
        "length", "upper", "lower", "title", "trim", "list", "first", "last", "string", "int", "float", "abs", "round",
        "tojson", "join('-')", "sort", "reverse|list", "unique|list", "default('d')", "default('d', true)", "sum",
        "max", "min", "capitalize", "replace('a', 'b')", "batch(2)|list", "wordcount", "map('string')|list",
        "select|list", "truncate(5)", "indent(2)", "e", "urlencode", "center(9)", "tojson(indent=2)", "items|list",
        "dictsort",
    ]
    private static let tests = [
        "defined", "none", "string", "number", "integer", "float", "boolean", "mapping", "sequence", "iterable", "odd",
        "even", "true", "false", "callable", "lower", "upper", "in [1, 'abc']", "divisibleby(2)",
    ]
    private static let postfixes = [
        "[0]", "[-1]", "[1:]", "[::-1]", "[:2]", "['a']", ".a", ".upper()", ".strip()", ".split()", ".items()|list",
        ".get('a')", ".keys()|list", ".title()", ".startswith('a')", ".index(1)", ".count('a')", ".replace('a', '')",
    ]

    mutating func expression(depth: Int) -> String {
        guard depth > 0 else { return Self.leaves.randomElement(using: &random) ?? "1" }
        func pick(_ list: [String]) -> String { list.randomElement(using: &random) ?? "" }
        let inner = expression(depth: depth - 1)
        switch Int.random(in: 0..<9, using: &random) {
        case 0...2: return "(\(inner)) \(pick(Self.binary)) (\(expression(depth: depth - 1)))"
        case 3, 4: return "(\(inner))|\(pick(Self.filters))"
        case 5: return "(\(inner)) is \(Bool.random(using: &random) ? "not " : "")\(pick(Self.tests))"
        case 6: return "(\(inner))\(pick(Self.postfixes))"
        case 7: return "(\(inner)) if (\(expression(depth: depth - 1))) else (\(expression(depth: 0)))"
        default: return "\(pick(["not ", "-", "+"]))(\(inner))"
        }
    }
}
