import CacheFiles
import Digests
import Inference
import LlamaRuntime
import Telemetry

extension WorkerEngine {
    /// The shelf that the command line asks for.
    ///
    /// - Returns: `nil` where none is asked for, or where the model's file has no hash: then nobody could tell whether a
    ///   state is this model's.
    func openShelf() async -> CacheFileShelf? {
        guard arguments.cache.isUsed, let directory = arguments.cache.directory else { return nil }
        let bytesMax: Int
        switch arguments.cache.disk {
        case .off: return nil
        case .unlimited: bytesMax = .max
        case .bytes(let bytes): bytesMax = Int(clamping: bytes)
        }
        let store = FileHashStore(folder: "\(directory)/hashes", logger: logger)
        guard let fingerprint = await fingerprint(store) else {
            logger.error("the prefix cache has no disk tier, because the model's file has no hash")
            return nil
        }
        logger.info("prefix cache on disk", ["folder": .string(directory), "bytes_max": .integer(Int64(bytesMax))])
        return CacheFileShelf(
            CacheFolder.Options(path: directory, fingerprint: fingerprint, bytesMax: bytesMax),
            logger: logger.labelled("cache"))
    }

    /// A digest of everything that a state depends on: what computes, with which weights, and how.
    private func fingerprint(_ store: FileHashStore) async -> SHA256.Digest? {
        let model = await loaded.hash.value(store: store)
        guard !model.isEmpty else { return nil }
        var lines = ["llama-nexus state 1", LlamaBuild.version, "model \(model)"]
        for adapter in arguments.adapters {
            let hash = await FileHash(path: adapter.path, logger: logger).value(store: store)
            guard !hash.isEmpty else { return nil }
            lines.append("adapter \(hash) \(adapter.scale)")
        }
        let computing = arguments.computing
        lines.append("keys \(computing.keyType.rawValue) values \(computing.valueType.rawValue)")
        lines.append("attention \(computing.flashAttention.rawValue) whole window \(computing.hasFullWindow)")
        // Some models turn their positions differently by the size of the context.
        lines.append("cells \(cells) sequence \(sequenceTokens) cut \(hasCells)")
        if arguments.positions != PositionScaling() { lines.append("\(arguments.positions)") }
        lines += arguments.placing.metadata.map { "\($0)" }
        return SHA256.digest(of: Array(lines.joined(separator: "\n").utf8))
    }
}
