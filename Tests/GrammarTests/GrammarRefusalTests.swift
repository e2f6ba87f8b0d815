import Grammar
import Testing

@Suite struct GrammarRefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var gbnf: String
        var kind: GrammarError.Kind
        var place: String?
        var says: String
        var testDescription: String { "\(gbnf.prefix(60))" }
    }

    static let cases: [Case] = [
        Case(gbnf: "", kind: .unresolved, says: "root"),
        Case(gbnf: "start ::= \"a\"", kind: .unresolved, says: "root"),
        Case(gbnf: "root ::= \"a", kind: .syntax, place: "line 1, column 10", says: "never closed"),
        Case(gbnf: "root ::= [a", kind: .syntax, place: "line 1, column 10", says: "never closed"),
        Case(gbnf: "root ::= (\"a\"\n", kind: .syntax, place: "line 1, column 10", says: "never closed"),
        Case(gbnf: "root ::= \"é\" )", kind: .syntax, place: "line 1, column 14", says: "“)”"),
        Case(gbnf: "root \"a\"", kind: .syntax, place: "line 1, column 6", says: "::="),
        Case(gbnf: "root ::= a\n\n::= b", kind: .syntax, place: "line 3, column 1", says: "name"),
        Case(gbnf: "root ::= *", kind: .syntax, place: "line 1, column 10", says: "repeated"),
        Case(gbnf: "root ::= \"a\"{3,2}", kind: .syntax, place: "line 1, column 13", says: "less than"),
        Case(gbnf: "root ::= \"a\"{,2}", kind: .syntax, place: "line 1, column 14", says: "number"),
        Case(gbnf: "root ::= \"a\"{2;}", kind: .syntax, place: "line 1, column 15", says: "“,”"),
        Case(gbnf: "root ::= \"a\"{99999999}", kind: .tooLarge, place: "line 1, column 13", says: "repeated"),
        Case(gbnf: "root ::= []", kind: .syntax, place: "line 1, column 10", says: "empty"),
        Case(gbnf: "root ::= [z-a]", kind: .syntax, place: "line 1, column 11", says: "range"),
        Case(gbnf: "root ::= \"\\q\"", kind: .syntax, place: "line 1, column 11", says: "escape"),
        Case(gbnf: "root ::= \"\\x4\"", kind: .syntax, place: "line 1, column 11", says: "2 hexadecimal"),
        Case(gbnf: "root ::= \"\\ud800\"", kind: .syntax, place: "line 1, column 11", says: "Unicode"),
        Case(gbnf: "root ::= a\na ::= \"x\"\na ::= \"y\"", kind: .syntax, place: "line 3, column 1", says: "twice"),
        Case(
            gbnf: "root ::= \"a\"\n  strnig\nstring ::= \"x\"", kind: .syntax, place: "line 2, column 9", says: "::="),
        Case(
            gbnf: "root ::= \"a\" strnig\nstring ::= \"x\"", kind: .unresolved, place: "line 1, column 14",
            says: "Did you mean string?"),
        Case(gbnf: "root ::= <think>", kind: .unsupported, place: "line 1, column 10", says: "<think>"),
        Case(gbnf: "root ::= <[x]>", kind: .syntax, place: "line 1, column 10", says: "<[1000]>"),
        Case(gbnf: "root ::= !\"a\"", kind: .syntax, place: "line 1, column 11", says: "token"),
        Case(gbnf: "root ::= \"a\" root", kind: .unresolved, says: "root can never end"),
        Case(gbnf: "root ::= [\\uD800-\\uDFFF]", kind: .unresolved, says: "never end"),
        Case(gbnf: "root ::= root \"a\" | \"b\"", kind: .unsupported, says: "root → root"),
        Case(
            gbnf: "root ::= \"x\"? a\na ::= b* root \"y\" | \"z\"\nb ::= \"q\"", kind: .unsupported,
            says: "root → a → root"),
        Case(gbnf: "root ::= (root \"x\"){2,900} | \"y\"", kind: .unsupported, says: "root → root"),
    ]

    @Test(arguments: cases) func `says what is wrong and where`(_ example: Case) throws {
        let error = try #require(throws: GrammarError.self) { try Grammar(gbnf: example.gbnf) }
        #expect(error.kind == example.kind, "\(error)")
        #expect(error.place == example.place, "\(error)")
        #expect(error.message.contains(example.says), "\(error)")
    }

    @Test func `a name that is no token of the vocabulary is refused`() throws {
        let error = try #require(throws: GrammarError.self) { try Grammar(gbnf: "root ::= <nope>") { _ in nil } }
        #expect(error.kind == .unresolved && error.message.contains("<nope>"))
    }

    @Test func `each limit is a clear error`() throws {
        func error(_ gbnf: String, _ change: (inout GrammarLimits) -> Void) -> GrammarError.Kind? {
            var limits = GrammarLimits.standard
            change(&limits)
            do {
                _ = try Grammar(gbnf: gbnf, limits: limits)
                return nil
            } catch {
                return error.kind
            }
        }
        let nested = "root ::= ((\"a\"))\n"
        #expect(error(nested) { $0.bytesMax = nested.utf8.count } == nil)
        #expect(error(nested) { $0.bytesMax = nested.utf8.count - 1 } == .tooLarge)
        #expect(error(nested) { $0.nestingMax = 2 } == nil)
        #expect(error(nested) { $0.nestingMax = 1 } == .tooLarge)
        #expect(error("root ::= a\na ::= \"x\"") { $0.rulesMax = 1 } == .tooLarge)
        #expect(error("root ::= \"0123456789\"") { $0.nodesMax = 10 } == .tooLarge)
        #expect(error("root ::= \"a\"{11}") { $0.repetitionsMax = 10 } == .tooLarge)
        #expect(error("root ::= \"a\" | \"b\" | \"c\"") { $0.itemsMax = 2 } == .tooLarge)
        #expect(error("root ::= \"a\"?????") { _ in } == .tooLarge)
    }

    @Test func `a text cut at each byte is read or refused`() {
        let text = Samples.json + "\nmore ::= !<[12]> <[3]> [^\\x00-\\U0010FFFEé-] \"\\u00e9\"{2,3}"
        var refused = 0
        for length in 0...text.utf8.count {
            do {
                _ = try Grammar(gbnf: String(decoding: text.utf8.prefix(length), as: UTF8.self))
            } catch {
                refused += 1
            }
        }
        #expect(refused > 100 && refused < text.utf8.count)
    }
}
