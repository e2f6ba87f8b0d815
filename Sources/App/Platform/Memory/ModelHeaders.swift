import Foundation
import GGUF
import Hosting
import ModelCatalog
import Synchronization
import Vocabulary

/// What of model files decides how much memory they take, read once for each version of a file.
final class ModelHeaders: Sendable {
    /// Files that are remembered.
    private static let countMax = 256

    private struct Known {
        let identity: FileIdentity
        let shape: ModelShape
        var lastUse: UInt64
    }

    private struct State {
        var known: [String: Known] = [:]
        var uses: UInt64 = 0
    }

    private let state = Mutex(State())

    /// The shape of a file; its header is read when the file is not the one that was read before.
    ///
    /// - Parameter path: of a GGUF file; of a split one the first part.
    /// - Returns: the shape.
    /// - Throws: `ServiceError` when there is no such file, or it is no model.
    func shape(of path: String) async throws -> ModelShape {
        try await BlockingWork.run { [self] in
            let identity: FileIdentity
            do {
                guard let look = try DiskModelFiles().look(at: path), look.kind == .file else {
                    throw ServiceError(
                        .modelNotFound, "There is no model file '\(path)'.",
                        hint: "Give the path of a GGUF file on the server, or the name of a model of the catalogue.",
                        parameter: "model")
                }
                identity = look.identity
            } catch let error as ModelFileError {
                throw ServiceError(
                    .invalidValue, "The model file '\(path)' cannot be read.", detail: String(describing: error))
            }
            if let shape = remembered(path, identity) { return shape }
            let shape: ModelShape
            do {
                shape = ModelShape(try GGUFFile.read(from: try FileBytes(path: path)))
            } catch {
                throw ServiceError(
                    .invalidValue, "'\(path)' is no GGUF model whose memory could be predicted.",
                    hint: "Checkpoints are converted first: nexus models convert.", parameter: "model",
                    detail: String(describing: error))
            }
            remember(path, identity, shape)
            return shape
        }
    }

    private func remembered(_ path: String, _ identity: FileIdentity) -> ModelShape? {
        state.withLock { state in
            guard state.known[path]?.identity == identity else { return nil }
            state.uses += 1
            state.known[path]?.lastUse = state.uses
            return state.known[path]?.shape
        }
    }

    private func remember(_ path: String, _ identity: FileIdentity, _ shape: ModelShape) {
        state.withLock { state in
            state.uses += 1
            state.known[path] = Known(identity: identity, shape: shape, lastUse: state.uses)
            guard state.known.count > Self.countMax,
                let oldest = state.known.min(by: { $0.value.lastUse < $1.value.lastUse })
            else { return }
            state.known[oldest.key] = nil
        }
    }
}
