/// Which module may import which: arrows point down only, and each C library has one module that knows it.
struct Layers {
    enum Layer: String, CaseIterable {
        case doors = "CDoors"
        case ground = "Ground"
        case adapters = "Adapters"
        case domain = "Domain"
        case apis = "APIs"
        case app = "App"

        /// The layers whose modules may be imported.
        var below: Set<Layer> {
            switch self {
            case .doors, .ground: [.ground]
            case .adapters: [.ground]
            case .domain: [.ground, .domain]
            case .apis: [.ground, .domain, .apis]
            case .app: [.ground, .adapters, .domain, .apis, .app]
            }
        }

        /// Single modules of other layers that may be imported, too.
        var besides: Set<String> { self == .apis ? ["HTTPServing"] : [] }
    }

    /// The only module that imports each C door.
    static let doorkeepers: [String: [String]] = [
        "CBrotli": ["HTTPServing"], "CCrypto": ["Digests", "Cryptography"], "CCurl": ["HTTPFetching"],
        "CHiredis": ["Redis"], "CJemalloc": ["nexus"], "CLDAP": ["Directories"], "CLlama": ["LlamaRuntime"],
        "CLlamaShim": ["LlamaRuntime"], "CLogits": ["Sampling"],
        "CMarkdown": ["Documents"], "CPango": ["Documents"],
        "CMediaShim": ["LlamaRuntime"], "CMicroHTTPD": ["HTTPServing"], "CPostgres": ["Storage"],
        "CProcesses": ["Processes"], "CSQLite": ["Storage"], "CSodium": ["Cryptography"], "CWslay": ["HTTPServing"],
        "CXMLSec": ["SignedXML"], "CYAML": ["Configuration"], "CZlib": ["HTTPServing"],
    ]

    /// The layer of each module, from the folders of `Sources`.
    let modules: [String: Layer]

    init(modules: [String: Layer]) { self.modules = modules }

    init(_ repository: Repository) {
        var modules: [String: Layer] = [:]
        for layer in Layer.allCases {
            for name in repository.folders(in: "Sources/\(layer.rawValue)") { modules[name] = layer }
        }
        self.modules = modules
    }

    /// The imports of a source file that point the wrong way.
    func findings(in file: RepositoryFile) -> [Finding] {
        let parts = file.path.split(separator: "/").map(String.init)
        guard parts.count > 2, parts[0] == "Sources" || parts[0] == "Tests" else { return [] }
        let importer = parts[0] == "Sources" ? parts[2] : parts[1]
        return Import.all(in: file).compactMap { imported in
            guard let reason = objection(importer: importer, module: imported.module) else { return nil }
            return Finding(file.path, line: imported.line, "import \(imported.module)", instead: reason)
        }
    }

    private func objection(importer: String, module: String) -> String? {
        guard let target = modules[module] else { return nil }
        if target == .doors {
            let keepers = Self.doorkeepers[module] ?? []
            return keepers.contains(importer) ? nil : "go through \(keepers.joined(separator: " or "))"
        }
        // Tests, and what lies outside the layers, may look anywhere but behind the doors.
        guard let layer = modules[importer], importer != module else { return nil }
        guard !layer.below.contains(target), !layer.besides.contains(module) else { return nil }
        return
            "\(layer.rawValue) does not know \(target.rawValue): declare what is needed as a protocol, and let App join them"
    }
}

/// One import declaration.
struct Import: Equatable {
    let module: String
    /// Counts from 1.
    let line: Int

    static func all(in file: RepositoryFile) -> [Import] {
        let code = SwiftText(file.text ?? "").code
        return code.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
            .compactMap { number, bytes in
                let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: { " ;".contains($0) })
                guard let position = words.firstIndex(of: "import"), words[..<position].allSatisfy(isModifier) else {
                    return nil
                }
                let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
                guard let name = words[(position + 1)...].first(where: { !kinds.contains($0) }) else { return nil }
                return Import(module: String(name.prefix { $0 != "." }), line: number + 1)
            }
    }

    private static func isModifier(_ word: Substring) -> Bool {
        word.hasPrefix("@") || ["public", "package", "internal", "fileprivate", "private"].contains(word)
    }
}
