import JSONText

/// Reads the models of an Ollama store where they lie: `manifests/<registry>/<namespace>/<name>/<tag>` names blobs in
/// `blobs/sha256-<digest>`, which stay where they are and are shared.
///
/// Source: Ollama's store as its server writes it (`manifest`, `layer` of its `server` package; media types
/// `application/vnd.ollama.image.*`). A manifest is input from outside: only digests lead to files, never its own paths.
public struct OllamaStore {
    /// Bytes of a manifest, and of a layer that is a text.
    public static let manifestBytesMax = 1 << 20
    public static let textBytesMax = 1 << 20
    public static let namesMax = 100_000
    public static let layersMax = 256

    private let root: String
    private let disk: any ModelFiles
    private var findings = ImportFindings()
    private var namesLeft = Self.namesMax

    /// Reads a store.
    ///
    /// - Parameters:
    ///   - root: the folder with `manifests` and `blobs`, usually `~/.ollama/models`.
    ///   - disk: to look at.
    /// - Returns: what was found.
    /// - Throws: when that is no store.
    public static func read(_ root: String, disk: any ModelFiles) throws(ModelFileError) -> ImportFindings {
        var path = try disk.resolved(root)
        // `~/.ollama` is as good as `~/.ollama/models`.
        if try disk.look(at: path + "/manifests") == nil, try disk.look(at: path + "/models/manifests") != nil {
            path += "/models"
        }
        for part in ["manifests", "blobs"] where try disk.look(at: "\(path)/\(part)")?.kind != .folder {
            throw ModelFileError(.missing, root, "It is no Ollama store: it has no folder '\(part)'.")
        }
        var store = OllamaStore(root: path, disk: disk)
        try store.manifests(in: path + "/manifests", names: [])
        return store.findings
    }

    private init(root: String, disk: any ModelFiles) {
        self.root = root
        self.disk = disk
    }

    // MARK: Manifests

    /// Four levels: registry, namespace, name, tag.
    private mutating func manifests(in folder: String, names: [String]) throws(ModelFileError) {
        let entries = try disk.names(in: folder, countMax: namesLeft)
        namesLeft -= entries.count
        var texts: [String] = []
        for entry in entries {
            switch entry {
            case .text(let text) where !text.hasPrefix("."): texts.append(text)
            case .text: break
            case .unreadable: findings.note(folder, "It holds a name that is not UTF-8.")
            }
        }
        for text in texts.sorted() {
            let path = "\(folder)/\(text)"
            do throws(ModelFileError) {
                if names.count < 3 {
                    // Links are not followed: a circle of them has no end.
                    if try disk.look(at: path)?.kind == .folder, try disk.resolved(path) == path {
                        try manifests(in: path, names: names + [text])
                    }
                } else {
                    try model(names + [text], manifest: path)
                }
            } catch {
                findings.note(error.path, error.problem)
                if error.code == .tooMany { return }
            }
        }
    }

    /// As `ollama list` shows it: without what is usual.
    private static func name(_ names: [String]) -> ModelName {
        var base = names[2]
        if names[1] != "library" { base = "\(names[1])/\(base)" }
        if names[0] != "registry.ollama.ai" { base = "\(names[0])/\(names[1])/\(names[2])" }
        return ModelName(cleaning: base, tag: names[3])
    }

    private mutating func model(_ names: [String], manifest path: String) throws(ModelFileError) {
        let bytes = try disk.bytes(of: path, countMax: Self.manifestBytesMax)
        let manifest: JSONValue
        do {
            manifest = try JSONValue.parse(bytes)
        } catch {
            throw ModelFileError(.damaged, path, "The manifest is no JSON: \(error).")
        }
        guard let layers = manifest["layers"]?.array, layers.count <= Self.layersMax else {
            throw ModelFileError(.damaged, path, "The manifest has no list 'layers' of at most \(Self.layersMax).")
        }
        var found = FoundModel(
            name: Self.name(names), surname: "ollama", origin: .ollama(store: root), files: [],
            metadata: ModelMetadata())
        var licenses: [String] = []
        for (index, layer) in layers.enumerated() {
            let place = "layers[\(index)]"
            guard let type = layer["mediaType"]?.string, let digest = layer["digest"]?.string else {
                throw ModelFileError(.damaged, path, "'\(place)' has no mediaType or no digest.")
            }
            let kind = type.hasPrefix(Self.typePrefix) ? String(type.dropFirst(Self.typePrefix.count)) : ""
            guard Self.kinds.contains(kind) else { continue }
            let blob = try blob(digest, manifest: path, place: place)
            try checkSize(layer["size"]?.integer, of: blob, manifest: path, place: place)
            try take(kind, blob, digest: digest, into: &found, &licenses)
        }
        guard found.files.contains(where: { $0.role == .weights }) else {
            throw ModelFileError(.unsupported, path, "The manifest names no weights, so the model runs elsewhere.")
        }
        if !licenses.isEmpty { found.texts.license = licenses.joined(separator: "\n\n") }
        findings.models.append(found)
    }

    private static let typePrefix = "application/vnd.ollama.image."
    private static let kinds: Set<String> = [
        "model", "projector", "adapter", "template", "params", "system", "license",
    ]

    // MARK: Layers

    /// `sha256:` and 64 digits, and nothing else: a digest that holds a path would lead out of the store.
    private func blob(_ digest: String, manifest: String, place: String) throws(ModelFileError) -> ModelFile {
        let digits = digest.dropFirst("sha256:".count)
        guard digest.hasPrefix("sha256:"), digits.utf8.count == 64,
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else {
            throw ModelFileError(
                .damaged, manifest, "'\(place).digest' is not 'sha256:' and 64 hexadecimal digits in lower case.")
        }
        let path = "\(root)/blobs/sha256-\(digits)"
        guard let look = try disk.look(at: path), look.kind == .file else {
            throw ModelFileError(.missing, manifest, "Its blob sha256-\(digits) is not in the store; pull it again.")
        }
        // The folder of blobs may itself lie on another disk.
        guard try disk.resolved(path).hasPrefix(try disk.resolved(root + "/blobs") + "/") else {
            throw ModelFileError(.damaged, manifest, "Its blob sha256-\(digits) is a link that leads out of the store.")
        }
        return ModelFile(path: path, role: .other, identity: look.identity, sha256: String(digits))
    }

    private func checkSize(
        _ promised: Int64?, of blob: ModelFile, manifest: String, place: String
    ) throws(ModelFileError) {
        guard let promised, promised != blob.identity.byteCount else { return }
        throw ModelFileError(
            .damaged, manifest,
            "'\(place)' promises \(promised) bytes, its blob has \(blob.identity.byteCount); pull it again.")
    }

    private mutating func take(
        _ kind: String, _ blob: ModelFile, digest: String, into found: inout FoundModel, _ licenses: inout [String]
    ) throws(ModelFileError) {
        var file = blob
        switch kind {
        case "model":
            let read = try disk.read(blob.path)
            // A later layer of weights is another part of the same model.
            file.role = .weights
            if !found.files.contains(where: { $0.role == .weights }) {
                found.metadata = read.metadata
                found.texts = read.texts
            }
            found.files.append(file)
        case "projector", "adapter":
            file.role = kind == "projector" ? .projector : .adapter
            found.files.append(file)
        case "license": licenses.append(try text(blob))
        case "system": found.defaults.system = try text(blob)
        case "params": try parameters(try text(blob), blob.path, into: &found.defaults)
        default:
            // Ollama's templates are Go's; the file's own Jinja template says the same and is what we run.
            break
        }
    }

    private func text(_ blob: ModelFile) throws(ModelFileError) -> String {
        let bytes = try disk.bytes(of: blob.path, countMax: Self.textBytesMax)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ModelFileError(.damaged, blob.path, "The text is not UTF-8.")
        }
        return text.replacing("\0", with: "\u{FFFD}")
    }

    /// Ollama's names that mean the same here, with ours.
    private static let parameterNames = [
        "temperature": "temperature", "top_p": "top_p", "top_k": "top_k", "min_p": "min_p", "seed": "seed",
        "repeat_penalty": "repeat_penalty", "repeat_last_n": "repeat_last_n", "presence_penalty": "presence_penalty",
        "frequency_penalty": "frequency_penalty", "num_predict": "max_tokens", "stop": "stop",
    ]

    private mutating func parameters(
        _ text: String, _ path: String, into defaults: inout RequestDefaults
    ) throws(ModelFileError) {
        let object: JSONObject?
        do {
            object = try JSONValue.parse(text).object
        } catch {
            throw ModelFileError(.damaged, path, "The parameters are no JSON: \(error).")
        }
        for (name, value) in object ?? [:] {
            if name == "num_ctx" {
                defaults.contextTokens = value.integer.flatMap { (1...1 << 30).contains($0) ? Int($0) : nil }
            } else if let ours = Self.parameterNames[name], value.double != nil || name == "stop" {
                // -1 and -2 stand for "no limit".
                if ours == "max_tokens", (value.integer ?? 0) < 1 { continue }
                defaults.parameters[ours] = value
            }
        }
    }
}
