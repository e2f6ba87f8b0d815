import Foundation
import GGUF
import JSONText
import Jobs
import ModelCatalog
import Vocabulary

/// Where models lie that are made here, what they are called, and how they come into the catalogue.
struct MadeModels: Sendable {
    let catalog: Catalog
    /// Of finished models: below the platform's own models, so that they go with their record.
    let folder: String
    /// Of what jobs keep between their steps. Nothing in it is ever taken for a model.
    let workFolder: String

    init(catalog: Catalog, ownFolder: String, dataDirectory: String) {
        self.catalog = catalog
        folder = ownFolder + "/made"
        workFolder = dataDirectory + "/jobs"
    }

    /// The name of a model in another type: the tag tells it, beside what it told before.
    static func name(of source: ModelName, as type: String) -> ModelName {
        let isOnlyType = QuantizationType(source.tag) != nil || FileNaming("x-\(source.tag).gguf").quantization != nil
        let isPlain = source.tag == ModelName.tagDefault || isOnlyType
        return ModelName(cleaning: source.base, tag: isPlain ? type : "\(source.tag)-\(type)")
    }

    /// Where a made model lies when nobody says another place.
    func path(of name: ModelName, suffix: String = ".gguf") -> String {
        "\(folder)/\(name.base)" + (name.tag == ModelName.tagDefault ? "" : "-\(name.tag)") + suffix
    }

    /// Makes the folder that a file will lie in, where it is one of ours.
    func makeFolder(for file: String) throws {
        let parent = URL(filePath: file).deletingLastPathComponent()
        guard file.hasPrefix(folder + "/") else { return }
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    }

    /// Puts a finished file into the catalogue, in the state `downloaded`.
    ///
    /// - Parameters:
    ///   - path: of a GGUF file.
    ///   - name: that it is to have, if it is free.
    ///   - source: what it was made of.
    ///   - how: with what result, for people.
    /// - Returns: the name that it has.
    /// - Throws: when it is no model, or the catalogue cannot take it.
    func register(_ path: String, as name: ModelName, from source: String, how: String) async throws -> ModelName {
        let found = try await BlockingWork.run {
            let disk = DiskModelFiles()
            let full = try disk.resolved(path)
            guard let look = try disk.look(at: full) else { throw ModelFileError(.missing, path, "It has gone.") }
            let read = try disk.read(full)
            return FoundModel(
                name: name, origin: .made(from: source, how: how),
                files: [ModelFile(path: full, role: .weights, identity: look.identity)], metadata: read.metadata,
                texts: read.texts)
        }
        return try await catalog.add(found).name
    }

    /// What a file's header says of the size of its weights.
    static func size(of path: String) async throws -> JSONObject {
        try await BlockingWork.run {
            let file = try GGUFFile.read(from: try FileBytes(path: path))
            let summary = file.summary
            return [
                "path": .string(path), "bytes": .integer(Int64(clamping: file.byteCount)),
                "parameters": .integer(Int64(clamping: summary.parameterCount)),
                "bits_per_weight": .number(Double(summary.tensorBytes) * 8 / Double(max(1, summary.parameterCount))),
            ]
        }
    }

    // MARK: What jobs leave behind

    /// The folder of a job's own files.
    func workFolder(of job: JobID) -> String { "\(workFolder)/\(job.text)" }

    func makeWorkFolder(of job: JobID) throws -> String {
        let folder = workFolder(of: job)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    func removeWorkFolder(of job: JobID) throws {
        let folder = workFolder(of: job)
        if FileManager.default.fileExists(atPath: folder) { try FileManager.default.removeItem(atPath: folder) }
    }

    /// Removes a file that was being written, unless some process still writes it: whoever does holds its lock.
    static func removeUnfinished(_ path: String) {
        let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
        close(descriptor)
    }
}
