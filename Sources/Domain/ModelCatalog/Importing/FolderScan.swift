/// Finds models in a folder and the folders below it. Blocking, bounded, and safe from links that lead in circles: a folder
/// or file is looked at once, whatever the paths to it.
///
/// Parts of one model (`-00001-of-00003`) are one model; a file that reads images (`mmproj`) goes with the models of its
/// own folder. A file that is damaged is a problem of the findings, never an error of the whole.
public struct FolderScan {
    /// What is looked at at most. Beyond it the scan stops and says so.
    public struct Bounds: Sendable, Equatable {
        public var depthMax = 12
        public var namesMax = 200_000
        public var modelsMax = 10_000

        public init() {}
    }

    private let disk: any ModelFiles
    private let bounds: Bounds
    private let root: String
    private var findings = ImportFindings()
    private var seen: Set<Place> = []
    private var namesLeft: Int
    private var isFull = false

    /// A file or folder by what it is, not by its path.
    private struct Place: Hashable {
        let device: Int64
        let inode: Int64
    }

    /// A model file of one folder.
    private struct Candidate {
        let file: ModelFile
        let name: String
        let naming: FileNaming
        let read: ReadModel
    }

    /// - Parameters:
    ///   - root: a folder, or one model file.
    ///   - disk: to look at.
    ///   - bounds: what is looked at at most.
    /// - Returns: what was found.
    /// - Throws: when the root itself is nothing that can be read.
    public static func scan(
        _ root: String, disk: any ModelFiles, bounds: Bounds = Bounds()
    ) throws(ModelFileError) -> ImportFindings {
        let path = try disk.resolved(root)
        guard let look = try disk.look(at: path) else { throw ModelFileError(.missing, root, "There is nothing.") }
        var scan = FolderScan(disk: disk, bounds: bounds, root: path)
        switch look.kind {
        case .folder:
            // A link that leads back to the root leads to what has been looked at.
            scan.seen.insert(Place(device: look.identity.device, inode: look.identity.inode))
            try scan.folder(path, depth: 0)
        case .file:
            guard Self.isModelName(path) else {
                throw ModelFileError(
                    .unsupported, root, "The name of a model file ends with .gguf, .safetensors or .onnx.")
            }
            scan.loneFile(path)
        case .other: throw ModelFileError(.unsupported, root, "It is neither a folder nor a file.")
        }
        return scan.findings
    }

    private init(disk: any ModelFiles, bounds: Bounds, root: String) {
        self.disk = disk
        self.bounds = bounds
        self.root = root
        namesLeft = bounds.namesMax
    }

    // MARK: Walking

    private mutating func folder(_ path: String, depth: Int) throws(ModelFileError) {
        let names = try disk.names(in: path, countMax: namesLeft)
        namesLeft -= names.count
        var files: [String] = []
        var folders: [String] = []
        var texts: [String] = []
        for name in names {
            switch name {
            case .text(let text): texts.append(text)
            case .unreadable(let bytes) where Self.mayBeModel(bytes):
                findings.note("\(path)/\(Self.shown(bytes))", "The file's name is not UTF-8; rename it.")
            case .unreadable: break
            }
        }
        // In order, so that of two names of one file the same is taken each time.
        for text in texts.sorted() {
            let full = path == "/" ? "/" + text : "\(path)/\(text)"
            switch look(full, isWanted: Self.isModelName(text)) {
            case .folder?: folders.append(full)
            case .file? where Self.isModelName(text): files.append(full)
            case .file?, .other?, nil: break
            }
        }
        models(of: files, in: path)
        for folder in folders where !isFull { descend(folder, depth: depth + 1) }
    }

    private mutating func descend(_ path: String, depth: Int) {
        guard depth <= bounds.depthMax else {
            return findings.note(path, "It lies deeper than \(bounds.depthMax) folders; import it by itself.")
        }
        do throws(ModelFileError) {
            try folder(path, depth: depth)
        } catch {
            findings.note(error.path, error.problem)
            if error.code == .tooMany { isFull = true }
        }
    }

    /// What lies at a path, once for each thing; problems matter only where a model could be.
    private mutating func look(_ path: String, isWanted: Bool) -> FileLook.Kind? {
        do throws(ModelFileError) {
            guard let look = try disk.look(at: path) else {
                if isWanted { findings.note(path, "It is a link that leads nowhere.") }
                return nil
            }
            guard look.kind == .folder || isWanted else { return nil }
            let place = Place(device: look.identity.device, inode: look.identity.inode)
            return seen.insert(place).inserted ? look.kind : nil
        } catch {
            if isWanted { findings.note(path, error.problem) }
            return nil
        }
    }

    // MARK: Models of one folder

    private mutating func loneFile(_ path: String) {
        models(of: siblings(of: path), in: String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    }

    /// The other parts of a model whose first or any part was named.
    private func siblings(of path: String) -> [String] {
        let (folder, name) = Self.parts(of: path)
        guard let part = FileNaming(name).part, part.count <= bounds.modelsMax, let dot = name.lastIndex(of: ".") else {
            return [path]
        }
        let end = "-of-\(Self.fiveDigits(part.count))\(name[dot...])"
        let stem = name.dropLast(end.utf8.count + 5)
        return (1...part.count).map { "\(folder)/\(stem)\(Self.fiveDigits($0))\(end)" }
    }

    private mutating func models(of paths: [String], in folder: String) {
        let shards = paths.filter { $0.lowercased().hasSuffix(Self.checkpointSuffix) }
        if !shards.isEmpty { checkpoint(shards, in: folder) }
        let candidates = paths.filter { !$0.lowercased().hasSuffix(Self.checkpointSuffix) }.compactMap { candidate($0) }
        let projectors = candidates.filter { $0.read.role == .projector }.map(\.file)
        let weights = candidates.filter { $0.read.role == .weights }
        // Parts of one model share everything but their number.
        var groups: [String: [Candidate]] = [:]
        for candidate in weights {
            let key = candidate.naming.part.map {
                "\(candidate.naming.base)\u{0}\(candidate.naming.quantization ?? "")\u{0}\($0.count)"
            }
            groups[key ?? candidate.file.path, default: []].append(candidate)
        }
        let card = weights.isEmpty ? nil : ModelCard.beside(folder, disk: disk)
        for (_, group) in groups.sorted(by: { $0.key < $1.key }) {
            add(group, projectors: projectors, card: card, in: folder)
        }
        if weights.isEmpty {
            for projector in projectors {
                findings.note(projector.path, "It reads images for a model that is not here.")
            }
        }
        for adapter in candidates where adapter.read.role == .adapter {
            findings.note(adapter.file.path, "It is an adapter, which goes with a model: --lora of the engine.")
        }
    }

    private mutating func candidate(_ path: String) -> Candidate? {
        do throws(ModelFileError) {
            guard let look = try disk.look(at: path) else {
                findings.note(path, "It is missing.")
                return nil
            }
            let read = try disk.read(path)
            let name = Self.parts(of: path).name
            return Candidate(
                file: ModelFile(path: path, role: read.role, identity: look.identity), name: name,
                naming: FileNaming(name), read: read)
        } catch {
            findings.note(path, error.problem)
            return nil
        }
    }

    private mutating func add(_ group: [Candidate], projectors: [ModelFile], card: ModelCard?, in folder: String) {
        let parts = group.sorted { ($0.naming.part?.index ?? 0) < ($1.naming.part?.index ?? 0) }
        guard let first = parts.first else { return }
        if let count = first.naming.part?.count, parts.map({ $0.naming.part?.index }) != Array(0..<count) {
            return findings.note(
                first.file.path, "Of its \(count) parts \(parts.count) are here; the others are missing or damaged.")
        }
        guard findings.models.count < bounds.modelsMax else {
            isFull = true
            return findings.note(folder, "More than \(bounds.modelsMax) models; import the folders one by one.")
        }
        var metadata = first.read.metadata
        if parts.count > 1 {
            metadata.parameterCount = parts.reduce(0) { $0 &+ ($1.read.metadata.parameterCount ?? 0) }
        }
        var found = FoundModel(
            name: ModelName(
                cleaning: Self.telling(first.naming.base, in: folder), tag: first.naming.quantization),
            surname: Self.parts(of: folder).name, origin: .folder(root), files: parts.map(\.file) + projectors,
            metadata: metadata, texts: first.read.texts)
        card?.fill(&found)
        findings.models.append(found)
    }

    /// A folder with `config.json` and weights as a trainer saved them: one model, with all that lies beside it.
    private mutating func checkpoint(_ shards: [String], in folder: String) {
        do throws(ModelFileError) {
            guard try disk.look(at: folder + "/config.json")?.kind == .file else {
                let place = shards.count == 1 ? shards[0] : folder
                return findings.note(place, "No config.json lies beside the weights, so nothing tells what they are.")
            }
            guard findings.models.count < bounds.modelsMax else {
                isFull = true
                return findings.note(folder, "More than \(bounds.modelsMax) models; import the folders one by one.")
            }
            let read = try disk.read(folder)
            var files: [ModelFile] = []
            for path in shards.sorted() {
                if let look = try disk.look(at: path) {
                    files.append(ModelFile(path: path, role: .weights, identity: look.identity))
                }
            }
            for name in Self.besideCheckpoints {
                if let look = try disk.look(at: "\(folder)/\(name)"), look.kind == .file {
                    files.append(ModelFile(path: "\(folder)/\(name)", role: .other, identity: look.identity))
                }
            }
            var found = FoundModel(
                name: ModelName(cleaning: Self.parts(of: folder).name, tag: read.metadata.quantization),
                surname: Self.parts(of: Self.parts(of: folder).folder).name, origin: .folder(root), files: files,
                metadata: read.metadata, texts: read.texts)
            ModelCard.beside(folder, disk: disk)?.fill(&found)
            findings.models.append(found)
        } catch {
            findings.note(error.path, error.problem)
        }
    }

    private static let checkpointSuffix = ".safetensors"
    /// What a checkpoint cannot be read without.
    private static let besideCheckpoints = [
        "config.json", "generation_config.json", "model.safetensors.index.json", "tokenizer.json",
        "tokenizer_config.json", "tokenizer.model", "special_tokens_map.json", "vocab.txt", "vocab.json", "merges.txt",
        "chat_template.jinja",
    ]

    // MARK: Names

    static func isModelName(_ path: String) -> Bool {
        let name = path.lowercased()
        return [".gguf", checkpointSuffix, ".onnx"].contains { name.hasSuffix($0) }
    }

    /// The folder's name for files that are called as everybody's are.
    private static func telling(_ base: String, in folder: String) -> String {
        guard ["model", "ggml-model", "model_quantized", "weights"].contains(base.lowercased()) else { return base }
        let (above, name) = parts(of: folder)
        let wanted = name.lowercased() == "onnx" ? parts(of: above).name : name
        return wanted.isEmpty ? base : wanted
    }

    private static func mayBeModel(_ bytes: [UInt8]) -> Bool {
        [".gguf", checkpointSuffix, ".onnx"].contains { bytes.suffix($0.utf8.count).elementsEqual($0.utf8) }
    }

    /// Bytes that are no text, for people.
    private static func shown(_ bytes: [UInt8]) -> String {
        bytes.prefix(255).map { byte in
            (0x20...0x7E).contains(byte)
                ? String(Unicode.Scalar(byte)) : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    private static func parts(of path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return ("", path) }
        return (String(path[..<slash]), String(path[path.index(after: slash)...]))
    }

    private static func fiveDigits(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}
