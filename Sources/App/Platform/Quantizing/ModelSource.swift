import Foundation
import GGUF
import ModelCatalog
import ModelFormats
import Vocabulary

/// A model that something is to be made of, or that is to be measured.
struct ModelSource: Sendable, Equatable {
    enum Kind: String, Sendable {
        /// A GGUF file, of several parts the first.
        case gguf
        /// A folder with `config.json` and SafeTensors files.
        case checkpoint
    }

    let kind: Kind
    /// Absolute, with links followed.
    let path: String
    /// What the catalogue calls it, or would.
    let name: ModelName
    /// Whether the catalogue has it under that name.
    var isCatalogued = false
    /// Whether weights are in few bits already, as far as the file's header tells.
    var isQuantized = false
    /// Whether it foretells text, which embedding models do not.
    var writesText = true
    /// "F16", where it is known.
    var typeLabel: String?
}

/// Finds what a user names: a model of the catalogue, or an absolute path.
struct SourceFinder: Sendable {
    let catalog: Catalog

    /// - Parameter text: `name[:tag]`, a path of a GGUF file, or of a checkpoint's folder.
    /// - Returns: the source, with its header looked at.
    /// - Throws: `ServiceError` for what is not there, no model, or damaged.
    func find(_ text: String) async throws -> ModelSource {
        guard text.hasPrefix("/") else { return try await inCatalog(text) }
        var source = try await BlockingWork.run { try Self.look(at: text, named: nil) }
        var query = CatalogQuery()
        query.path = source.path
        if let known = try await catalog.page(query).records.first(where: { $0.mainFile?.path == source.path }) {
            source = ModelSource(
                kind: source.kind, path: source.path, name: known.name, isCatalogued: true,
                isQuantized: source.isQuantized, writesText: source.writesText, typeLabel: source.typeLabel)
        }
        return source
    }

    private func inCatalog(_ text: String) async throws -> ModelSource {
        let record = try await catalog.find(text).record
        guard record.state.hasFiles, let main = record.mainFile else {
            throw ServiceError(
                .modelUnavailable, "The model '\(record.name)' is \(record.state.name): its files are not here.",
                hint: record.files.isEmpty ? "Download or import it first." : nil, parameter: "model")
        }
        let isCheckpoint = main.path.lowercased().hasSuffix(".safetensors")
        let path = isCheckpoint ? URL(filePath: main.path).deletingLastPathComponent().path : main.path
        return try await BlockingWork.run { try Self.look(at: path, named: record.name) }
    }

    /// Looks at a file or folder. Blocks.
    private static func look(at path: String, named name: ModelName?) throws -> ModelSource {
        let disk = DiskModelFiles()
        do throws(ModelFileError) {
            let full = try disk.resolved(path)
            guard let found = try disk.look(at: full) else { throw ModelFileError(.missing, path, "It is missing.") }
            switch found.kind {
            case .file: return try file(full, named: name)
            case .folder: return try folder(full, named: name)
            case .other: throw ModelFileError(.unsupported, path, "It is neither a file nor a folder.")
            }
        } catch {
            throw ServiceError(
                .invalidValue, error.description,
                hint: "Name a model of the catalogue, a GGUF file, or the folder of a checkpoint.", parameter: "model")
        }
    }

    private static func file(_ path: String, named name: ModelName?) throws(ModelFileError) -> ModelSource {
        let file: GGUFFile
        do throws(GGUFError) {
            file = try GGUFFile.read(from: try FileBytes(path: path))
        } catch {
            throw ModelFileError(.damaged, path, error.description)
        }
        let read = ReadModel(file)
        guard read.role == .weights else {
            throw ModelFileError(.unsupported, path, "It is a GGUF file, but no model: \(read.role.rawValue).")
        }
        let naming = FileNaming(URL(filePath: path).lastPathComponent)
        return ModelSource(
            kind: .gguf, path: path, name: name ?? ModelName(cleaning: naming.base, tag: naming.quantization),
            isCatalogued: name != nil, isQuantized: file.tensors.contains { $0.type.isQuantized },
            writesText: file.metadata.ofArchitecture("attention.causal")?.bool ?? true,
            typeLabel: read.metadata.quantization)
    }

    private static func folder(_ path: String, named name: ModelName?) throws(ModelFileError) -> ModelSource {
        guard FileManager.default.fileExists(atPath: path + "/config.json") else {
            throw ModelFileError(.unsupported, path, "The folder has no config.json, so it is no checkpoint.")
        }
        return ModelSource(
            kind: .checkpoint, path: path,
            name: name ?? ModelName(cleaning: URL(filePath: path).lastPathComponent), isCatalogued: name != nil)
    }
}
