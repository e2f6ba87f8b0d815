import Inference
import LlamaRuntime
import Telemetry
import Vocabulary

/// What changes a model beside its weights, from the arguments to what the engines need.
extension WorkerEngine {
    /// The adapters of the command line, checked, and where clients may get more from.
    ///
    /// - Throws: `ServiceError` that names the file and says what does not fit.
    func adapterOptions() async throws(ServiceError) -> AdapterOptions {
        let fingerprints = AdapterFingerprints(store: hashStore, logger: logger)
        var initial: [AdapterCandidate] = []
        for argument in arguments.adapters.adapters {
            let fingerprint = try await fingerprints.fingerprint(of: argument.path, named: argument.path)
            initial.append(
                try adapters.candidate(
                    argument.path, named: argument.path, scale: argument.scale, fingerprint: fingerprint))
        }
        let folder = arguments.adapters.directory.map { directory in
            AdapterFolder(path: directory, adapters: adapters, fingerprints: fingerprints)
        }
        return AdapterOptions(initial: initial, countMax: arguments.adapters.countMax, source: folder)
    }

    /// The control vectors of the command line, added up.
    ///
    /// - Returns: `nil` where none is named.
    /// - Throws: `ServiceError` that names the file and says what does not fit.
    func controlVector() throws(ServiceError) -> ControlVector? {
        guard !arguments.adapters.controlVectors.isEmpty else { return nil }
        var vector = ControlVector(for: loaded.model)
        for argument in arguments.adapters.controlVectors {
            do {
                try vector.add(path: argument.path, scale: argument.scale)
            } catch {
                throw ServiceError(
                    .invalidValue, "The control vector \(argument.path) cannot be used. \(error.message)",
                    hint: "Make it for this model with llama.cpp's llama-cvector-generator.")
            }
            logger.info(
                "control vector loaded",
                ["file": .string(argument.path), "scale": .number(Double(argument.scale))])
        }
        if let layers = arguments.adapters.controlLayers { vector.layers = layers }
        return vector
    }
}
