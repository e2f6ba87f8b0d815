import GGUF
import Inference
import LlamaRuntime
import Synchronization
import Telemetry
import Vocabulary

/// The LoRA adapters that are in memory, by the ids that the engine gave them.
///
/// Filled and emptied on the engine's thread, or before there is one.
final class LoadedAdapters: Sendable {
    private let model: LlamaModel
    private let modelPath: String
    private let logger: Logger
    private let loaded = Mutex<[Int: LlamaAdapter]>([:])

    /// - Parameters:
    ///   - model: what they change.
    ///   - modelPath: its file.
    ///   - logger: is told of each adapter that comes and goes.
    init(model: LlamaModel, modelPath: String, logger: Logger) {
        self.model = model
        self.modelPath = modelPath
        self.logger = logger
    }

    /// Checks a file that the operator or a client named.
    ///
    /// - Parameters:
    ///   - file: where it is.
    ///   - name: how it is called in the list and in errors.
    ///   - scale: for requests that name no adapters.
    ///   - fingerprint: what tells its content from every other adapter's.
    /// - Returns: what the engine needs to load it.
    /// - Throws: `ServiceError` that names the file and says what does not fit.
    func candidate(
        _ file: String, named name: String, scale: Float, fingerprint: String
    ) throws(ServiceError) -> AdapterCandidate {
        let modelFile: GGUFFile
        do {
            modelFile = try GGUFFile.read(from: try FileBytes(path: modelPath))
        } catch {
            throw ServiceError(.invalidValue, "The model file \(modelPath) cannot be read again: \(error)")
        }
        let header: AdapterFile
        do {
            header = try AdapterFile(path: file, for: modelFile)
        } catch {
            throw Self.refusal(name, error)
        }
        return AdapterCandidate(
            path: name, scale: scale, taskName: header.taskName, promptPrefix: header.promptPrefix, rank: header.rank,
            fingerprint: fingerprint,
            load: { [self] id in try load(id, file: file, named: name, modelFile) },
            unload: { [self] id in unload(id, named: name) })
    }

    private func load(_ id: Int, file: String, named name: String, _ modelFile: GGUFFile) throws {
        do {
            let adapter = try LlamaAdapter(path: file, model: model, modelFile: modelFile)
            loaded.withLock { $0[id] = adapter }
            report(adapter.file, id: id, named: name)
        } catch {
            throw Self.refusal(name, error)
        }
    }

    private func unload(_ id: Int, named name: String) {
        // The last reference goes here, outside the lock.
        let adapter = loaded.withLock { $0.removeValue(forKey: id) }
        if adapter != nil { logger.info("adapter removed", ["id": .integer(Int64(id)), "file": .string(name)]) }
    }

    /// What llama.cpp is to compute with.
    ///
    /// - Throws: `engineFailed` when one of them is not in memory.
    func adapters(of set: AdapterSet) throws(ServiceError) -> [(adapter: LlamaAdapter, scale: Float)] {
        let all = loaded.withLock { $0 }
        var found: [(adapter: LlamaAdapter, scale: Float)] = []
        for one in set.scales {
            guard let adapter = all[one.id] else {
                throw ServiceError(.engineFailed, "Adapter \(one.id) is not in memory.")
            }
            found.append((adapter, one.scale))
        }
        return found
    }

    private static func refusal(_ name: String, _ error: LlamaError) -> ServiceError {
        ServiceError(
            .invalidValue, "The adapter \(name) cannot be used. \(error.message)",
            hint: "Convert it for this model with llama.cpp's convert_lora_to_gguf.py.", parameter: "path")
    }

    private func report(_ file: AdapterFile, id: Int, named name: String) {
        logger.info(
            "adapter loaded",
            [
                "id": .integer(Int64(id)), "file": .string(name), "rank": .integer(Int64(file.rank)),
                "tensors": .integer(Int64(file.pairCount)),
            ])
        if file.skippedCount > 0 {
            logger.warning(
                "the adapter's norms are left out, as in llama.cpp",
                ["file": .string(name), "tensors": .integer(Int64(file.skippedCount))])
        }
    }
}
