import Testing

@Suite struct SwiftTextTests {
    @Test(arguments: [
        (#"a // b"#, "a     "),
        (#"a /* b /* c */ d */ e"#, "a                   e"),
        (#"a "b" c"#, "a     c"),
        (#"a "b \" c" d"#, "a          d"),
        (#"a "b \(c("d", e)) f" g"#, "a      c(   , e)     g"),
        (##"a #"b " \(c) \#(d)"# e"##, "a               d    e"),
        ("a \"\"\"\nb \"c\" \\(d)\n\"\"\" e", "a    \n        d \n    e"),
        (#"a "" b "" c"#, "a    b    c"),
        (#"a "// b" c"#, "a        c"),
        ("a \"\\\\\" b", "a      b"),
        ("#if a\nb", "#if a\nb"),
    ])
    func `code stays at its place, the rest is blank`(source: String, code: String) {
        let text = SwiftText(source)
        #expect(String(decoding: text.code, as: UTF8.self) == code)
        #expect(text.isComplete)
    }

    @Test(arguments: ["a /* b", "a \"b", "a \"b\n\"", "\"\"\"\na", "\"\\(a"])
    func `what does not end is noticed`(source: String) {
        #expect(!SwiftText(source).isComplete)
    }

    @Test func `every source of the repository is understood to its end`() throws {
        for file in try Repository.current.get().swiftSources {
            let text = SwiftText(file.text ?? "")
            #expect(text.isComplete, "\(file.path): a comment or a string does not end")
            #expect(text.code.count == file.size, "\(file.path)")
        }
    }
}
