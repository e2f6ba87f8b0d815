import Testing

@Suite struct ManifestTests {
    private static func manifest() throws -> Manifest {
        try Manifest(try #require(try Repository.current.get()["Package.swift"]?.text))
    }

    @Test func `every folder of sources and tests is built`() throws {
        let repository = try Repository.current.get()
        let targets = Set(try Self.manifest().targets.map(\.name))
        let modules = repository.folders(in: "Sources").flatMap { repository.folders(in: "Sources/\($0)") }
        // What other programs use (`make test-integration`, `make test-sanitize`), and an executable of another name.
        let others = ["Integration", "ThreadSanitizer", "ServingFixture", "SchemaFixture"]
        let suites = repository.folders(in: "Tests").filter { !others.contains($0) }
        for folder in modules + suites {
            #expect(targets.contains(folder), "\(folder): no target of Package.swift builds it")
        }
        #expect(targets.count >= modules.count + suites.count)
    }

    @Test func `what is imported is declared`() throws {
        let repository = try Repository.current.get()
        let modules = Layers(repository).modules
        let manifest = try Self.manifest()
        for file in repository.swiftSources {
            let parts = file.path.split(separator: "/").map(String.init)
            guard parts.count > 2, let target = manifest[parts[0] == "Sources" ? parts[2] : parts[1]] else { continue }
            for imported in Import.all(in: file)
            where modules[imported.module] != nil && !target.dependencies.contains(imported.module) {
                report([
                    Finding(
                        file.path, line: imported.line, "import \(imported.module)",
                        instead: "declare it as a dependency of \(target.name) in Package.swift")
                ])
            }
        }
    }

    @Test func `the sanitizer's filter names suites that exist`() throws {
        let makefile = try #require(try Repository.current.get()["Makefile"])
        let targets = Set(try Self.manifest().targets.map(\.name))
        let line = try #require(makefile.lines.first { $0.hasPrefix("SANITIZED :=") })
        let names = line.dropFirst("SANITIZED :=".count).split { $0 == "|" || $0 == " " }.map(String.init)
        #expect(names.count >= 5)
        for name in names { #expect(targets.contains(name), "Makefile: \(name) in SANITIZED is no test target") }
    }

    @Test func `a manifest is read`() throws {
        let manifest = try Manifest(
            """
            func module(_ name: String) -> Target { .target(name: name, dependencies: dependencies) }
            door("CInk", pkgConfig: "ink", apt: "libink-dev"), module("Ink", in: .ground, libraries: ["m"]),
            module(
                "Press", in: .adapters, ["CInk", "Ink"],
                settings: boundary),
            .executableTarget(name: "print", dependencies: ["Press"], path: "Sources/App/print"),
            .target(name: "CPaper", path: "Sources/CDoors/CPaper"), tests("TidyTests", []),
            """)
        #expect(
            manifest.targets == [
                Manifest.Target(name: "CInk", dependencies: [], packages: ["libink-dev"]),
                Manifest.Target(name: "Ink", dependencies: [], packages: []),
                Manifest.Target(name: "Press", dependencies: ["CInk", "Ink"], packages: []),
                Manifest.Target(name: "print", dependencies: ["Press"], packages: []),
                Manifest.Target(name: "CPaper", dependencies: [], packages: []),
                Manifest.Target(name: "TidyTests", dependencies: [], packages: []),
            ])
    }
}
