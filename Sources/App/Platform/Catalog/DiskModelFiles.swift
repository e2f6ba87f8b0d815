import Digests
import Foundation
import GGUF
import ModelCatalog
import ModelFormats

/// The real disk. Every call blocks: use it on a thread of its own (`BlockingWork`).
struct DiskModelFiles: ModelFiles {
    func look(at path: String) throws(ModelFileError) -> FileLook? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            // A link that leads in a circle leads to nothing that could be read, but it is something.
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw Self.failure(path, errno)
        }
        let kind: FileLook.Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            default: .other
            }
        let modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        return FileLook(
            kind: kind,
            identity: FileIdentity(
                byteCount: Int64(status.st_size), modifiedAt: modified,
                device: Int64(bitPattern: UInt64(status.st_dev)),
                inode: Int64(bitPattern: UInt64(status.st_ino))))
    }

    func names(in folder: String, countMax: Int) throws(ModelFileError) -> [FolderName] {
        guard let open = opendir(folder) else { throw Self.failure(folder, errno) }
        defer { closedir(open) }
        var names: [FolderName] = []
        while let entry = readdir(open) {
            let bytes = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if bytes == [0x2E] || bytes == [0x2E, 0x2E] { continue }
            guard names.count < countMax else {
                throw ModelFileError(
                    .tooMany, folder, "It holds more names than are looked at; import the folders below it one by one.")
            }
            names.append(String(validating: bytes, as: UTF8.self).map(FolderName.text) ?? .unreadable(bytes))
        }
        return names
    }

    func bytes(of path: String, countMax: Int) throws(ModelFileError) -> [UInt8] {
        do {
            let file = try FileBytes(path: path)
            guard file.byteCount <= UInt64(countMax) else {
                throw ModelFileError(.tooLarge, path, "It has \(file.byteCount) bytes, at most \(countMax) are read.")
            }
            return try file.read(offset: 0, count: Int(file.byteCount))
        } catch let error as ModelFileError {
            throw error
        } catch {
            throw ModelFileError(.unreadable, path, String(describing: error))
        }
    }

    func read(_ path: String) throws(ModelFileError) -> ReadModel {
        let gguf: any ByteSource
        do throws(ModelFormatError) {
            let item = try ModelItem(path: path)
            guard case .file(_, let source) = item,
                try GGUFFormat().recognises(item) || path.lowercased().hasSuffix(".gguf")
            else { return ReadModel(try ModelFormats.summary(atPath: path)) }
            gguf = source
        } catch {
            throw ModelFileError(error.kind == .unknownFormat ? .unsupported : .damaged, path, error.description)
        }
        // A GGUF file tells more than what all formats have: its role, its part, its texts.
        do throws(GGUFError) {
            return ReadModel(try GGUFFile.read(from: gguf))
        } catch {
            throw ModelFileError(.damaged, path, error.description)
        }
    }

    func resolved(_ path: String) throws(ModelFileError) -> String {
        guard let found = realpath(path, nil) else { throw Self.failure(path, errno) }
        defer { free(found) }
        guard let text = String(validatingCString: found) else {
            throw ModelFileError(.unreadable, path, "Its full path is not UTF-8.")
        }
        return text
    }

    /// SHA-256 of a file, as 64 lower-case digits.
    func digest(of path: String) throws(ModelFileError) -> String {
        do {
            let file = try FileBytes(path: path)
            var hash = SHA256()
            var offset: UInt64 = 0
            while offset < file.byteCount {
                if Task.isCancelled { throw CancellationError() }
                let bytes = try file.read(offset: offset, count: Int(min(4 << 20, file.byteCount - offset)))
                guard !bytes.isEmpty else { break }
                hash.update(bytes)
                offset += UInt64(bytes.count)
            }
            return hash.finish().hexadecimal
        } catch {
            throw ModelFileError(.unreadable, path, String(describing: error))
        }
    }

    private static func failure(_ path: String, _ code: Int32) -> ModelFileError {
        ModelFileError(
            code == ENOENT || code == ENOTDIR ? .missing : .unreadable, path,
            "It cannot be read: \(String(cString: strerror(code))).")
    }
}

extension ModelMetadata {
    fileprivate init(_ summary: ModelFileSummary) {
        self.init()
        format = summary.format.rawValue
        architecture = summary.architecture
        title = summary.name
        parameterCount = Int64(clamping: summary.parameterCount)
        quantization = summary.quantization
        contextLength = summary.contextLength
        embeddingLength = summary.embeddingLength
        blockCount = summary.blockCount
        headCount = summary.headCount
        keyValueHeadCount = summary.keyValueHeadCount
        vocabularySize = summary.vocabularySize
        tokenizer = summary.tokenizer
        license = summary.license.map { String($0.prefix(256)) }
        hasChatTemplate = summary.chatTemplate != nil
    }
}

extension ReadModel {
    /// What a file or a checkpoint's folder of another format tells.
    init(_ summary: ModelFileSummary) {
        self.init(
            metadata: ModelMetadata(summary), texts: ModelTexts(chatTemplate: summary.chatTemplate).bounded,
            role: .weights)
    }

    /// What a GGUF header tells.
    init(_ file: GGUFFile) {
        let summary = ModelFileSummary(file)
        let general = file.metadata
        let texts = ModelTexts(
            chatTemplate: summary.chatTemplate, license: general["general.license.text"]?.string,
            card: general["general.description"]?.string)
        let part = general["split.count"]?.integer.flatMap { count in
            general["split.no"]?.integer.flatMap { number in
                count > 1 && (0..<count).contains(number)
                    ? FileNaming.Part(count: Int(count), index: Int(number)) : nil
            }
        }
        self.init(metadata: ModelMetadata(summary), texts: texts.bounded, role: Self.role(file), part: part)
    }

    /// `general.type` says it; projectors also by their architecture (llama.cpp, `clip.cpp`).
    private static func role(_ file: GGUFFile) -> ModelFile.Role {
        switch file.metadata["general.type"]?.string {
        case "mmproj": .projector
        case "adapter": .adapter
        case "imatrix": .other
        default:
            switch file.metadata.architecture {
            case "clip": .projector
            case "controlvector", "imatrix": .other
            default: .weights
            }
        }
    }
}
