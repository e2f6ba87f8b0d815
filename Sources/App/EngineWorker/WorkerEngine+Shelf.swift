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
        guard let store = hashStore, let fingerprint = await fingerprint(store) else {
            logger.error("the prefix cache has no disk tier, because the model's file has no hash")
            return nil
        }
        logger.info("prefix cache on disk", ["folder": .string(directory), "bytes_max": .integer(Int64(bytesMax))])
        return CacheFileShelf(
            CacheFolder.Options(path: directory, fingerprint: fingerprint, bytesMax: bytesMax),
            logger: logger.labelled("cache"))
    }

    /// Where hashes of large files are kept; `nil` where the prefix cache has no files.
    var hashStore: FileHashStore? {
        guard arguments.cache.isUsed, arguments.cache.disk != .off, let directory = arguments.cache.directory else {
            return nil
        }
        return FileHashStore(folder: "\(directory)/hashes", logger: logger)
    }

    /// A digest of everything that a state depends on: what computes, with which weights, and how.
    ///
    /// - Parameter store: where hashes of files are kept from one start to the next.
    /// - Returns: `nil` when a file has no hash.
    func fingerprint(_ store: FileHashStore?) async -> SHA256.Digest? { await stateKind.fingerprint(store) }

    /// What states of this engine depend on. It does not keep the model in memory.
    var stateKind: StateKind {
        StateKind(
            model: loaded.hash, arguments: arguments,
            shape: "cells \(cells) sequence \(sequenceTokens) cut \(hasCells)", logger: logger)
    }
}

/// What a state depends on.
struct StateKind: Sendable {
    let model: FileHash
    let arguments: EngineArguments
    /// Some models turn their positions differently by the size of the context.
    let shape: String
    let logger: Logger

    func fingerprint(_ store: FileHashStore?) async -> SHA256.Digest? {
        let hash = await model.value(store: store)
        guard !hash.isEmpty else { return nil }
        var lines = ["llama-nexus state 1", LlamaBuild.version, "model \(hash)"]
        // Adapters are told with each state: they change while the engine runs.
        for vector in arguments.adapters.controlVectors {
            let hash = await FileHash(path: vector.path, logger: logger).value(store: store)
            guard !hash.isEmpty else { return nil }
            lines.append("control \(hash) \(vector.scale)")
        }
        if let layers = arguments.adapters.controlLayers {
            lines.append("control layers \(layers.lowerBound) to \(layers.upperBound)")
        }
        let computing = arguments.computing
        lines.append("keys \(computing.keyType.rawValue) values \(computing.valueType.rawValue)")
        lines.append("attention \(computing.flashAttention.rawValue) whole window \(computing.hasFullWindow)")
        lines.append(shape)
        if arguments.positions != PositionScaling() { lines.append("\(arguments.positions)") }
        lines += arguments.placing.metadata.map { "\($0)" }
        return SHA256.digest(of: Array(lines.joined(separator: "\n").utf8))
    }
}
