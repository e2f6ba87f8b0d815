import Foundation
import Testing

@Suite struct DocumentationTests {
    /// Libraries, not the executables, whose `main.swift` says it all, and not the C doors.
    static func modules(of repository: Repository) -> [(folder: String, name: String)] {
        Layers.Layer.allCases.filter { $0 != .doors }.flatMap { layer in
            repository.folders(in: "Sources/\(layer.rawValue)").map { ("Sources/\(layer.rawValue)/\($0)", $0) }
        }
        .filter { repository["\($0.0)/main.swift"] == nil }
    }

    @Test func `every module says what it is for`() throws {
        let repository = try Repository.current.get()
        for module in Self.modules(of: repository) {
            let path = "\(module.folder)/README.md"
            #expect(Self.saysMoreThanItsTitle(repository[path]), "\(path): write what \(module.name) is for")
        }
    }

    @Test func `a title alone says nothing`() {
        func says(_ text: String) -> Bool { Self.saysMoreThanItsTitle(RepositoryFile(path: "README.md", text: text)) }
        #expect(!Self.saysMoreThanItsTitle(nil))
        #expect(!says(""))
        #expect(!says("# Ink\n\n## Use\n"))
        #expect(!says("# Ink\nInk.\n"))
        #expect(says("# Ink\n\nWhat the press puts on the paper, in four colours.\n"))
    }

    private static func saysMoreThanItsTitle(_ file: RepositoryFile?) -> Bool {
        (file?.lines ?? []).filter { !$0.hasPrefix("#") }.joined(separator: " ").count >= 30
    }

    @Test func `the architecture lists every module`() throws {
        let repository = try Repository.current.get()
        // Written last, when the modules stand.
        guard let text = repository["ARCHITECTURE.md"]?.text else { return }
        for module in Self.modules(of: repository) {
            #expect(text.contains(module.name), "ARCHITECTURE.md does not mention \(module.name)")
        }
    }

    @Test func `every library and every tool is named with its licence`() throws {
        let repository = try Repository.current.get()
        let text = try #require(repository["THIRD-PARTY.md"]?.text)
        let doors = try Manifest(try #require(repository["Package.swift"]?.text)).targets.flatMap(\.packages)
        #expect(doors.count >= 8)
        let scripts = try Self.debianPackages(try #require(repository["scripts/packages.sh"]?.text))
        #expect(scripts.count >= 10)
        let requirements = repository.files.filter { $0.path.contains("requirements") && $0.path.hasSuffix(".txt") }
            .flatMap { $0.lines.compactMap(Self.requirement) }
        for package in Set(doors + scripts + requirements + ["llama.cpp", "Swift"]).sorted() {
            #expect(text.contains("`\(package)`"), "THIRD-PARTY.md: name `\(package)`, its licence and its use")
        }
    }

    /// The words of the lists that `packages.sh` installs from.
    private static func debianPackages(_ script: String) throws -> [String] {
        let list = try Regex(#"(?m)^(?:build|test|bench)=\(([^)]*)\)"#, as: (Substring, Substring).self)
        return script.matches(of: list).flatMap { $0.output.1.split(whereSeparator: \.isWhitespace).map(String.init) }
    }

    /// `name` of `name[extra]==1.2  # why`.
    private static func requirement(_ line: Substring) -> String? {
        let name = line.prefix { $0.isLetter || $0.isNumber || "-_.".contains($0) }
        return name.isEmpty ? nil : String(name)
    }
}
