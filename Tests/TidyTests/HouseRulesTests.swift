import Testing

@Suite struct HouseRulesTests {
    @Test func `sources keep the house rules`() throws {
        let repository = try Repository.current.get()
        let reader = BanReader(HouseRules.bans)
        report(repository.texts.flatMap { reader.findings(in: $0) })
    }

    @Test func `every exception is still needed`() throws {
        let repository = try Repository.current.get()
        for ban in HouseRules.bans {
            for allowance in ban.allowed {
                let isUsed = repository[allowance.path].map { !BanReader([ban]).occurrences(in: $0).isEmpty } ?? false
                #expect(isUsed, "\(allowance.path): \(ban.text) — take the exception out, nothing needs it")
                #expect(!allowance.reason.isEmpty)
            }
        }
    }

    @Test func `every rule covers files that exist`() throws {
        let repository = try Repository.current.get()
        for ban in HouseRules.bans {
            #expect(repository.texts.contains { ban.applies(to: $0) }, "\(ban.text): the rule covers nothing")
        }
    }

    @Test func `a banned word is reported with its line and the way out`() {
        let file = RepositoryFile(path: "Sources/Ground/Made/Up.swift", text: "let a = 1\nlet b = try! work()\n")
        let ban = Ban("try!", instead: "throw")
        #expect(BanReader([ban]).findings(in: file) == [Finding(file.path, line: 2, "try!", instead: "throw")])
        #expect(
            BanReader([ban]).findings(in: file).map(\.description) == ["Sources/Ground/Made/Up.swift:2: try! — throw"])
    }

    @Test(arguments: [
        ("fprint(x)", 0), ("print(x)", 1), ("a.print(x)", 1), ("// print(x)", 0), ("\"print(x)\"", 0),
        ("\"\\(print(x))\"", 1), ("print (x)", 0), ("print(print(x))", 2),
    ])
    func `a word counts where it stands alone as code`(source: String, count: Int) {
        let file = RepositoryFile(path: "Sources/Ground/Made/Up.swift", text: source)
        #expect(BanReader([Ban("print(", instead: "log")]).findings(in: file).count == count)
    }

    @Test func `a word that counts everywhere is found in a comment`() {
        let file = RepositoryFile(path: "Sources/Ground/Made/Up.swift", text: "// later: WORD\nlet WORDS = \"WORD\"\n")
        let findings = BanReader([Ban("WORD", instead: "do it", reach: .everywhere)]).findings(in: file)
        #expect(findings.map(\.line) == [1, 2])
    }

    @Test func `a rule keeps to its folders and its exceptions`() {
        let ban = Ban(
            "word", instead: "none", within: ["Sources"], outside: ["Sources/App"],
            allowed: [Ban.Allowance(path: "Sources/Ground/A.swift", reason: "it is asked for here")])
        let reader = BanReader([ban])
        func count(_ path: String) -> Int { reader.findings(in: RepositoryFile(path: path, text: "word\n")).count }
        #expect(count("Sources/Ground/A.swift") == 0)
        #expect(count("Sources/Ground/B.swift") == 1)
        #expect(count("Sources/App/A.swift") == 0)
        #expect(count("Sources/Apple/A.swift") == 1)
        #expect(count("Tests/A.swift") == 0)
    }
}

/// Records each finding as an issue of its own, in the form `path:line: word — what to do instead`.
func report(_ findings: [Finding], sourceLocation: SourceLocation = #_sourceLocation) {
    for finding in findings { Issue.record("\(finding)", sourceLocation: sourceLocation) }
}
