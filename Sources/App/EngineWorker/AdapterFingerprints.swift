import Synchronization
import Telemetry
import Vocabulary

/// What tells one adapter's content from another's, for the prefix cache.
///
/// Where the cache has files it is the SHA-256 of the adapter, so that states are known again after a restart. Elsewhere
/// each load counts as a content of its own, which costs no reading of the file.
final class AdapterFingerprints: Sendable {
    private let store: FileHashStore?
    private let logger: Logger
    private let count = Atomic(0)

    /// - Parameters:
    ///   - store: where hashes are kept; `nil` where the cache has no files.
    ///   - logger: is told of files that are hashed.
    init(store: FileHashStore?, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// - Parameters:
    ///   - file: where the adapter is.
    ///   - name: how it is called in errors.
    /// - Returns: the same for the same content, at most 64 bytes.
    /// - Throws: `invalidValue` when the file cannot be read, or changes while it is read.
    func fingerprint(of file: String, named name: String) async throws(ServiceError) -> String {
        guard let store else { return "\(count.wrappingAdd(1, ordering: .relaxed).newValue)" }
        let hash = await FileHash(path: file, logger: logger).value(store: store)
        guard !hash.isEmpty else {
            throw ServiceError(
                .invalidValue, "The adapter \(name) cannot be read, or changes at this moment.", parameter: "path")
        }
        return hash
    }
}
