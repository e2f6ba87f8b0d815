import Grammar
import Testing

@Suite struct GrammarTextTests {
    @Test func `names are made unique and legal`() {
        var text = GrammarText()
        #expect(text.rule("get weather", #""a""#) == "get-weather")
        #expect(text.rule("get weather", #""b""#) == "get-weather-2")
        #expect(text.rule("get weather", #""a""#) == "get-weather")
        #expect(text.rule("root", #""c""#) == "root-2")
        #expect(text.rule("7", #""d""#) == "r7")
        #expect(text.rule("ü", #""d""#) == "r")
    }

    @Test func `a literal is escaped`() {
        #expect(GrammarText.literal("a\"b\\c\nd\u{1}é") == #""a\"b\\c\nd\x01é""#)
    }

    @Test func `the text is the root and the rules in their order`() {
        var text = GrammarText(options: SchemaOptions(whitespace: .compact))
        let first = text.rule("first", #""a""#)
        let second = text.rule("second", "\(first)+")
        #expect(text.text(root: "\(second) \"!\"") == "root ::= second \"!\"\nfirst ::= \"a\"\nsecond ::= first+\n")
    }
}
