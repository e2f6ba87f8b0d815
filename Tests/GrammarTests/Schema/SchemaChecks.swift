import Grammar
import JSONText
import Testing

/// Asks a schema's grammar about whole texts.
struct SchemaChecks {
    private let matcher: GrammarMatcher
    let gbnf: String

    init(_ schema: String, options: SchemaOptions = SchemaOptions(whitespace: .compact)) throws {
        let grammar = try SchemaGrammar(try JSONValue.parse(schema), options: options)
        gbnf = grammar.gbnf
        matcher = GrammarMatcher(try Grammar(gbnf: grammar.gbnf))
    }

    func accepts(_ text: String) -> Bool {
        var copy = matcher
        return copy.accept(text.utf8) && copy.canEnd
    }

    /// Records a failure for every text that is not treated as told.
    static func expect(
        _ schema: String, accepts: [String], rejects: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let checks = try SchemaChecks(schema)
        for text in accepts {
            #expect(checks.accepts(text), "\(schema) should accept \(text)", sourceLocation: sourceLocation)
        }
        for text in rejects {
            #expect(!checks.accepts(text), "\(schema) should reject \(text)", sourceLocation: sourceLocation)
        }
    }

    /// The error of a schema that is refused.
    static func refusal(_ schema: String) throws -> GrammarError? {
        do throws(GrammarError) {
            _ = try SchemaGrammar((try? JSONValue.parse(schema)) ?? .null)
            return nil
        } catch {
            return error
        }
    }
}

/// A schema, and texts on both sides of its line.
struct SchemaCase: CustomTestStringConvertible {
    let schema: String
    let accepts: [String]
    let rejects: [String]

    init(_ schema: String, _ accepts: [String], not rejects: [String]) {
        self.schema = schema
        self.accepts = accepts
        self.rejects = rejects
    }

    var testDescription: String { schema }
}
