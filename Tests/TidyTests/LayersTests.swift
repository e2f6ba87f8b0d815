import Testing

@Suite struct LayersTests {
    @Test func `imports point downwards, and C has one door each`() throws {
        let repository = try Repository.current.get()
        let layers = Layers(repository)
        report(repository.swiftSources.flatMap { layers.findings(in: $0) })
    }

    @Test func `every door has a keeper, and every keeper a door`() throws {
        let modules = Layers(try Repository.current.get()).modules
        #expect(Set(modules.filter { $0.value == .doors }.keys) == Set(Layers.doorkeepers.keys))
        for keeper in Layers.doorkeepers.values.joined() { #expect(modules[keeper] != nil, "\(keeper) is no module") }
    }

    @Test func `every folder of the sources lies in a layer`() throws {
        let folders = try Repository.current.get().folders(in: "Sources")
        #expect(Set(folders) == Set(Layers.Layer.allCases.map(\.rawValue)))
    }

    static let madeUp = Layers(modules: [
        "Ink": .ground, "Press": .adapters, "HTTPServing": .adapters, "Storage": .adapters, "Rules": .domain,
        "Wire": .apis, "Shop": .app, "CSQLite": .doors,
    ])

    @Test(arguments: [
        ("Sources/Ground/Ink/A.swift", "Press", false), ("Sources/Ground/Ink/A.swift", "Glibc", true),
        ("Sources/Adapters/Press/A.swift", "Ink", true), ("Sources/Adapters/Press/A.swift", "HTTPServing", false),
        ("Sources/Adapters/Press/A.swift", "CSQLite", false), ("Sources/Adapters/Storage/A.swift", "CSQLite", true),
        ("Sources/Domain/Rules/A.swift", "Press", false), ("Sources/Domain/Rules/A.swift", "Ink", true),
        ("Sources/APIs/Wire/A.swift", "HTTPServing", true), ("Sources/APIs/Wire/A.swift", "Press", false),
        ("Sources/APIs/Wire/A.swift", "Rules", true), ("Sources/APIs/Wire/A.swift", "Shop", false),
        ("Sources/App/Shop/A.swift", "Press", true), ("Sources/App/Shop/A.swift", "CSQLite", false),
        ("Tests/RulesTests/A.swift", "Press", true), ("Tests/StorageTests/A.swift", "CSQLite", false),
    ])
    func `a wrong import is reported`(path: String, module: String, isFine: Bool) {
        let file = RepositoryFile(path: path, text: "import Testing\n@testable internal import \(module)\n")
        let findings = Self.madeUp.findings(in: file)
        #expect(findings.map(\.line) == (isFine ? [] : [2]))
        #expect(findings.map(\.word) == (isFine ? [] : ["import \(module)"]))
    }

    @Test(
        arguments: [
            ("import A", "A"), ("public import A", "A"), ("@testable import A", "A"), ("import struct A.B", "A"),
            ("import A.B", "A"), ("@_exported public import A // why", "A"), ("// import A", nil),
            ("\"import A\"", nil),
            ("reimport(A)", nil),
        ] as [(String, String?)])
    func `imports are read from code`(source: String, module: String?) {
        let file = RepositoryFile(path: "Sources/Ground/Ink/A.swift", text: source)
        #expect(Import.all(in: file) == [module.map { Import(module: $0, line: 1) }].compactMap(\.self))
    }
}
