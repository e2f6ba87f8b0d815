import Foundation

/// The files of this checkout, read once: what git would take up, without asking git.
struct Repository: Sendable {
    let root: URL
    /// Every file that no ignore rule leaves out, by path, in order.
    let files: [RepositoryFile]

    /// The checkout that these tests were built from.
    static let current = Result {
        // Tests/TidyTests/Reading/Repository.swift
        let root = (0..<4).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }
        return try Repository(root: root)
    }

    init(root: URL) throws {
        self.root = root
        let rules = IgnoreRules(try String(contentsOf: root.appending(path: ".gitignore"), encoding: .utf8))
        var found: [RepositoryFile] = []
        var folders = [""]
        while let folder = folders.popLast() {
            for name in try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
            where !rules.leavesOut(name) {
                let path = folder.isEmpty ? name : "\(folder)/\(name)"
                let attributes = try FileManager.default.attributesOfItem(atPath: root.appending(path: path).path)
                switch attributes[.type] as? FileAttributeType {
                case .typeDirectory: folders.append(path)
                case .typeRegular: found.append(try RepositoryFile(path: path, below: root))
                default: continue
                }
            }
        }
        files = found.sorted { $0.path < $1.path }
    }

    subscript(path: String) -> RepositoryFile? { files.first { $0.path == path } }

    var swiftSources: [RepositoryFile] { files.filter(\.isSwift) }
    var texts: [RepositoryFile] { files.filter { $0.text != nil } }

    /// The names directly below a folder that are folders themselves.
    func folders(in folder: String) -> [String] {
        let names = files.compactMap { file -> String? in
            guard file.path.hasPrefix(folder + "/") else { return nil }
            let rest = file.path.dropFirst(folder.count + 1)
            return rest.firstIndex(of: "/").map { String(rest[..<$0]) }
        }
        return Set(names).sorted()
    }
}

/// The two forms of `.gitignore` lines that this repository uses: `folder/` and `*.ending`.
struct IgnoreRules {
    private let names: Set<String>
    private let endings: [String]

    init(_ text: String) {
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        endings = lines.filter { $0.hasPrefix("*") }.map { String($0.dropFirst()) }
        // What git and pytest keep for themselves; the latter ignores its own folder.
        names = Set(lines.map { String($0.hasSuffix("/") ? $0.dropLast() : $0) } + [".git", ".pytest_cache"])
    }

    func leavesOut(_ name: String) -> Bool { names.contains(name) || endings.contains { name.hasSuffix($0) } }
}
