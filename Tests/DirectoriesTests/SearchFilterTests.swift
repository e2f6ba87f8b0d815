import Directories
import Testing

@Suite struct SearchFilterTests {
    /// The examples of RFC 4515, section 4, and what attackers write.
    @Test(arguments: [
        ("Parens R Us (for all your parenthetical needs)", "Parens R Us \\28for all your parenthetical needs\\29"),
        ("*", "\\2a"), ("C:\\MyFile", "C\\3a\\5cMyFile"), ("\u{0}\u{0}\u{0}\u{4}", "\\00\\00\\00\\04"),
        ("Lučić", "Lu\\c4\\8di\\c4\\87"), ("ada)(uid=*", "ada\\29\\28uid=\\2a"), ("ada", "ada"),
        ("a&b|!c", "a\\26b\\7c\\21c"),
    ])
    func `a value can be nothing but a value`(value: String, escaped: String) {
        #expect(SearchFilter.escape(value) == escaped)
    }

    @Test func `fills places, and leaves what it does not know`() {
        let filter = SearchFilter.fill("(&(uid={name})(member={dn})(x={other}))", ["name": "a*", "dn": "uid=a,dc=b"])
        #expect(filter == "(&(uid=a\\2a)(member=uid=a,dc=b)(x={other}))")
    }

    @Test func `a value that looks like a place is not filled in again`() {
        #expect(SearchFilter.fill("(a={name})(b={dn})", ["name": "{dn}", "dn": "x"]) == "(a=\\7bdn\\7d)(b=x)")
    }
}
