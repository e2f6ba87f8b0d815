import Foundation
import Jobs
import ModelCatalog
import ModelHub

extension HubPart {
    /// Downloads as a kind of job whose models are in the catalogue from the first byte on.
    ///
    /// - Parameter part: of the catalogue.
    /// - Returns: the kind to register with the runner.
    func kind(into part: CatalogPart) -> JobKind {
        let catalog = part.catalog
        return kind(
            begun: { reference in
                do {
                    try await catalog.beginDownload(Self.name(of: reference), origin: Self.origin(of: reference))
                } catch is InvalidTransition {
                    // The model is here already and may be in use: it is looked whether the hub has another one now.
                }
            },
            ended: { reference, outcome in
                let name = Self.name(of: reference)
                switch outcome {
                case .here(let model) where model.kind == .file:
                    try await Self.giveUp(name, in: catalog, .downloadCancelled, "It is a file, and no model.")
                case .here(let model):
                    let found = try await BlockingWork.run { try Self.found(model, of: reference) }
                    do {
                        try await catalog.finishDownload(found)
                    } catch is InvalidTransition {
                        _ = try await catalog.add(found)
                    }
                case .failed(let why): try await Self.giveUp(name, in: catalog, .downloadFailed, why)
                case .givenUp: try await Self.giveUp(name, in: catalog, .downloadCancelled, nil)
                case .interrupted: break
                }
            })
    }

    /// A model that was here before its download was begun again stays what it is.
    private static func giveUp(
        _ name: ModelName, in catalog: Catalog, _ change: ModelChange, _ detail: String?
    ) async throws {
        do {
            _ = try await catalog.report(change, of: name, detail: detail)
        } catch is InvalidTransition {
            return
        }
    }

    /// `owner/name`, and what was asked for as the tag.
    static func name(of reference: HubReference) -> ModelName {
        var tag = reference.selector
        if let file = tag?.split(separator: "/").last, file.lowercased().hasSuffix(".gguf") {
            tag = String(file.dropLast(5))
        }
        if reference.repository.revision != HubRepository.mainRevision {
            return ModelName(
                cleaning: "\(reference.repository.name)@" + reference.repository.revision.replacing("/", with: "+"),
                tag: tag)
        }
        return ModelName(cleaning: reference.repository.name, tag: tag)
    }

    private static func origin(of reference: HubReference) -> ModelOrigin {
        .hub(repository: reference.repository.name, revision: reference.repository.revision)
    }

    /// What the catalogue keeps of a model. Blocks.
    private static func found(_ model: DownloadedModel, of reference: HubReference) throws -> FoundModel {
        let disk = DiskModelFiles()
        let root = String(model.folder.dropLast(model.repository.folder.utf8.count))
        var files: [ModelFile] = []
        for file in model.files {
            let path = try disk.resolved(root + file.path)
            guard let look = try disk.look(at: path) else {
                throw ModelFileError(.missing, path, "It was here a moment ago.")
            }
            let sha256: String? = if case .sha256(let digits) = file.checksum { digits } else { nil }
            files.append(
                ModelFile(
                    path: path, role: role(of: file, in: model, root: root), identity: look.identity, sha256: sha256)
            )
        }
        // The main file is the first of the weights.
        files = files.filter { $0.role == .weights } + files.filter { $0.role != .weights }
        var metadata = ModelMetadata()
        var texts = ModelTexts()
        if model.kind == .gguf {
            let read = try disk.read(model.primaryPath)
            (metadata, texts) = (read.metadata, read.texts)
        } else {
            metadata.format = model.kind.rawValue
        }
        return FoundModel(
            name: name(of: reference), origin: origin(of: reference), files: files, metadata: metadata, texts: texts)
    }

    private static func role(of file: FetchedFile, in model: DownloadedModel, root: String) -> ModelFile.Role {
        if root + file.path == model.projectorPath { return .projector }
        let end = model.kind == .gguf ? ".gguf" : ".safetensors"
        let isInside =
            model.kind == .safeTensors && file.path.dropFirst(model.repository.folder.count + 1).contains("/")
        return file.path.lowercased().hasSuffix(end) && !isInside ? .weights : .other
    }
}
