import Testing

@Suite struct MannersTests {
    @Test func `the repository is found, and is not empty`() throws {
        let repository = try Repository.current.get()
        #expect(repository.swiftSources.count >= 340)
        #expect(repository["Package.swift"] != nil)
        #expect(repository["Sources/Ground/JSONText/JSONValue.swift"]?.text?.isEmpty == false)
        #expect(!repository.files.contains { $0.path.hasPrefix(".build") || $0.path.hasPrefix(".git/") })
    }

    @Test func `white space is in order`() throws {
        report(try Repository.current.get().texts.flatMap { Manners.whiteSpace(in: $0) })
    }

    @Test func `type names say what a type knows`() throws {
        report(try Repository.current.get().swiftSources.flatMap { Manners.typeNames(in: $0) })
    }

    @Test func `files are small`() throws {
        report(try Repository.current.get().files.flatMap { Manners.size(of: $0) })
    }

    @Test func `long files only shrink`() throws {
        let repository = try Repository.current.get()
        report(LongFiles.findings(in: repository.swiftSources))
        for path in LongFiles.known.keys { #expect(repository[path] != nil, "\(path): it is gone; take its entry out") }
    }

    @Test func `only the starter model is shipped`() throws {
        let files = try Repository.current.get().files.filter { $0.isWithin("Models") }.map(\.path)
        #expect(files == ["Models/README.md", "Models/tiny-chat.gguf"], "keep other models outside the checkout")
    }

    @Test(arguments: [
        ("a\n", []), ("a", ["no final newline"]), ("a \n", ["trailing space"]), ("\ta\n", ["tab"]), ("", []),
        ("a\r\nb\n", ["trailing space"]), ("a\n\nb\t", ["no final newline", "trailing space", "tab"]),
    ])
    func `untidy white space is reported`(text: String, words: [String]) {
        #expect(Manners.whiteSpace(in: RepositoryFile(path: "A.swift", text: text)).map(\.word) == words)
    }

    @Test(arguments: [
        ("final class ModelManager {", ["ModelManager"]), ("struct StringUtils: Sendable {}", ["StringUtils"]),
        ("// struct StringUtils", []), ("let manager = Manager()", []), ("enum Managerial {}", []),
        ("protocol APIv2 {}; actor Helper {}", ["APIv2", "Helper"]),
    ])
    func `an empty name is reported`(source: String, names: [String]) {
        #expect(Manners.typeNames(in: RepositoryFile(path: "A.swift", text: source)).map(\.word) == names)
    }

    @Test func `a file that grows past the limit is reported, and so is a stale entry`() {
        func words(_ lines: Int, listed: Int?) -> [String] {
            let file = RepositoryFile(path: "A.swift", text: String(repeating: "\n", count: lines))
            return LongFiles.findings(in: [file], known: listed.map { ["A.swift": $0] } ?? [:]).map(\.instead)
        }
        #expect(words(400, listed: nil).isEmpty)
        #expect(words(401, listed: nil) == ["find the second idea; 400 lines are enough for one"])
        #expect(words(500, listed: 500).isEmpty)
        #expect(words(501, listed: 500) == ["find the second idea; it had 500, and may only shrink"])
        #expect(words(499, listed: 500) == ["lower its entry (500) in LongFiles.known to 499"])
        #expect(words(300, listed: 500) == ["take its entry (500) out of LongFiles.known"])
    }
}
