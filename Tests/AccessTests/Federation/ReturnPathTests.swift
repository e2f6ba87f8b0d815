import Access
import Testing

@Suite struct ReturnPathTests {
    @Test(arguments: ["/", "/chat", "/models?filter=a&b=%20", "/a//b", "/#/settings"])
    func `takes paths of this server`(path: String) { #expect(ReturnPath.local(path) == path) }

    @Test(arguments: [
        nil, "", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example",
        "javascript:alert(1)", "evil.example", "/\t/evil.example", "/\n/evil.example", "/a\r\nSet-Cookie: x=y", "/é",
        " /a", "/a b", "/\u{0}", "/" + String(repeating: "a", count: 512),
    ])
    func `and nothing that may lead elsewhere`(path: String?) { #expect(ReturnPath.local(path) == "/") }
}
